//! Registering providers and changing what is known of them. All accounts share them.

use chrono::NaiveDate;
use uuid::Uuid;

use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal};
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::domain::people::{Provider, Sector, Size, company_number};
use crate::storage::columns::{self, Stored};
use crate::storage::connection::Db;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::providers;
use crate::storage::rows::ProviderRow;
use crate::storage::scan::scan;
use crate::storage::writer::Moment;

/// A provider as its callers see it.
pub(crate) struct ProviderView {
    pub(crate) id: Option<Uuid>,
    pub(crate) version: Option<Seq>,
    pub(crate) provider: Provider,
}

/// Registers a provider. Its company number may be in any form.
pub(crate) struct RegisterProvider {
    pub(crate) id: Uuid,
    pub(crate) provider: Provider,
}

impl Command for RegisterProvider {
    type Answer = ProviderView;

    fn needs(&self) -> Needs {
        let number = self.provider.company_number.as_deref().and_then(company_number);
        Needs { company_numbers: number.into_iter().collect(), ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<ProviderView>, Refusal> {
        let Self { id, provider } = self;
        let provider = with_full_number(provider)?;
        refuse_taken(ledger, &provider, id)?;
        let registered = provider.clone();
        Ok(Decision {
            facts: vec![Fact::ProviderRegistered { public_id: id, provider }],
            account: None,
            subject: Some(id),
            answer: Box::new(move |receipt| ProviderView {
                id: receipt.first_seq.map(|_| id),
                version: receipt.first_seq,
                provider: registered,
            }),
        })
    }
}

/// What is known anew of a provider; what is left out stays.
pub(crate) struct ProviderChange {
    pub(crate) name: Option<String>,
    pub(crate) sector: Option<Sector>,
    pub(crate) company_number: Option<Option<String>>,
    pub(crate) charity_number: Option<Option<String>>,
    pub(crate) cqc_location_id: Option<Option<String>>,
    pub(crate) size: Option<Option<Size>>,
    pub(crate) levy_payer: Option<Option<bool>>,
    pub(crate) district: Option<Option<String>>,
    pub(crate) postcode: Option<Option<String>>,
    pub(crate) closed_on: Option<Option<NaiveDate>>,
}

impl ProviderChange {
    fn made_to(self, now: Provider) -> Provider {
        Provider {
            name: self.name.unwrap_or(now.name),
            sector: self.sector.unwrap_or(now.sector),
            company_number: self.company_number.unwrap_or(now.company_number),
            charity_number: self.charity_number.unwrap_or(now.charity_number),
            cqc_location_id: self.cqc_location_id.unwrap_or(now.cqc_location_id),
            size: self.size.unwrap_or(now.size),
            levy_payer: self.levy_payer.unwrap_or(now.levy_payer),
            district: self.district.unwrap_or(now.district),
            postcode: self.postcode.unwrap_or(now.postcode),
            closed_on: self.closed_on.unwrap_or(now.closed_on),
        }
    }
}

/// Changes what is known of a provider, provided that it is still what the caller saw.
pub(crate) struct ChangeProvider {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
    /// The version that the caller saw; none for any.
    pub(crate) seen: Option<Seq>,
    pub(crate) change: ProviderChange,
}

impl Command for ChangeProvider {
    type Answer = ProviderView;

    fn needs(&self) -> Needs {
        let number = self.change.company_number.iter().flatten().find_map(|number| company_number(number));
        Needs { providers: vec![self.id], company_numbers: number.into_iter().collect(), ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<ProviderView>, Refusal> {
        let Self { scope, id, seen, change } = self;
        let known = ledger.providers.get(&id).ok_or(Refusal::NotFound("provider"))?;
        if known.used_by.iter().any(|account| !scope.sees(*account)) {
            let why = "other accounts have transfers with this provider; a token that reaches them all may change it";
            return Err(Refusal::Forbidden(why.to_owned()));
        }
        if seen.is_some_and(|seen| seen != known.version) {
            return Err(Refusal::Stale);
        }
        let provider = with_full_number(change.made_to(known.provider.clone()))?;
        refuse_taken(ledger, &provider, id)?;
        let unchanged = provider == known.provider;
        let fact = Fact::ProviderAmended { provider_id: id, provider: provider.clone() };
        let version = known.version;
        Ok(Decision {
            facts: if unchanged { Vec::new() } else { vec![fact] },
            account: None,
            subject: Some(id),
            answer: Box::new(move |receipt| ProviderView {
                id: Some(id),
                version: Some(receipt.first_seq.unwrap_or(version)),
                provider,
            }),
        })
    }
}

/// The provider with its company number in full.
fn with_full_number(provider: Provider) -> Result<Provider, Refusal> {
    let Some(given) = &provider.company_number else { return Ok(provider) };
    let right = "a company number has 8 letters and digits, such as \"01234567\" or \"SC123456\"";
    let full = company_number(given).ok_or_else(|| Refusal::Invalid(vec![Fault::at("/company_number", right)]))?;
    Ok(Provider { company_number: Some(full), ..provider })
}

fn refuse_taken(ledger: &Ledger, provider: &Provider, id: Uuid) -> Result<(), Refusal> {
    let Some(number) = &provider.company_number else { return Ok(()) };
    match ledger.company_numbers.get(number) {
        Some(holder) if *holder != id => Err(Refusal::ProviderExists { number: number.clone(), provider: *holder }),
        Some(_) | None => Ok(()),
    }
}

/// Providers whose name contains a text in whatever case, oldest first, each with its key. Names
/// are compared here because databases fold the case of ASCII letters alone.
pub(crate) fn page(db: &mut Db, name: Option<&str>, after: Seq, limit: i64) -> Stored<Vec<(Seq, ProviderView)>> {
    let found = match name.map(str::to_lowercase) {
        Some(name) => {
            let contains = |row: &ProviderRow| row.name.to_lowercase().contains(&name);
            scan(after, limit, |after, limit| providers::page(db, after, limit), contains)?
        }
        None => providers::page(db, after, limit)?,
    };
    found.into_iter().map(|(key, row)| Ok((key, view_of(row)?))).collect()
}

/// The provider of an id.
pub(crate) fn find(db: &mut Db, id: Uuid) -> Stored<Option<ProviderView>> {
    providers::find(db, id)?.map(view_of).transpose()
}

fn view_of(row: ProviderRow) -> Stored<ProviderView> {
    let (id, version) = (columns::uuid(&row.public_id)?, row.version);
    Ok(ProviderView { id: Some(id), version: Some(version), provider: providers::provider_of(row)? })
}
