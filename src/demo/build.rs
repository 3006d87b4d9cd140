//! The story, recorded: the levy as it was credited, then month by month what was agreed, who began
//! and what was paid.

use chrono::{Days, Months, NaiveDate};
use uuid::Uuid;

use super::story::{AGREEMENTS, Agreement, COHORTS, Cohort, FIRST_LEVY, Training};
use crate::app::accounts::OpenAccount;
use crate::app::levy::RecordLevy;
use crate::app::local::{LocalError, operator, record};
use crate::app::months::CloseMonth;
use crate::app::providers::RegisterProvider;
use crate::app::scope::Scope;
use crate::app::starts::RecordStart;
use crate::app::transfers::{ChangeTransfer, OfferTransfer};
use crate::app::{Command, Fault, Refusal};
use crate::domain::account::AccountSettings;
use crate::domain::calendar::{Month, parse_date};
use crate::domain::facts::{Learner, NewStart, StartTerms, TransferPurpose};
use crate::domain::money::Money;
use crate::domain::people::{PriorityGroup, Provider, Sector, Size};
use crate::domain::transfers::Transition;
use crate::storage::Store;

/// The council.
pub(crate) const COUNCIL: &str = "Westmere County Council";
/// The month in which levy was first credited.
const FIRST_MONTH: &str = "2017-05";

/// Records the story up to the day before `today` on an empty ledger; gives the council's account.
///
/// # Errors
/// [`LocalError`] when the ledger refuses a part of it.
pub(crate) fn build(store: &Store, today: NaiveDate) -> Result<Uuid, LocalError> {
    let account = Uuid::now_v7();
    let settings = AccountSettings {
        name: COUNCIL.to_owned(),
        rule_set: "standard".to_owned(),
        policy_cap_percent: None,
        english_fraction_override: None,
        provider: None,
        training_provider_priority: Vec::new(),
    };
    let mut teller = Teller { store, account, today, transfers: Vec::new(), learners: 0 };
    teller.tell(OpenAccount { scope: Scope::default(), id: account, settings })?;
    let first = FIRST_MONTH.parse::<Month>().map_err(unreadable)?;
    // Past allowances are enforced by the levy on record, so that the levy comes first.
    for (place, month) in first.through(Month::of(today)).enumerate() {
        teller.credit_levy(place, month)?;
    }
    for month in first.through(Month::of(today)) {
        for agreement in AGREEMENTS.iter().filter(|agreement| begins(agreement.agreed_on, month)) {
            teller.agree(agreement)?;
        }
        teller.begin_starts(month)?;
        // The last month that is over is left for whoever looks around to close.
        if month.plus(1) < Month::of(today) {
            teller.tell(CloseMonth { scope: Scope::default(), account, month })?;
        }
        if month.last_day() < today {
            teller.complete(month)?;
        }
    }
    Ok(account)
}

fn begins(day: &str, month: Month) -> bool {
    parse_date(day).is_ok_and(|day| Month::of(day) == month)
}

/// A text of the story that cannot be read is refused like any other.
fn unreadable(fault: impl std::fmt::Display) -> Refusal {
    Refusal::Invalid(vec![Fault::at("", fault)])
}

/// A transfer that is told of, with the last day of its apprentices.
struct Agreed {
    id: Uuid,
    provider: &'static str,
    ends_on: NaiveDate,
}

struct Teller<'s> {
    store: &'s Store,
    account: Uuid,
    today: NaiveDate,
    transfers: Vec<Agreed>,
    learners: u32,
}

