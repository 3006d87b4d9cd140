//! What an account did not spend, what lapses next, and what is promised of it.

use uuid::Uuid;

use super::figures::{self, AsOf};
use super::scope::Scope;
use crate::domain::funds::last_ended;
use crate::domain::promises::{Plan, start_plan, transfer_plan};
use crate::domain::underspend::{Period, Underspend, underspend};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::promises;

/// The underspend of an account, if the caller may see it.
pub(crate) fn report(db: &mut Db, scope: &Scope, id: Uuid, (of, period): (AsOf, Period)) -> Stored<Option<Underspend>> {
    let Some(account) = figures::account(db, scope, id, &of)? else { return Ok(None) };
    let from = last_ended(of.as_at).plus(1);
    let starts = promises::own_starts(db, account.stored.key, of.as_at)?;
    let transfers = promises::accepted_transfers(db, account.stored.key, of.as_at)?;
    let plans = starts.iter().map(|start| start_plan(start, from));
    let plans = plans.chain(transfers.iter().map(|transfer| transfer_plan(transfer, from)));
    let mut planned = Plan::new();
    for (month, amount) in plans.flatten() {
        *planned.entry(month).or_default() += amount;
    }
    Ok(Some(underspend(&account.books, &account.rules, of.as_at, &planned).within(period)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::scenario::{Scenario, entry};
    use crate::domain::journal::{Entry, EntryKind};

    fn lapsing(report: &Underspend) -> Vec<[String; 4]> {
        let line = |line: &crate::domain::underspend::Lapsing| {
            [line.due_month.to_string(), line.amount.to_string(), line.promised.to_string(), line.at_risk().to_string()]
        };
        report.lapsing.iter().map(line).collect()
    }

    #[test]
    fn recorded_starts_promise_their_instalments_and_what_was_paid_is_no_longer_promised() {
        let ledger = Scenario::under("standard");
        ledger.entry(EntryKind::Levy, "5000.00", "2025-02-22");
        let start = ledger.start("2026-11-01", "2027-10-31");
        // November to February: four instalments of £800.
        assert_eq!(lapsing(&ledger.underspend("2026-11-22")), [["2027-02", "5000.00", "3200.00", "1800.00"]]);
        let paid = entry(EntryKind::OwnPayment, "-800.00", "2026-11-30");
        ledger.enter(Entry { start: Some(start), ..paid });
        assert_eq!(lapsing(&ledger.underspend("2026-11-30")), [["2027-02", "4200.00", "2400.00", "1800.00"]]);
        let in_advance = entry(EntryKind::OwnPayment, "-1000.00", "2026-12-31");
        ledger.enter(Entry { start: Some(start), ..in_advance });
        assert_eq!(lapsing(&ledger.underspend("2026-12-31")), [["2027-02", "3200.00", "1400.00", "1800.00"]]);
        assert_eq!(lapsing(&ledger.underspend("2026-11-22")), [["2027-02", "5000.00", "3200.00", "1800.00"]]);
        assert_eq!(lapsing(&ledger.underspend("2026-10-31")), [["2027-02", "5000.00", "0.00", "5000.00"]]);
    }

    #[test]
    fn the_twenty_percent_is_promised_in_the_month_of_the_planned_end() {
        let ledger = Scenario::under("standard");
        ledger.entry(EntryKind::Levy, "9000.00", "2024-11-22");
        ledger.start("2025-11-01", "2026-11-10");
        assert_eq!(lapsing(&ledger.underspend("2026-11-22")), [["2026-11", "9000.00", "2400.00", "6600.00"]]);
    }

    #[test]
    fn accepted_transfers_promise_what_they_have_not_paid_and_offers_nothing() {
        let ledger = Scenario::under("standard");
        ledger.entry(EntryKind::Levy, "5000.00", "2025-01-22");
        let provider = ledger.provider();
        ledger.transfer(provider, "1000.00", "2026-06-01", false);
        assert_eq!(lapsing(&ledger.underspend("2026-11-22")), [["2027-01", "5000.00", "0.00", "5000.00"]]);
        let transfer = ledger.transfer(provider, "1500.00", "2026-06-01", true);
        // £1,500 over the five months to March, of which November to January come in time.
        assert_eq!(lapsing(&ledger.underspend("2026-11-22")), [["2027-01", "5000.00", "900.00", "4100.00"]]);
        let paid = entry(EntryKind::TransferPayment, "-700.00", "2026-11-30");
        ledger.enter(Entry { transfer: Some(transfer), ..paid });
        // £800 are left for December to March, half of them in time.
        assert_eq!(lapsing(&ledger.underspend("2026-11-30")), [["2027-01", "4300.00", "400.00", "3900.00"]]);
    }

    #[test]
    fn expiry_that_a_close_booked_is_not_counted_twice() {
        let ledger = Scenario::under("standard");
        ledger.entry(EntryKind::Levy, "100.00", "2024-05-22");
        let before = ledger.underspend("2026-11-22");
        ledger.entry(EntryKind::Expiry, "-100.00", "2026-05-31");
        assert_eq!(ledger.underspend("2026-11-22"), before);
        assert_eq!(before.expired_total().to_string(), "100.00");
    }
}
