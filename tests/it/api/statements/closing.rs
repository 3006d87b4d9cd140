//! One source a month: what the statement tells of is not paid by a close, and the other way round.

use serde_json::{Value, json};

use super::Council;
use super::file::{Statement, expired, levy, paid, transfer};

impl Council {
    fn levy(&self, amount: &str, entered_on: &str) {
        self.ledger.levy(&self.account, amount, entered_on);
    }

    fn close(&self, month: &str) -> Value {
        self.post(&format!("months/{month}/close"), &json!({})).expect(200).json()
    }

    /// A start of £12,000 over the 12 months from May 2026: £800 a month.
    fn start(&self, uln: &str) -> String {
        let start = json!({
            "learner_reference": uln, "uln": uln, "standard_code": "ST0005", "level": 3, "agreed_price": "12000.00",
            "agreed_on": "2026-04-20", "start_on": "2026-05-01", "planned_end_on": "2027-04-30",
        });
        self.post("starts", &start).made()
    }
}

#[test]
fn a_month_that_our_close_paid_takes_no_payment_from_a_statement() {
    let council = Council::new();
    council.levy("50000.00", "2026-04-22");
    council.start("1000000001");
    council.close("2026-05");
    let answer = council.import(&Statement::v2(&[
        expired("28/05/2026", "Expired Levy", "-10.00"),
        levy("23/05/2026", "Apr 2026", "990.00"),
        transfer("06/06/2026", "-20.00"),
        paid("06/06/2026", "1000000001", "-790.00"),
        paid("06/07/2026", "1000000001", "-800.00"),
    ]));
    assert_eq!(Council::counts(&answer), [2, 0, 3]);
    let totals = council.get("totals");
    assert_eq!((&totals["own_spending"], &totals["transferred"]), (&json!("1600.00"), &json!("0.00")));
    council.verified();
}

#[test]
fn a_month_of_the_statement_is_closed_with_its_figures_and_pays_nothing() {
    let council = Council::new();
    council.levy("50000.00", "2026-04-22");
    council.start("1000000001");
    council.import(&Statement::v2(&[
        transfer("06/06/2026", "-20.00"),
        paid("06/06/2026", "1000000001", "-790.00").beside("-5.00", "-95.00", "-890.00"),
        paid("06/06/2026", "1000000002", "").beside("-1.00", "-19.00", "-20.00").kind("Completion Payment"),
    ]));
    assert_eq!(council.get("totals?as_at=2026-05-31")["co_invested"], "120.00");
    let closed = council.close("2026-05");
    let figures = ["source", "paid", "transferred", "expired", "expired_earlier"].map(|name| closed[name].clone());
    assert_eq!(figures, ["statement", "790.00", "20.00", "0.00", "0.00"].map(|text| json!(text)));
    assert_eq!(closed["co_invested"], json!({"employer": "6.00", "government": "114.00"}));
    assert_eq!(council.close("2026-05"), closed, "closing again answers the same");
    assert_eq!(council.get("totals?as_at=2026-05-31")["own_spending"], "790.00");
    assert_eq!(council.get("totals?as_at=2026-05-31")["co_invested"], "120.00", "it is not counted twice");
    // £800 was earned in May and £790 was paid: the statement's month is not put right by ours.
    let june = council.close("2026-06");
    assert_eq!((&june["source"], &june["paid"]), (&json!("close"), &json!("800.00")));
    council.verified();
}

#[test]
fn expiry_that_the_statement_names_is_final_and_what_it_does_not_name_stays_worked_out() {
    let council = Council::new();
    // £100 of May 2024 lapse at the end of May 2026 by the rules; the statement says 60.
    council.levy("100.00", "2024-05-22");
    council.levy("100.00", "2024-06-22");
    council.levy("100.00", "2024-07-22");
    council.import(&Statement::v2(&[
        expired("28/05/2026", "Expired Levy 24 month", "-60.00"),
        paid("06/07/2026", "1000000001", "-1.00"),
    ]));
    assert_eq!(council.get("totals?as_at=2026-05-31")["expired"], "60.00");
    let may = council.close("2026-05");
    assert_eq!((&may["source"], &may["expired"]), (&json!("statement"), &json!("60.00")));
    // Of June the statement tells a payment and no expiry: the row may be missing.
    let june = council.close("2026-06");
    assert_eq!((&june["source"], &june["expired"]), (&json!("statement"), &json!("0.00")));
    let lapsed_by_june = council.get("totals?as_at=2026-06-30")["expired"].as_str().unwrap().to_owned();
    assert_ne!(lapsed_by_june, "60.00", "June's lot lapsed all the same, worked out on every read");
    let july = council.close("2026-07");
    assert_eq!(july["source"], "close");
    assert_eq!(july["expired_earlier"], "0.00", "a later close books nothing of the statement's month");
    let booked = council.entries().iter().filter(|entry| entry.starts_with("expiry 2026-06")).count();
    assert_eq!(booked, 0);
    council.verified();
}

#[test]
fn a_total_of_expiry_without_a_life_books_every_lot_that_fell_due() {
    let council = Council::new();
    council.levy("100.00", "2024-05-22");
    council.import(&Statement::v2(&[expired("28/05/2026", "Expired Levy", "-75.50")]));
    let underspend = council.get("underspend");
    assert_eq!(underspend["expired"], json!([{"month": "2026-05", "amount": "75.50"}]));
    council.verified();
}