impl Teller<'_> {
    fn tell<C>(&self, command: C) -> Result<C::Answer, LocalError>
    where
        C: Command,
        C::Answer: Send,
    {
        record(self.store, &operator("demonstration"), command)
    }

    /// On the 22nd of each month the levy of the month before is credited.
    fn credit_levy(&self, place: usize, month: Month) -> Result<(), LocalError> {
        let entered_on = month.first_day() + Days::new(21);
        if entered_on > self.today {
            return Ok(());
        }
        self.tell(RecordLevy {
            scope: Scope::default(),
            account: self.account,
            amount: levy_of(place)?,
            entered_on,
            declared_on: None,
            payroll_month: Some(month.plus(-1)),
            paye_scheme: Some("120/WE00417".to_owned()),
            reference: None,
        })?;
        Ok(())
    }

    fn agree(&mut self, agreement: &'static Agreement) -> Result<(), LocalError> {
        let (agreed_on, start_on) = (day(agreement.agreed_on)?, day(agreement.start_on)?);
        if agreed_on > self.today {
            return Ok(());
        }
        let provider = Uuid::now_v7();
        self.tell(RegisterProvider { id: provider, provider: provider_of(agreement, self.transfers.len()) })?;
        let transfer = Uuid::now_v7();
        let training = agreement.training;
        self.tell(OfferTransfer {
            scope: Scope::default(),
            id: transfer,
            account: self.account,
            provider,
            purpose: TransferPurpose {
                agreed_on,
                apprentices: agreement.apprentices,
                lapses_on: None,
                planned_start: Some(Month::of(start_on)),
                duration_months: Some(training.months),
                standard_code: Some(training.code.to_owned()),
                level: Some(training.level),
                priority_groups: Vec::new(),
                reference: None,
            },
            amount: whole_pounds(training.price * i64::from(agreement.apprentices)),
            schedule: None,
            accepted: true,
        })?;
        let ends_on = planned_end(start_on, training.months);
        self.transfers.push(Agreed { id: transfer, provider: agreement.provider, ends_on });
        Ok(())
    }

    fn begin_starts(&mut self, month: Month) -> Result<(), LocalError> {
        for Cohort { start_on, apprentices, training } in COHORTS.iter().filter(|c| begins(c.start_on, month)) {
            self.begin(None, day(start_on)?, (*apprentices, *training))?;
        }
        for agreement in AGREEMENTS.iter().filter(|agreement| begins(agreement.start_on, month)) {
            let transfer = self.transfers.iter().find(|transfer| transfer.provider == agreement.provider);
            let transfer = transfer.map(|transfer| transfer.id);
            self.begin(transfer, day(agreement.start_on)?, (agreement.apprentices, agreement.training))?;
        }
        Ok(())
    }

    fn begin(
        &mut self,
        transfer: Option<Uuid>,
        start_on: NaiveDate,
        (apprentices, training): (u32, Training),
    ) -> Result<(), LocalError> {
        if start_on > self.today {
            return Ok(());
        }
        for _ in 0..apprentices {
            self.learners += 1;
            let id = Uuid::now_v7();
            let terms = terms_of(start_on, training);
            let learner = learner_of(self.learners);
            let start = NewStart { public_id: id, account: self.account, transfer, terms, learner };
            self.tell(RecordStart { scope: Scope::default(), start })?;
        }
        Ok(())
    }

    fn complete(&self, month: Month) -> Result<(), LocalError> {
        for transfer in self.transfers.iter().filter(|transfer| Month::of(transfer.ends_on) == month) {
            self.tell(ChangeTransfer {
                scope: Scope::default(),
                id: transfer.id,
                transition: Transition::Complete,
                on: month.last_day(),
                reason: Some("every apprentice has reached the planned end".to_owned()),
            })?;
        }
        Ok(())
    }
}

fn day(text: &str) -> Result<NaiveDate, LocalError> {
    Ok(parse_date(text).map_err(unreadable)?)
}

fn whole_pounds(pounds: i64) -> Money {
    Money::from_units(pounds * 100_000)
}

/// The levy of the first year, and two percent of it more in each year since, to the penny.
fn levy_of(place: usize) -> Result<Money, LocalError> {
    let months = FIRST_LEVY.len();
    let first = FIRST_LEVY.get(place % months).copied().unwrap_or_default();
    let first: Money = first.parse().map_err(unreadable)?;
    let percent = 100 + 2 * i64::try_from(place / months).unwrap_or(0);
    let pennies = first.units() / 1_000 * percent / 100;
    Ok(Money::from_units(pennies * 1_000))
}

fn planned_end(start_on: NaiveDate, months: u32) -> NaiveDate {
    let after = start_on.checked_add_months(Months::new(months));
    after.and_then(|day| day.checked_sub_days(Days::new(1))).unwrap_or(start_on)
}

fn provider_of(agreement: &Agreement, place: usize) -> Provider {
    let sizes = [Size::Micro, Size::Small, Size::Medium];
    Provider {
        name: agreement.provider.to_owned(),
        sector: agreement.sector,
        company_number: Some(format!("{:08}", 9_900_101 + place * 37)),
        charity_number: None,
        cqc_location_id: (agreement.sector == Sector::AdultSocialCare).then(|| format!("1-{:09}", 204_815_100 + place)),
        size: sizes.get(place % sizes.len()).copied(),
        levy_payer: Some(false),
        district: Some(agreement.district.to_owned()),
        postcode: None,
        closed_on: None,
    }
}

fn terms_of(start_on: NaiveDate, training: Training) -> StartTerms {
    let price = whole_pounds(training.price);
    StartTerms {
        standard_code: training.code.to_owned(),
        standard_title: Some(training.title.to_owned()),
        level: training.level,
        sector: None,
        agreed_price: price,
        funding_band_maximum: Some(price),
        agreed_on: start_on - Days::new(7),
        start_on,
        planned_end_on: planned_end(start_on, training.months),
        training_provider_ukprn: Some("10000417".to_owned()),
        training_provider_name: Some("Westmere College".to_owned()),
        local_training_provider: Some(true),
        change_of_employer: false,
    }
}

/// Every seventh apprentice belongs to a priority group, in turn.
fn learner_of(number: u32) -> Learner {
    let groups = [
        PriorityGroup::CareLeaver,
        PriorityGroup::Disabled,
        PriorityGroup::LongTermUnemployed,
        PriorityGroup::NotInEducationEmploymentOrTraining,
    ];
    let turn = usize::try_from(number / 7).unwrap_or(0) % groups.len();
    let group = groups.get(turn).filter(|_| number.is_multiple_of(7));
    Learner {
        reference: Some(format!("WCC-{number:04}")),
        uln: None,
        priority_groups: Some(group.into_iter().copied().collect()),
    }
}
