//! First in, first out: which lot pays for which spending, and what each loses (`docs/rules.md`
//! section 5, steps 2 to 4), in one run and month by month.

use super::clawback::{Entering, Expiry, Spending, claw_back_levy, claw_back_spending, final_expiry};
use super::{Booking, Funds, Lot, MonthFlow};
use crate::domain::calendar::Month;
use crate::domain::money::Money;

/// An account's funds in line, and what is spent from them: both by month, oldest first.
#[derive(Clone, Debug)]
pub(super) struct FirstIn {
    entering: Vec<Entering>,
    out: Vec<Spending>,
    /// All levy less all spending.
    moved: Money,
    /// All recorded expiry, that of no lot too.
    booked: Money,
}

/// What lapses of a lot without a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lapse {
    pub entry_month: Month,
    pub due_month: Month,
    pub amount: Money,
}

/// What one run makes of it.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    pub lots: Vec<Lot>,
    /// Spending that no lot pays for.
    pub uncovered: Money,
}

impl FirstIn {
    pub fn new<'a>(
        flows: impl Iterator<Item = (&'a Month, &'a MonthFlow)> + Clone,
        bookings: &[Booking],
        due_month: impl Fn(Month) -> Month,
    ) -> Self {
        let enters = |(&month, flow): (&Month, &MonthFlow)| Entering {
            month,
            due_month: due_month(month),
            net: flow.levy,
            expiry: Expiry::Open,
        };
        let entering = flows.clone().filter(|(_, flow)| !flow.levy.is_zero()).map(enters).collect();
        let leaves = |(&month, flow): (&Month, &MonthFlow)| Spending::of(month, flow);
        let moved = flows.clone().map(|(_, flow)| flow.levy - flow.out()).sum();
        let out = flows.map(leaves).filter(|month| !month.own.is_zero() || !month.transferred.is_zero()).collect();
        let booked = bookings.iter().map(|booking| booking.amount).sum();
        let mut first_in = Self { entering, out, moved, booked };
        first_in.book(bookings);
        first_in
    }

    /// Marks the lots whose expiry is recorded: those named, then those of a month's total. A lot that
    /// is named stays in the month in which it lapsed, whatever the rules now say.
    fn book(&mut self, bookings: &[Booking]) {
        let mut totals: Vec<(Month, Money, usize)> = Vec::new();
        for booking in bookings {
            let Some(entry_month) = booking.entry_month else {
                totals.push((booking.due_month, booking.amount, 0));
                continue;
            };
            let found = self.entering.binary_search_by_key(&entry_month, |lot| lot.month);
            if let Some(lot) = found.ok().and_then(|at| self.entering.get_mut(at)) {
                let before = if let Expiry::Named(amount) = lot.expiry { amount } else { Money::ZERO };
                lot.expiry = Expiry::Named(before + booking.amount);
                lot.due_month = booking.due_month;
            }
        }
        totals.sort_unstable_by_key(|&(due_month, ..)| due_month);
        totals.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        self.book_totals(&mut totals);
    }

    fn book_totals(&mut self, totals: &mut [(Month, Money, usize)]) {
        let find = |totals: &[(Month, Money, usize)], month| totals.binary_search_by_key(&month, |total| total.0).ok();
        for lot in self.entering.iter().filter(|lot| lot.expiry == Expiry::Open) {
            if let Some(total) = find(totals, lot.due_month).and_then(|at| totals.get_mut(at)) {
                total.2 += 1;
            }
        }
        for lot in self.entering.iter_mut().filter(|lot| lot.expiry == Expiry::Open) {
            if let Some(&(_, amount, lots)) = find(totals, lot.due_month).and_then(|at| totals.get(at)) {
                lot.expiry = Expiry::Total { amount, shared: lots > 1 };
            }
        }
    }

    /// One run over the flows of months up to `through`, with the expiry of due months up to
    /// `final_through` as final; all of them when none. What is left of the other lots stands as `expired`.
    pub fn draw(&self, through: Option<Month>, final_through: Option<Month>) -> Drawn {
        let within = |month: Month| through.is_none_or(|last| month <= last);
        let known = |lot: &Entering| Entering {
            expiry: if final_through.is_none_or(|last| lot.due_month <= last) { lot.expiry } else { Expiry::Open },
            ..*lot
        };
        let mut entering: Vec<Entering> = self.entering.iter().take_while(|lot| within(lot.month)).map(known).collect();
        let mut out: Vec<Spending> = self.out.iter().take_while(|month| within(month.month)).copied().collect();
        claw_back_levy(&mut entering);
        claw_back_spending(&mut out);
        share_out(&entering, Supply { out, at: 0 })
    }

    /// Works out the due months up to `through` that have no record, oldest first: each from the flows
    /// by its end, with the expiry of earlier months as final, so that a later refund never changes it.
    ///
    /// Later flows can change an earlier due month's figure only by claw-back, so one run serves all due
    /// months up to the next negative month or the next record.
    pub fn settle(&mut self, through: Option<Month>) {
        let open = self.entering.iter().filter(|lot| lot.expiry == Expiry::Open).map(|lot| lot.due_month);
        let mut due: Vec<Month> = open.filter(|month| through.is_none_or(|last| *month <= last)).collect();
        due.sort_unstable();
        due.dedup();
        let turns = self.turns();
        let mut turns = turns.iter().peekable();
        let mut ahead = due.as_slice();
        while let Some(&first) = ahead.first() {
            while turns.next_if(|turn| **turn <= first).is_some() {}
            let together = ahead.partition_point(|month| turns.peek().is_none_or(|turn| month < *turn));
            let (run, rest) = ahead.split_at(together.max(1));
            let last = run.last().copied().unwrap_or(first);
            let lots = self.draw(Some(last), Some(first)).lots;
            for (entry, lot) in self.entering.iter_mut().zip(&lots) {
                if entry.expiry == Expiry::Open && entry.due_month <= last {
                    entry.expiry = Expiry::Lapsed(lot.expired);
                }
            }
            ahead = rest;
        }
    }

    /// The months that part one run from the next: negative ones, and those with a record.
    fn turns(&self) -> Vec<Month> {
        let adjusted = self.entering.iter().filter(|lot| lot.net.is_negative()).map(|lot| lot.month);
        let refunded = self.out.iter().filter(|month| month.total().is_negative()).map(|month| month.month);
        let booked = self.entering.iter().filter(|lot| lot.expiry.is_booked()).map(|lot| lot.due_month);
        let mut turns: Vec<Month> = adjusted.chain(refunded).chain(booked).collect();
        turns.sort_unstable();
        turns
    }

    /// The funds once everything is counted; lots whose expiry is not final keep what they hold.
    pub fn funds(&self) -> Funds {
        let Drawn { mut lots, uncovered } = self.draw(None, None);
        for (lot, entry) in lots.iter_mut().zip(&self.entering) {
            if entry.expiry == Expiry::Open {
                (lot.remaining, lot.expired) = (lot.expired, Money::ZERO);
            }
        }
        let expired = self.booked + self.lapsed().map(|lapse| lapse.amount).sum();
        let balance = self.moved - expired;
        let unallocated = balance - lots.iter().map(|lot| lot.remaining).sum();
        Funds { lots, unallocated, uncovered, expired, balance }
    }

    /// What was worked out for lots without a record.
    pub fn lapsed(&self) -> impl Iterator<Item = Lapse> {
        self.entering.iter().filter_map(|lot| match lot.expiry {
            Expiry::Lapsed(amount) => Some(Lapse { entry_month: lot.month, due_month: lot.due_month, amount }),
            Expiry::Open | Expiry::Named(_) | Expiry::Total { .. } => None,
        })
    }

    /// Whether each lot's expiry is recorded, in the order of the lots.
    pub fn is_booked(&self) -> impl Iterator<Item = bool> {
        self.entering.iter().map(|lot| lot.expiry.is_booked())
    }
}

