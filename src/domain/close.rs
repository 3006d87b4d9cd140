//! Closing a month: what each start is due, what the account pays of it, what it does not cover, and
//! what lapses.

mod notices;
mod settled;
mod settling;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::account::{Account, Transfer};
use super::allowance::{Allowance, Basis, YearUse};
use super::calendar::{AllowanceYear, Month};
use super::funds::{MonthFlow, available, falling_due};
use super::journal::{Books, Earned, Entry, EntryKind, Seq};
use super::money::Money;
use super::month_end::{Demand, Funding, Means, Outcome, PaidPart, TransferYear, pay_in_order};
use super::names::Named;
use super::schedule::{gross_paid, reserved};

pub use notices::{Notice, NoticeKind};
pub use settled::{Settled, start_due};

/// What paid a month: this ledger's own close, or the national service's statement of it. A month has
/// one source (`docs/rules.md` section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthSource {
    /// The close.
    Close,
    /// The statement.
    Statement,
}

impl Named for MonthSource {
    const SCHEMA: &'static str = "MonthSource";
    const ALL: &'static [Self] = &[Self::Close, Self::Statement];

    fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Statement => "statement",
        }
    }
}

/// A month as it was closed, in pounds. It never changes again (`docs/rules.md` section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedMonth {
    /// The month.
    pub month: Month,
    /// What paid it.
    pub source: MonthSource,
    /// Paid for own training in the month, refunds taken off.
    pub paid: Money,
    /// Paid as transfers in the month, refunds taken off.
    pub transferred: Money,
    /// The government's part of what was co-invested.
    pub government: Money,
    /// The employers' part of what was co-invested.
    pub employer: Money,
    /// Funds that lapsed at the month's end.
    pub expired: Money,
    /// Funds that lapsed in earlier months and were not booked before.
    pub expired_earlier: Money,
}

/// What the funds did not cover of a start's earning; below nothing where it is given back
/// (`docs/rules.md` section 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoInvested {
    /// The start.
    pub start: Seq,
    /// The provider whose shortfall it is; none for the account's own training.
    pub provider: Option<Seq>,
    /// The earning.
    pub earned: Earned,
    /// How much of it was not covered, in pounds.
    pub amount: Money,
    /// The employer's percent of what is co-invested, by the start's first day.
    pub employer_percent: Decimal,
    /// The government's part.
    pub government: Money,
    /// The employer's part.
    pub employer: Money,
    /// The provider's own levy account, where that has to meet it; then nothing is co-invested here.
    pub passed_to: Option<Seq>,
}

/// A start with what it is due in a month: what it earned by the month's end, as known then, less what
/// was settled before (`docs/rules.md` section 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartDue {
    /// The start.
    pub start: Seq,
    /// Its reference, which orders starts agreed on the same day.
    pub reference: String,
    /// The day of the agreement.
    pub agreed_on: NaiveDate,
    /// The transfer that funds it, if one does.
    pub transfer: Option<Seq>,
    /// The training provider's UKPRN.
    pub training_provider: Option<String>,
    /// The employer's percent of what no funds cover, by the start's first day.
    pub employer_percent: Decimal,
    /// What is due, by earning; below nothing where too much was settled.
    pub due: Vec<(Earned, Money)>,
    /// What can still be taken back of what was settled, by the month earned and what it came from.
    /// Needed where something due is below nothing.
    pub refundable: BTreeMap<Month, Vec<PaidPart>>,
}

/// Everything that is due of an account in a month.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MonthDue {
    /// The starts that are due something.
    pub starts: Vec<StartDue>,
    /// The levy funds that the year's allowance is a share of, as at the month's end, in pounds.
    pub base_levy: Money,
    /// The levy accounts that providers have of their own.
    pub levy_accounts: HashMap<Seq, Seq>,
    /// What government and the employer paid beside a month of the statement; of such a month nothing
    /// else is due.
    pub stated: Option<(Money, Money)>,
}

