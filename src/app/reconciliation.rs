//! An account beside its statements, month by month.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use uuid::Uuid;

use super::accounts;
use super::allowance::{self, AllowanceQuestion};
use super::scope::Scope;
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::funds::{Booking, expired, falling_due, last_ended};
use crate::domain::journal::{Books, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::reconciliation::{
    Cause, Difference, Evidence, Figure, Figures, Origin, OurItem, Place, ReconciledKind, StatementSide, about_figures,
    beyond_allowances, beyond_funds, differences,
};
use crate::domain::rules::RuleSet;
use crate::storage::accounts::StoredAccount;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::{entries, reconciliation as stored, rule_sets, sums};

/// Which months are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonthsAsked {
    /// The first one, if not all before.
    pub(crate) from: Option<Month>,
    /// The last one, if not all after.
    pub(crate) to: Option<Month>,
    /// Only months after the one that is stored as this number.
    pub(crate) after: Seq,
    /// How many at the most.
    pub(crate) limit: i64,
}

/// A month on both sides.
#[derive(Clone, Debug)]
pub(crate) struct MonthReconciled {
    pub(crate) month: Month,
    pub(crate) figures: Vec<(ReconciledKind, Figure)>,
    pub(crate) differences: Vec<Difference>,
}

impl MonthReconciled {
    /// How much of the difference of a kind is explained.
    pub(crate) fn explained(&self, kind: ReconciledKind) -> Money {
        let of_kind = self.differences.iter().filter(|difference| difference.kind == Some(kind));
        of_kind.map(|difference| difference.explains).sum()
    }
}

/// The account with all that its differences are worked out from.
struct Reconciling {
    account: StoredAccount,
    rules: RuleSet,
    books: Books,
    statement: StatementSide,
    today: NaiveDate,
}

/// An account beside its statements, oldest month first, if the caller may see it. Nothing is read of
/// the lines of a month that agrees.
pub(crate) fn months(
    db: &mut Db,
    scope: &Scope,
    (account, today): (Uuid, NaiveDate),
    asked: MonthsAsked,
) -> Stored<Option<Vec<MonthReconciled>>> {
    let Some(account) = accounts::stored(db, scope, account, Seq::MAX)? else { return Ok(None) };
    let Some((_, rules)) = rule_sets::all(db, Seq::MAX)?.remove(&account.settings.rule_set) else { return Ok(None) };
    let books = sums::books(db, &[account.key], Seq::MAX)?.remove(&account.key).unwrap_or_default();
    let statement = stored::statement_side(db, account.key)?;
    let all = Reconciling { account, rules, books, statement, today };
    let figures = all.figures();
    let months = asked.of(&figures);
    let mut named = about_figures(&figures, &all.statement, &months);
    named.extend(all.beyond(db, &months)?);
    named.extend(all.by_line(db, &figures.to_read(&months))?.into_iter().filter(|named| months.contains(&named.month)));
    all.show_lines(db, &mut named)?;
    Ok(Some(by_month(&figures, &months, named)))
}

impl MonthsAsked {
    fn of(&self, figures: &Figures) -> BTreeSet<Month> {
        let within = |month: &Month| {
            self.from.is_none_or(|from| from <= *month)
                && self.to.is_none_or(|to| *month <= to)
                && Seq::from(month.stored()) > self.after
        };
        let most = usize::try_from(self.limit).unwrap_or(usize::MAX);
        figures.months().into_iter().filter(within).take(most).collect()
    }
}

fn by_month(figures: &Figures, months: &BTreeSet<Month>, named: Vec<Difference>) -> Vec<MonthReconciled> {
    let mut of_month: BTreeMap<Month, Vec<Difference>> = BTreeMap::new();
    for difference in named {
        of_month.entry(difference.month).or_default().push(difference);
    }
    let reconciled = |&month: &Month| {
        let kinds = ReconciledKind::ALL.iter();
        let mut differences = of_month.remove(&month).unwrap_or_default();
        differences.sort_by_key(|difference| (difference.kind, difference.cause, difference.other_month));
        MonthReconciled { month, figures: kinds.map(|&kind| (kind, figures.at((month, kind)))).collect(), differences }
    };
    months.iter().map(reconciled).collect()
}

impl Reconciling {
    fn figures(&self) -> Figures {
        let lapsed = expired(&self.books.flows(), &self.books.bookings(), &self.rules, self.today);
        Figures::new(&self.books.months, &lapsed, &self.statement)
    }