/// Lots whose expiry is final come first, by due month, and keep what it implies even where spending
/// cannot supply it; then the others, oldest entry month first.
fn share_out(entering: &[Entering], mut supply: Supply) -> Drawn {
    let mut lots: Vec<Lot> = entering.iter().map(|entry| unspent(entering, entry)).collect();
    let is_final = |entry: &Entering| entry.expiry != Expiry::Open;
    let mut settled: Vec<&mut Lot> =
        lots.iter_mut().zip(entering).filter(|(_, entry)| is_final(entry)).map(|(lot, _)| lot).collect();
    settled.sort_by_key(|lot| lot.due_month);
    for lot in settled {
        let implied = lot.entered - lot.expired;
        lot.transferred = supply.take(implied, lot.due_month).transferred;
        lot.spent = implied - lot.transferred;
    }
    for (lot, _) in lots.iter_mut().zip(entering).filter(|(_, entry)| !is_final(entry)) {
        let taken = supply.take(lot.entered, lot.due_month);
        (lot.spent, lot.transferred) = (taken.own, taken.transferred);
        lot.expired = lot.entered - taken.own - taken.transferred;
    }
    Drawn { lots, uncovered: supply.out.iter().map(Spending::total).sum() }
}

fn unspent(entering: &[Entering], entry: &Entering) -> Lot {
    Lot {
        entry_month: entry.month,
        due_month: entry.due_month,
        entered: entry.net,
        spent: Money::ZERO,
        transferred: Money::ZERO,
        expired: final_expiry(entering, entry).unwrap_or(Money::ZERO),
        remaining: Money::ZERO,
    }
}

/// Spending that no lot has paid for yet. Lots take the oldest month first, so what is used up is
/// always the front of the line.
struct Supply {
    out: Vec<Spending>,
    at: usize,
}

/// What a lot took, by kind.
#[derive(Default)]
struct Taken {
    own: Money,
    transferred: Money,
}

impl Supply {
    /// Takes spending of months up to `through`, oldest first, and of a month its transfers before own
    /// training.
    fn take(&mut self, mut wanted: Money, through: Month) -> Taken {
        let mut taken = Taken::default();
        while let Some(month) = self.out.get_mut(self.at).filter(|month| month.month <= through) {
            let transferred = month.transferred.min(wanted);
            let own = month.own.min(wanted - transferred);
            month.transferred -= transferred;
            month.own -= own;
            taken.transferred += transferred;
            taken.own += own;
            wanted -= transferred + own;
            if !month.total().is_zero() {
                break;
            }
            self.at += 1;
        }
        taken
    }
}
