//! Claw-back, step 1 of expiry: a negative month cancels positive months at or before it, newest
//! first, on levy and on spending apart.

use super::MonthFlow;
use crate::domain::calendar::Month;
use crate::domain::money::Money;

/// What left in a month, by kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spending {
    pub month: Month,
    pub own: Money,
    pub transferred: Money,
}

impl Spending {
    /// Within a month refunds and transfers in cancel like with like first, then the other kind
    /// (`docs/rules.md` section 5, step 4), so that both kinds end with one sign.
    pub fn of(month: Month, flow: &MonthFlow) -> Self {
        let (own, transferred) = (flow.own, flow.transferred - flow.received);
        let total = own + transferred;
        if own.is_negative() == transferred.is_negative() {
            Self { month, own, transferred }
        } else if own.is_negative() == total.is_negative() {
            Self { month, own: total, transferred: Money::ZERO }
        } else {
            Self { month, own: Money::ZERO, transferred: total }
        }
    }

    pub fn total(&self) -> Money {
        self.own + self.transferred
    }

    /// Cancels an earlier month's spending against this refund: like with like, then the other kind.
    fn cancel(&mut self, earlier: &mut Self) {
        set_off(&mut self.own, &mut earlier.own);
        set_off(&mut self.transferred, &mut earlier.transferred);
        set_off(&mut self.own, &mut earlier.transferred);
        set_off(&mut self.transferred, &mut earlier.own);
    }
}

/// Sets a refund (negative) off against spending (positive).
fn set_off(refund: &mut Money, spending: &mut Money) {
    let amount = (-*refund).min(*spending);
    *refund += amount;
    *spending -= amount;
}

/// Negative months of spending, oldest first, cancel spending at or before them, newest first; what is
/// left over is dropped (`docs/rules.md` section 5, step 1).
pub(super) fn claw_back_spending(out: &mut [Spending]) {
    for at in 0..out.len() {
        let (earlier, rest) = out.split_at_mut(at);
        let Some(refund) = rest.first_mut().filter(|month| month.total().is_negative()) else { continue };
        for spending in earlier.iter_mut().rev() {
            refund.cancel(spending);
            if refund.total().is_zero() {
                break;
            }
        }
        (refund.own, refund.transferred) = (Money::ZERO, Money::ZERO);
    }
}

/// The funds of one entry month on their way to becoming a lot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entering {
    pub month: Month,
    pub due_month: Month,
    /// What entered; net of claw-back once that is done.
    pub net: Money,
    pub expiry: Expiry,
}

/// What is final about a lot's expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    /// Nothing yet.
    Open,
    /// Worked out for a due month that is over and has no record.
    Lapsed(Money),
    /// Recorded for this lot by name.
    Named(Money),
    /// Recorded as the total of its due month, which other lots may share.
    Total { amount: Money, shared: bool },
}

impl Expiry {
    /// Whether it is recorded.
    pub const fn is_booked(self) -> bool {
        match self {
            Self::Open | Self::Lapsed(_) => false,
            Self::Named(_) | Self::Total { .. } => true,
        }
    }
}

/// Negative months of levy, oldest first, cancel levy at or before them, newest first; a lot whose
/// expiry is final gives up no more than entered − expired; what is left over is dropped
/// (`docs/rules.md` section 5, steps 1 and 2).
pub(super) fn claw_back_levy(entering: &mut [Entering]) {
    for at in 0..entering.len() {
        let Some(adjustment) = entering.get_mut(at).filter(|entry| entry.net.is_negative()) else { continue };
        let (month, mut owed) = (adjustment.month, -adjustment.net);
        adjustment.net = Money::ZERO;
        for earlier in (0..at).rev() {
            if owed.is_zero() {
                break;
            }
            let spare = entering.get(earlier).map_or(Money::ZERO, |lot| spare(entering, lot, month));
            let given = spare.min(owed);
            owed -= given;
            if let Some(lot) = entering.get_mut(earlier) {
                lot.net -= given;
            }
        }
    }
}

/// What a lot can give up to an adjustment of this month. Lots that share a recorded total had settled
/// their nets by their due month, so until then only the total itself limits them; afterwards each
/// lot's share does.
fn spare(entering: &[Entering], lot: &Entering, adjusted_in: Month) -> Money {
    match lot.expiry {
        Expiry::Total { amount, shared: true } if adjusted_in <= lot.due_month => {
            let together: Money = sharers(entering, lot).map(|other| other.net.at_least_zero()).sum();
            lot.net.min((together - amount.at_least_zero()).at_least_zero())
        }
        Expiry::Open | Expiry::Lapsed(_) | Expiry::Named(_) | Expiry::Total { .. } => {
            lot.net - final_expiry(entering, lot).unwrap_or(Money::ZERO)
        }
    }
}

/// What is final of a lot's expiry, no more than entered; where lots share a recorded total it is the
/// newer lot's first (`docs/rules.md` section 5, step 2).
pub(super) fn final_expiry(entering: &[Entering], lot: &Entering) -> Option<Money> {
    let amount = match lot.expiry {
        Expiry::Open => return None,
        Expiry::Lapsed(amount) | Expiry::Named(amount) | Expiry::Total { amount, shared: false } => amount,
        Expiry::Total { amount, shared: true } => {
            let newer = sharers(entering, lot).filter(|other| other.month > lot.month);
            amount - newer.map(|other| other.net.at_least_zero()).sum()
        }
    };
    Some(amount.at_least_zero().min(lot.net))
}

/// The lots that share this lot's recorded total, itself among them.
fn sharers<'a>(entering: &'a [Entering], lot: &Entering) -> impl Iterator<Item = &'a Entering> {
    let due_month = lot.due_month;
    let shares = move |other: &&Entering| other.due_month == due_month && matches!(other.expiry, Expiry::Total { .. });
    entering.iter().filter(shares)
}