/// What closing a month records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// What the account pays, gets back and loses, in that order.
    pub entries: Vec<Entry>,
    /// What it did not cover.
    pub co_invested: Vec<CoInvested>,
    /// What is worth telling.
    pub notices: Vec<Notice>,
    /// The month's figures.
    pub closed: ClosedMonth,
}

/// Closing a month settles refunds, transfers and own training in that order, each as far as funds
/// and allowance go, and books what fell due by the month's end, months missed included
/// (`docs/rules.md` section 8). `transfers` are those of the account.
#[must_use]
pub fn close(account: &Account, transfers: &[&Transfer], month: Month, due: &MonthDue) -> Closing {
    if let Some(contributions) = due.stated {
        return close_stated(account, transfers, month, contributions);
    }
    let mut settling = settling::Settling::of(month, due, transfers);
    let mut books = known_in(&account.books, month);
    settling.refund();
    settling.entries.iter().for_each(|entry| books.count(entry));
    let refunded = settling.entries.len();
    let transfer_years = years_of(transfers, month, &settling.entries);
    let mut means = means(account, &books, (month, due.base_levy), transfer_years);
    settling.pay(&mut means, &account.settings.training_provider_priority);
    settling.entries.iter().skip(refunded).for_each(|entry| books.count(entry));
    let lapsed = book_expiry(account, &mut books, month, &mut settling.entries);
    let settling::Settling { entries, co_invested, .. } = settling;
    let notices = notices::of_month(account, &books, (transfers, month), &co_invested);
    let flow = books.months.get(&month).map(|sums| sums.flow).unwrap_or_default();
    let closed = ClosedMonth {
        month,
        source: MonthSource::Close,
        paid: flow.own,
        transferred: flow.transferred,
        government: co_invested.iter().map(|part| part.government).sum(),
        employer: co_invested.iter().map(|part| part.employer).sum(),
        expired: lapsed.0,
        expired_earlier: lapsed.1,
    };
    Closing { entries, co_invested, notices, closed }
}

/// The books as a month's close reads them. Levy that is taken back in a later month is still there,
/// and what comes back in one is not there yet; payments recorded for later months are held for them
/// (`docs/rules.md` section 8).
fn known_in(books: &Books, month: Month) -> Books {
    let mut books = books.clone();
    for (_, sums) in books.months.range_mut(month.plus(1)..) {
        let flow = &mut sums.flow;
        flow.levy = flow.levy.at_least_zero();
        if flow.out().is_negative() {
            *flow = MonthFlow { levy: flow.levy, ..MonthFlow::default() };
        }
    }
    books
}

/// A month that the national statement told of is closed with its figures: nothing is paid and no
/// expiry booked, since a month has one source (`docs/rules.md` section 9).
fn close_stated(
    account: &Account,
    transfers: &[&Transfer],
    month: Month,
    (government, employer): (Money, Money),
) -> Closing {
    let mut books = account.books.clone();
    books.closed_through = Some(month);
    let notices = notices::of_month(account, &books, (transfers, month), &[]);
    let sums = books.months.get(&month).copied().unwrap_or_default();
    let closed = ClosedMonth {
        month,
        source: MonthSource::Statement,
        paid: sums.flow.own,
        transferred: sums.flow.transferred,
        government,
        employer,
        expired: sums.expired,
        expired_earlier: Money::ZERO,
    };
    Closing { entries: Vec::new(), co_invested: Vec::new(), notices, closed }
}

/// What the account has for the month: what its funds can pay once every refund is counted, and what
/// is left of the allowance of the year that holds the month's last day (`docs/rules.md` section 8).
fn means(
    account: &Account,
    books: &Books,
    (month, base_levy): (Month, Money),
    by_transfer: BTreeMap<Seq, TransferYear>,
) -> Means<Seq> {
    let balance = available(&books.flows(), &books.bookings(), &account.rules, month);
    let year = allowance_by(account, &by_transfer, (month, base_levy));
    let used = YearUse { paid: year.paid, reserved: year.reserved };
    Means::of_month(balance, year.allowance - used.paid, year.allowance - used.committed(), by_transfer)
}

