//! Entries of the ledger as lines of the statement. Learner numbers are left out: a file goes where
//! no erasure follows it.

use rust_decimal::Decimal;

use super::line::{Kind, Life, Line, PaymentKind};
use crate::domain::earnings::EarningKind;
use crate::domain::journal::{Entry, EntryKind};
use crate::domain::money::Money;
use crate::domain::stated::{DeclaredLevy, StatedEntry};

impl Line {
    /// The line that records an entry; none for a correction, which no statement shows
    /// (`docs/rules.md` section 9).
    #[must_use]
    pub fn of(stated: StatedEntry) -> Option<Self> {
        let kind = kind(&stated.entry)?;
        let StatedEntry { on, entry, declared, course, provider } = stated;
        let levy = levy(kind, &entry, declared);
        let amount = entry.amount;
        let (paid_from_levy, paid_from_transfer) = match kind {
            Kind::Payment(_) => (amount, Money::ZERO),
            Kind::Transfer => (Money::ZERO, (-amount).at_least_zero()),
            Kind::Levy | Kind::LevyAdjustment | Kind::Expired(_) => (Money::ZERO, Money::ZERO),
        };
        Some(Self {
            number: 0,
            date: on,
            kind,
            description: Some(entry.reference.unwrap_or_else(|| description(kind, provider.as_deref()))),
            paye_scheme: entry.paye_scheme,
            payroll_month: entry.payroll_month,
            levy_declared: levy.declared,
            english_fraction: levy.english_fraction,
            top_up: levy.top_up,
            cohort_reference: None,
            training_provider: course.training_provider,
            uln: None,
            course_name: course.name,
            level: course.level,
            course_type: course.level.map(|_| "Apprenticeship".to_owned()),
            paid_from_levy,
            paid_from_transfer,
            your_contribution: Money::ZERO,
            government_contribution: Money::ZERO,
            total: amount,
        })
    }
}

fn kind(entry: &Entry) -> Option<Kind> {
    Some(match entry.kind {
        EntryKind::Levy if !entry.amount.is_negative() => Kind::Levy,
        EntryKind::Levy | EntryKind::LevyAdjustment => Kind::LevyAdjustment,
        EntryKind::OwnPayment => Kind::Payment(match entry.earned.map(|earned| earned.kind) {
            Some(EarningKind::OnProgramme) | None => PaymentKind::Monthly,
            Some(EarningKind::Balancing) => PaymentKind::Balance,
            Some(EarningKind::Completion) => PaymentKind::Completion,
        }),
        EntryKind::TransferPayment | EntryKind::TransferReceived => Kind::Transfer,
        EntryKind::Expiry => Kind::Expired(entry.lot.and_then(|lot| {
            [Life::Months12, Life::Months24].into_iter().find(|life| lot.plus(life.months()) == entry.month)
        })),
        EntryKind::Correction => return None,
    })
}

/// What a line of levy says was declared: without a declaration the credit itself, wholly English.
fn levy(kind: Kind, entry: &Entry, declared: Option<DeclaredLevy>) -> DeclaredLevy {
    let (zero, top_up) = (Money::ZERO, Money::ZERO);
    match kind {
        Kind::Levy | Kind::LevyAdjustment => {
            let whole = DeclaredLevy { declared: entry.amount, english_fraction: Decimal::ONE, top_up };
            declared.unwrap_or(whole)
        }
        Kind::Payment(_) | Kind::Transfer | Kind::Expired(_) => {
            DeclaredLevy { declared: zero, english_fraction: Decimal::ZERO, top_up }
        }
    }
}

fn description(kind: Kind, provider: Option<&str>) -> String {
    match (kind, provider) {
        (Kind::Transfer, Some(provider)) => format!("Transfer sent to {provider}"),
        _ => kind.name().to_owned(),
    }
}
