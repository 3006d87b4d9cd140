//! Recording levy declared to HMRC: each submission is settled, credited or kept, and answered.

mod listing;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{Datelike, NaiveDate, NaiveDateTime, SubsecRound};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal, refuse_faults};
use crate::domain::account::Account;
use crate::domain::declarations::{
    Declared, Outcome, OutcomeKind, Posting, Processing, Submission, SubmissionId, WhyHeld, settle,
};
use crate::domain::facts::Fact;
use crate::domain::journal::{Entry, EntryKind};
use crate::domain::money::Money;
use crate::domain::payroll::{PayrollMonth, PayrollYear, Timeliness, in_the_uk};
use crate::storage::declarations::Declaring;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::{Moment, Receipt};

pub(crate) use listing::{DeclarationView, page};

/// How many declarations a request holds at the most.
const MOST: usize = 1_000;

/// A submission as it is sent.
pub(crate) struct DeclarationAsked {
    pub(crate) id: SubmissionId,
    pub(crate) paye_scheme: String,
    pub(crate) payroll_year: PayrollYear,
    pub(crate) payroll_month: i64,
    pub(crate) year_to_date: Option<Money>,
    pub(crate) no_payment: bool,
    pub(crate) submitted_at: NaiveDateTime,
    pub(crate) english_fraction: Option<Decimal>,
}

/// Records declarations, and posts what has waited for its cut-off (`docs/rules.md` section 4).
pub(crate) struct RecordDeclarations {
    pub(crate) scope: Scope,
    pub(crate) account: Uuid,
    pub(crate) processed_on: NaiveDate,
    pub(crate) declarations: Vec<DeclarationAsked>,
}

/// What became of declarations: of those that were sent, in their order, then of those that waited.
pub(crate) struct DeclarationsRecorded {
    pub(crate) results: Vec<DeclarationResult>,
    pub(crate) receipt: Receipt,
}

/// What became of one declaration.
pub(crate) struct DeclarationResult {
    pub(crate) id: SubmissionId,
    pub(crate) outcome: OutcomeKind,
    pub(crate) reason: String,
    pub(crate) posting: Option<Posting>,
    pub(crate) credited: Option<Credited>,
}

/// The entry of a credit, at its position of what is recorded.
pub(crate) struct Credited {
    pub(crate) position: usize,
    pub(crate) entry: Entry,
    /// The last day on which it can be spent.
    pub(crate) expires_on: NaiveDate,
}

impl Command for RecordDeclarations {
    type Answer = DeclarationsRecorded;