    /// What the lines of these places make of their differences.
    fn by_line(&self, db: &mut Db, places: &BTreeSet<Place>) -> Stored<Vec<Difference>> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let mut ours = stored::our_items(db, self.account.key, places)?;
        ours.extend(self.worked_out().filter(|item| places.contains(&item.place)));
        let held = stored::held_items(db, self.account.key, places)?;
        let named = differences(ours, held, &self.statement);
        // Levy is read as a whole; where the figures agree, or nothing is covered, it tells nothing.
        let asked = |named: &Difference| named.kind.is_some_and(|kind| places.contains(&(named.month, kind)));
        Ok(named.into_iter().filter(asked).collect())
    }

    /// Expiry that fell due and no booking names.
    fn worked_out(&self) -> impl Iterator<Item = OurItem> {
        let through = last_ended(self.today);
        let due = falling_due(&self.books.flows(), &self.books.bookings(), &self.rules, through);
        let item = |Booking { due_month, entry_month, amount }: Booking| OurItem {
            place: (due_month, ReconciledKind::Expiry),
            amount: -amount,
            times: 1,
            origin: Origin::WorkedOut,
            entry: None,
            on: due_month.last_day(),
            lot: entry_month,
            levy: None,
        };
        due.into_iter().filter(|booking| !booking.amount.is_zero()).map(item)
    }

    /// What the statement recorded of these months beyond the funds and beyond the cap.
    fn beyond(&self, db: &mut Db, months: &BTreeSet<Month>) -> Stored<Vec<Difference>> {
        let recorded = |month: Month, kind| self.statement.shown.get(&(month, kind)).is_some_and(|at| at.recorded > 0);
        let spending = |month: &&Month| {
            [ReconciledKind::OwnPayments, ReconciledKind::TransfersSent].iter().any(|&kind| recorded(**month, kind))
        };
        let beyond = |&month: &Month| (month, beyond_funds(&self.books, &self.rules, month));
        let beyond = months.iter().filter(spending).map(beyond).filter(|(_, amount)| !amount.is_zero());
        let mut named: Vec<Difference> =
            beyond.map(|(month, amount)| Difference::beyond_funds(month, amount)).collect();
        let sending = months.iter().filter(|month| recorded(**month, ReconciledKind::TransfersSent));
        let sending: BTreeSet<Month> = sending.copied().collect();
        let years: BTreeSet<AllowanceYear> = sending.iter().map(|month| AllowanceYear::of_month(*month)).collect();
        let mut allowances = BTreeMap::new();
        for year in years {
            allowances.insert(year, self.allowance(db, year)?);
        }
        let transferred = self.books.months.iter().map(|(month, sums)| (*month, sums.flow.transferred)).collect();
        let beyond = beyond_allowances(&transferred, &allowances).into_iter();
        named.extend(beyond.filter(|beyond| sending.contains(&beyond.month)).map(Difference::from));
        Ok(named)
    }

    fn allowance(&self, db: &mut Db, year: AllowanceYear) -> Stored<Money> {
        let (account, rules, on) = (&self.account, &self.rules, year.last_day());
        let question = AllowanceQuestion { account, rules, on, known_at: Seq::MAX, today: self.today };
        Ok(allowance::as_at(db, question)?.allowance)
    }

    /// Fetches what the lines shown do not say yet: payments without a start, and the references of
    /// entries.
    fn show_lines(&self, db: &mut Db, named: &mut [Difference]) -> Stored<()> {
        for difference in named.iter_mut().filter(|named| named.cause == Cause::UnattributedPayment) {
            let found = stored::unattributed(db, self.account.key, difference.month)?;
            difference.lines = found.into_iter().map(of_payment).collect();
        }
        let seqs: Vec<Seq> = named.iter().flat_map(|named| &named.lines).filter_map(|line| line.entry).collect();
        let mut notes: HashMap<Seq, Option<String>> = HashMap::with_capacity(seqs.len());
        for seqs in seqs.chunks(sums::KEYS_AT_ONCE) {
            notes.extend(entries::references(db, seqs)?);
        }
        for line in named.iter_mut().flat_map(|named| &mut named.lines) {
            if let Some(note) = line.entry.and_then(|entry| notes.get(&entry)) {
                line.note.clone_from(note);
            }
        }
        Ok(())
    }
}

fn of_payment((entry, on, amount): (Seq, NaiveDate, Money)) -> Evidence {
    Evidence { ours: true, entry: Some(entry), on, amount, times: 1, lot: None, levy: None, note: None }
}
