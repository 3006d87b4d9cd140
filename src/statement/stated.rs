//! A line of the file as the ledger takes it.

use super::line::{Kind, Line};
use crate::domain::journal::EntryKind;
use crate::domain::statements::StatedLine;

/// The longest note that is kept, in characters.
const LONGEST_NOTE: usize = 200;

impl Line {
    /// The line as the ledger takes it: what it does to the balance and in which month. The learner
    /// and the course stay behind; what employer and government paid is positive.
    #[must_use]
    pub fn stated(&self) -> StatedLine {
        let is_levy = matches!(self.kind, Kind::Levy | Kind::LevyAdjustment);
        let lot = match self.kind {
            Kind::Expired(Some(life)) => Some(self.month().plus(-life.months())),
            Kind::Expired(None) | Kind::Levy | Kind::LevyAdjustment | Kind::Payment(_) | Kind::Transfer => None,
        };
        StatedLine {
            date: self.date,
            month: self.month(),
            kind: self.entry_kind(),
            amount: self.balance_effect(),
            paye_scheme: self.paye_scheme.clone().filter(|_| is_levy),
            payroll_month: self.payroll_month.filter(|_| is_levy),
            lot,
            note: self.note(),
            employer: -self.your_contribution,
            government: -self.government_contribution,
        }
    }

    /// What it is as an entry. The sign of its total tells the direction of a transfer, and levy that
    /// is taken back is an adjustment.
    fn entry_kind(&self) -> EntryKind {
        match self.kind {
            Kind::Levy if !self.total.is_negative() => EntryKind::Levy,
            Kind::Levy | Kind::LevyAdjustment => EntryKind::LevyAdjustment,
            Kind::Payment(_) => EntryKind::OwnPayment,
            Kind::Transfer if self.total.is_negative() => EntryKind::TransferPayment,
            Kind::Transfer => EntryKind::TransferReceived,
            Kind::Expired(_) => EntryKind::Expiry,
        }
    }

    /// Its description, and who delivers the training.
    fn note(&self) -> Option<String> {
        let parts: Vec<&str> =
            [&self.description, &self.training_provider].into_iter().filter_map(|part| part.as_deref()).collect();
        let note = parts.join(", ");
        let plain = note.chars().map(|c| if c.is_control() { ' ' } else { c });
        let note: String = plain.take(LONGEST_NOTE).collect();
        Some(note.trim().to_owned()).filter(|note| !note.is_empty())
    }
}