    fn needs(&self) -> Needs {
        let declaring = Declaring {
            account: self.account,
            schemes: self.declarations.iter().map(|asked| asked.paye_scheme.clone()).collect(),
            submissions: self.declarations.iter().map(|asked| asked.id).collect(),
        };
        Needs { accounts: vec![self.account], declaring: Some(declaring), ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<DeclarationsRecorded>, Refusal> {
        let account = self.scope.account(ledger, self.account)?;
        let sent = submissions(&self.declarations)?;
        let settlement = Settlement { ledger, account, processed_on: self.processed_on };
        let settled = settlement.settle(&sent);
        refuse_faults(too_large(account, &sent, &settled))?;
        let mut facts = Vec::new();
        let mut results = HashMap::new();
        let mut order = Vec::new();
        for settled in settled {
            order.push(settled.submission.id);
            results.insert(settled.submission.id, settlement.write(settled, &mut facts));
        }
        let in_order = sent.iter().map(|(_, submission)| submission.id);
        let mut answered: Vec<DeclarationResult> =
            in_order.map(|id| results.remove(&id).unwrap_or_else(|| held_already(id))).collect();
        answered.extend(order.iter().filter_map(|id| results.remove(id)));
        Ok(Decision {
            facts,
            account: Some(account.key),
            subject: None,
            answer: Box::new(|receipt| DeclarationsRecorded { results: answered, receipt: receipt.clone() }),
        })
    }
}

/// What was sent, each with its scheme, or all that is wrong with it.
fn submissions(asked: &[DeclarationAsked]) -> Result<Vec<(&str, Submission)>, Refusal> {
    if asked.len() > MOST {
        let detail = format!("send at most {MOST} declarations at a time");
        return Err(Refusal::Invalid(vec![Fault::at("/declarations", detail)]));
    }
    let (mut sent, mut faults) = (Vec::with_capacity(asked.len()), Vec::new());
    for (place, asked) in asked.iter().enumerate() {
        let fault = |field: &str, detail: &str| Fault::at(&format!("/declarations/{place}/{field}"), detail);
        if asked.paye_scheme.trim() != asked.paye_scheme {
            // With a space it would be another scheme, and its whole year to date credited again.
            faults.push(fault("paye_scheme", "write the PAYE scheme without spaces around it, such as \"123/AB456\""));
        }
        if asked.year_to_date.is_none() && !asked.no_payment {
            let detail = "say the levy due in the year to date, or that there was no payment for the period";
            faults.push(fault("levy_due_year_to_date", detail));
        }
        if asked.english_fraction.is_some_and(|fraction| !(Decimal::ZERO..=Decimal::ONE).contains(&fraction)) {
            faults.push(fault("english_fraction", "an English fraction lies from 0 to 1, such as \"0.9\""));
        }
        if !(2010..=2099).contains(&asked.submitted_at.year()) {
            faults.push(fault("submitted_at", "a submission is made from 2010 to 2099"));
        }
        let number = u32::try_from(asked.payroll_month).ok();
        match number.and_then(|number| PayrollMonth::new(asked.payroll_year, number)) {
            Some(month) => sent.push((asked.paye_scheme.as_str(), submission(asked, month))),
            None => faults.push(fault("payroll_month", "a payroll month lies from 1 (April) to 12 (March)")),
        }
    }
    refuse_faults(faults).map(|()| sent)
}

fn submission(asked: &DeclarationAsked, month: PayrollMonth) -> Submission {
    let submission = Submission {
        id: asked.id,
        month,
        year_to_date: asked.year_to_date,
        no_payment: asked.no_payment,
        // The ledger keeps microseconds.
        submitted_at: asked.submitted_at.trunc_subsecs(6),
        english_fraction: asked.english_fraction,
        timeliness: Timeliness::OnTime,
    };
    submission.dated()
}

/// What was decided of one submission.
struct Settled {
    scheme: String,
    submission: Submission,
    arrives: bool,
    outcome: Outcome,
}

/// Submissions are settled on what is held, scheme by scheme.
struct Settlement<'l> {
    ledger: &'l Ledger,
    account: &'l Account,
    processed_on: NaiveDate,
}

impl Settlement<'_> {
    /// Settles what arrives and what has waited, in an order that what was sent first has no part in.
    fn settle(&self, sent: &[(&str, Submission)]) -> Vec<Settled> {
        let mut seen = HashSet::new();
        let mut arriving: BTreeMap<&str, Vec<Submission>> = BTreeMap::new();
        for (scheme, submission) in sent {
            if seen.insert(submission.id) && !self.ledger.declarations.holds(submission.id) {
                arriving.entry(scheme).or_default().push(submission.clone());
            }
        }
        let waiting = self.ledger.declarations.waiting(self.account.key);
        let schemes: BTreeSet<&str> = waiting.map(|(scheme, _)| scheme).chain(arriving.keys().copied()).collect();
        let mut settled: Vec<Settled> = Vec::new();
        for scheme in schemes {
            settled.extend(self.settle_scheme(scheme, arriving.get(scheme).map_or(&[], Vec::as_slice)));
        }
        settled
    }

