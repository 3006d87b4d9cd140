//! The PAYE schemes of an account, and whom they are shared with.

use std::collections::HashSet;

use rust_decimal::Decimal;
use uuid::Uuid;

use super::figures::AsOf;
use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal, accounts, refuse_faults};
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::domain::paye_schemes::{SchemeShare, SchemeYear};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::paye_schemes;
use crate::storage::writer::Moment;

/// How many parts a scheme has at the most, beside the account's own.
const MOST: usize = 1_000;

/// Says whom a scheme is shared with from a payroll month on (`docs/rules.md` section 4).
pub(crate) struct ShareScheme {
    pub(crate) scope: Scope,
    pub(crate) account: Uuid,
    pub(crate) share: SchemeShare,
}

/// Whom a scheme is shared with, as recorded.
pub(crate) struct SchemeShared {
    /// Its number; none on a dry run.
    pub(crate) seq: Option<Seq>,
    pub(crate) share: SchemeShare,
}

impl Command for ShareScheme {
    type Answer = SchemeShared;

    fn needs(&self) -> Needs {
        Needs { accounts: vec![self.account], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<SchemeShared>, Refusal> {
        let account = self.scope.account(ledger, self.account)?;
        refuse_faults(faults(&self.share))?;
        let share = self.share.clone();
        Ok(Decision {
            facts: vec![Fact::SchemeShared { account: account.public_id, share: self.share }],
            account: Some(account.key),
            subject: None,
            answer: Box::new(|receipt| SchemeShared { seq: receipt.first_seq, share }),
        })
    }
}

/// Each part has a name of its own and more than nothing, and together they have no more than all.
fn faults(share: &SchemeShare) -> Vec<Fault> {
    if share.parts.len() > MOST {
        return vec![Fault::at("/parts", format!("a PAYE scheme has at most {MOST} parts"))];
    }
    let (mut faults, mut names) = (Vec::new(), HashSet::new());
    for (place, part) in share.parts.iter().enumerate() {
        if part.percent.is_zero() || part.percent > Decimal::ONE_HUNDRED {
            let detail = "a part is a percentage above 0 and up to 100, such as \"12.5\"";
            faults.push(Fault::at(&format!("/parts/{place}/percent"), detail));
        }
        if !names.insert(part.name.as_str()) {
            faults.push(Fault::at(&format!("/parts/{place}/name"), "this name is there already: give each part one"));
        }
    }
    let total: Decimal = share.parts.iter().map(|part| part.percent).sum();
    if total > Decimal::ONE_HUNDRED {
        let detail = format!("the parts come to {total}%: together they have at most 100%");
        faults.push(Fault::at("/parts", detail));
    }
    faults
}

/// The years of an account's schemes, by scheme and oldest first; none where the caller sees no such
/// account.
pub(crate) fn years(db: &mut Db, scope: &Scope, id: Uuid, of: &AsOf) -> Stored<Option<Vec<(String, SchemeYear)>>> {
    let Some(account) = accounts::stored(db, scope, id, of.known_at)? else { return Ok(None) };
    let mut years = Vec::new();
    for (scheme, record) in paye_schemes::records(db, account.key, of.as_at, of.known_at)? {
        let of_scheme = record.years().map_err(|_| paye_schemes::unreadable(&scheme))?;
        years.extend(of_scheme.into_iter().map(|year| (scheme.clone(), year)));
    }
    Ok(Some(years))
}

/// A page of what was said of whom an account's schemes are shared with, oldest first; none where
/// the caller sees no such account.
pub(crate) fn shares(
    db: &mut Db,
    scope: &Scope,
    account: Uuid,
    (after, limit): (Seq, i64),
) -> Stored<Option<Vec<(Seq, SchemeShare)>>> {
    let Some(account) = accounts::stored(db, scope, account, Seq::MAX)? else { return Ok(None) };
    paye_schemes::shares(db, account.key, (after, Seq::MAX), limit).map(Some)
}
