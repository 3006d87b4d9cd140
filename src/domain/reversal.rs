//! Taking an entry back: by another of the same kind and the opposite amount, never by a change.

use super::calendar::Month;
use super::journal::{Entry, EntryKind, Seq};

/// Why an entry cannot be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReversible {
    /// Expiry as booked is final.
    #[error("entry {0} is booked expiry, which is final and cannot be reversed")]
    Expiry(Seq),
    /// A reversal stands.
    #[error("entry {0} is itself a reversal, which cannot be reversed; record the amount anew instead")]
    Reversal(Seq),
}

/// An entry is taken back by one of the same kind and opposite amount, effective on the original's
/// day or, if its month is closed, on the first day of the first open month. Levy keeps the day of
/// its declaration, so that the allowance it gave goes with it. Expiry and reversals stand
/// (`docs/rules.md` section 5).
///
/// ```
/// use levy_ledger::domain::{reversal::reversal, spending::{payment, PaymentKind}};
/// let paid = payment(PaymentKind::Own, "2026-09".parse()?, "50.00".parse()?);
/// let back = reversal(7, &paid, "paid twice", None)?;
/// assert_eq!((back.amount.to_string(), back.effective_on.to_string()), ("50.00".into(), "2026-09-30".into()));
/// let closed = reversal(7, &paid, "paid twice", Some("2026-10".parse()?))?;
/// assert_eq!(closed.effective_on.to_string(), "2026-10-01");
/// assert!(reversal(8, &back, "again", None).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`NotReversible`] for expiry and for reversals.
pub fn reversal(seq: Seq, entry: &Entry, reason: &str, first_open: Option<Month>) -> Result<Entry, NotReversible> {
    if entry.kind == EntryKind::Expiry {
        return Err(NotReversible::Expiry(seq));
    }
    if entry.reverses.is_some() {
        return Err(NotReversible::Reversal(seq));
    }
    let later = first_open.filter(|open| entry.month < *open);
    Ok(Entry {
        amount: -entry.amount,
        month: later.unwrap_or(entry.month),
        effective_on: later.map_or(entry.effective_on, Month::first_day),
        stated_on: None,
        reference: Some(reason.to_owned()),
        reverses: Some(seq),
        ..entry.clone()
    })
}