    fn settle_scheme(&self, scheme: &str, arriving: &[Submission]) -> Vec<Settled> {
        let processing = Processing {
            account: self.account.key,
            processed_on: self.processed_on,
            rules: &self.account.rules,
            english_fraction_override: self.account.settings.english_fraction_override,
            first_year: PayrollYear::FIRST_OF_THE_LEVY,
        };
        let history = self.ledger.declarations.history(scheme);
        let mut outcomes = settle(history, arriving, &processing);
        let known = arriving.iter().map(|submission| (submission, true));
        let known = known.chain(history.iter().map(|held| (&held.submission, false)));
        let settled = known.filter_map(|(submission, arrives)| {
            let outcome = outcomes.remove(&submission.id)?;
            let scheme = scheme.to_owned();
            // What goes on waiting is no news.
            let is_news = arrives || outcome.kind() != OutcomeKind::Waiting;
            is_news.then(|| Settled { scheme, submission: submission.clone(), arrives, outcome })
        });
        let mut settled: Vec<Settled> = settled.collect();
        settled.sort_by_key(|settled| (settled.submission.month, settled.submission.order()));
        settled
    }

    /// Adds the facts of what was decided; gives the answer.
    fn write(&self, settled: Settled, facts: &mut Vec<Fact>) -> DeclarationResult {
        let Settled { scheme, submission, arrives, outcome } = settled;
        let posting = outcome.posting().copied();
        let entry = posting.filter(|posting| !posting.credit.amount.is_zero());
        let entry = entry.map(|posting| self.entry(&scheme, &submission, &posting));
        let result = DeclarationResult {
            id: submission.id,
            outcome: outcome.kind(),
            reason: outcome.reason(&submission),
            posting,
            credited: entry.clone().map(|entry| Credited {
                position: facts.len() + 1,
                expires_on: self.account.rules.due_month(entry.month).last_day(),
                entry,
            }),
        };
        facts.push(Fact::Declared(Box::new(Declared {
            account: self.account.public_id,
            paye_scheme: scheme,
            submission,
            arrives,
            processed_on: self.processed_on,
            outcome,
            entry_follows: entry.is_some(),
        })));
        facts.extend(entry.map(|entry| Fact::Moved { account: self.account.public_id, entry }));
        result
    }

    /// A credit is an adjustment where it adjusts a year that has ended, or takes funds back.
    fn entry(&self, scheme: &str, submission: &Submission, posting: &Posting) -> Entry {
        let adjusts = submission.timeliness == Timeliness::YearEndAdjustment || posting.credit.amount.is_negative();
        let kind = if adjusts { EntryKind::LevyAdjustment } else { EntryKind::Levy };
        Entry {
            declared_on: Some(in_the_uk(submission.submitted_at).date()),
            payroll_month: Some(submission.month.label()),
            paye_scheme: Some(scheme.to_owned()),
            ..Entry::on(self.processed_on, kind, posting.credit.amount)
        }
    }
}

/// Figures that are beyond what money can be, alone or with what the account holds.
fn too_large(account: &Account, sent: &[(&str, Submission)], settled: &[Settled]) -> Vec<Fault> {
    let arriving = settled.iter().filter(|settled| settled.arrives);
    let beyond = arriving.filter(|settled| settled.outcome == Outcome::Held(WhyHeld::TooLarge));
    let beyond: HashSet<SubmissionId> = beyond.map(|settled| settled.submission.id).collect();
    let at_fault = sent.iter().enumerate().filter(|(_, (_, submission))| beyond.contains(&submission.id));
    let mut faults: Vec<Fault> = at_fault
        .map(|(place, _)| {
            let pointer = format!("/declarations/{place}/levy_due_year_to_date");
            Fault::at(&pointer, "with English fraction and top-up the credit would be beyond 90000000000.00 pounds")
        })
        .collect();
    let credits = settled.iter().filter_map(|settled| settled.outcome.posting()).map(|posting| posting.credit.amount);
    let total: Money = account.books.months.values().map(|sums| sums.flow.levy).chain(credits).sum();
    if !total.within_limit() {
        faults.push(Fault::at("/declarations", "an account holds at most 90000000000.00 pounds of levy funds"));
    }
    faults
}

fn held_already(id: SubmissionId) -> DeclarationResult {
    DeclarationResult {
        id,
        outcome: OutcomeKind::Ignored,
        reason: format!("submission {id} is held already: it stands as it was first received"),
        posting: None,
        credited: None,
    }
}
