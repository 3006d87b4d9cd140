//! Recording levy funds directly.

use chrono::NaiveDate;
use uuid::Uuid;

use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal, refuse_faults};
use crate::domain::calendar::Month;
use crate::domain::facts::Fact;
use crate::domain::journal::{Entry, EntryKind};
use crate::domain::money::Money;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::{Moment, Receipt};

/// Records levy funds: the credit itself, English fraction and top-up included. Negative amounts
/// are adjustments and are never refused (`docs/rules.md` section 4).
pub(crate) struct RecordLevy {
    pub(crate) scope: Scope,
    pub(crate) account: Uuid,
    pub(crate) amount: Money,
    pub(crate) entered_on: NaiveDate,
    pub(crate) declared_on: Option<NaiveDate>,
    pub(crate) payroll_month: Option<Month>,
    pub(crate) paye_scheme: Option<String>,
    pub(crate) reference: Option<String>,
}

/// Levy funds as recorded.
pub(crate) struct LevyRecorded {
    pub(crate) entry: Entry,
    pub(crate) receipt: Receipt,
    /// The last day on which they can be spent.
    pub(crate) expires_on: NaiveDate,
}

impl Command for RecordLevy {
    type Answer = LevyRecorded;

    fn needs(&self) -> Needs {
        Needs { accounts: vec![self.account], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<LevyRecorded>, Refusal> {
        let account = self.scope.account(ledger, self.account)?;
        let total: Money = account.books.months.values().map(|sums| sums.flow.levy).sum();
        let mut faults = Vec::new();
        if self.amount.is_zero() {
            faults.push(Fault::at("/amount", "levy funds of nothing are not recorded"));
        }
        if !(total + self.amount).within_limit() {
            faults.push(Fault::at("/amount", "an account holds at most 90000000000.00 pounds of levy funds"));
        }
        refuse_faults(faults)?;
        let entry = self.entry();
        let expires_on = account.rules.due_month(entry.month).last_day();
        let recorded = entry.clone();
        Ok(Decision {
            facts: vec![Fact::Moved { account: account.public_id, entry }],
            account: Some(account.key),
            subject: None,
            answer: Box::new(move |receipt| LevyRecorded { entry: recorded, receipt: receipt.clone(), expires_on }),
        })
    }
}

impl RecordLevy {
    fn entry(self) -> Entry {
        let kind = if self.amount.is_negative() { EntryKind::LevyAdjustment } else { EntryKind::Levy };
        Entry {
            declared_on: Some(self.declared_on.unwrap_or(self.entered_on)),
            payroll_month: self.payroll_month,
            paye_scheme: self.paye_scheme,
            reference: self.reference,
            ..Entry::on(self.entered_on, kind, self.amount)
        }
    }
}