/// The allowance of the year that holds a month's last day, and what is left of it once the month is
/// closed (`docs/rules.md` section 6). `transfers` are those of the account.
#[must_use]
pub fn allowance_after(account: &Account, transfers: &[&Transfer], (month, base_levy): (Month, Money)) -> Allowance {
    allowance_by(account, &years_of(transfers, month, &[]), (month, base_levy))
}

fn allowance_by(
    account: &Account,
    by_transfer: &BTreeMap<Seq, TransferYear>,
    (month, base_levy): (Month, Money),
) -> Allowance {
    let year = AllowanceYear::of_month(month);
    let unattributed = gross_paid(account.unattributed.iter().map(|(month, paid)| (*month, *paid)));
    let used = YearUse {
        paid: by_transfer.values().map(|year| year.paid).sum::<Money>()
            + unattributed.get(&year).copied().unwrap_or_default(),
        reserved: by_transfer.values().map(|year| year.reserved()).sum(),
    };
    let basis = Basis {
        allowance_year: year,
        base_levy,
        cap_percent: account.rules.transfer_cap(month.last_day()),
        policy_cap_percent: account.settings.policy_cap_percent,
        provisional: false,
    };
    Allowance::new(basis, used)
}

/// What each transfer has of the year that holds a month's last day, with the month's refunds counted:
/// they give its allowance back to what is paid next (`docs/rules.md` section 8).
fn years_of(transfers: &[&Transfer], month: Month, refunds: &[Entry]) -> BTreeMap<Seq, TransferYear> {
    let mut back: BTreeMap<Seq, Money> = BTreeMap::new();
    for refund in refunds {
        if let Some(transfer) = refund.transfer {
            *back.entry(transfer).or_default() += refund.amount;
        }
    }
    let refunded = |transfer: &Transfer| back.get(&transfer.key).copied().unwrap_or_default();
    transfers.iter().map(|transfer| (transfer.key, year_of(transfer, month, refunded(transfer)))).collect()
}

/// What a transfer was paid of a month's year, and what its schedule sets aside while it is open at
/// the month's end.
fn year_of(transfer: &Transfer, month: Month, refunded: Money) -> TransferYear {
    let (year, on) = (AllowanceYear::of_month(month), month.last_day());
    let recorded = transfer.months.iter().map(|(month, paid)| (*month, *paid));
    let paid = gross_paid(recorded.chain([(month, -refunded)]));
    let open = transfer.history.status_at(on).is_some_and(|status| status.is_open());
    let schedule = transfer.history.schedule_at(on).filter(|_| open);
    let left = schedule.and_then(|schedule| reserved(schedule, &paid).remove(&year)).unwrap_or_default();
    let paid = paid.get(&year).copied().unwrap_or_default();
    TransferYear { scheduled: paid + left, paid }
}

/// Books what fell due and was not booked, lot by lot and nil too; gives what lapsed in the month and
/// what lapsed before.
fn book_expiry(account: &Account, books: &mut Books, month: Month, entries: &mut Vec<Entry>) -> (Money, Money) {
    let mut lapsed = (Money::ZERO, Money::ZERO);
    let due = falling_due(&books.flows(), &books.bookings(), &account.rules, month);
    // What fell due in a month of the statement is the statement's to tell.
    for booking in due.into_iter().filter(|booking| !account.books.stated.contains(&booking.due_month)) {
        let of = if booking.due_month == month { &mut lapsed.0 } else { &mut lapsed.1 };
        *of += booking.amount;
        let on = booking.due_month.last_day();
        let entry = Entry { lot: booking.entry_month, ..Entry::on(on, EntryKind::Expiry, -booking.amount) };
        books.count(&entry);
        entries.push(entry);
    }
    books.closed_through = Some(month);
    lapsed
}
