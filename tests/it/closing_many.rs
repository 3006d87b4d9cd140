//! The command that closes a month of every account records what closing them one after the other over
//! the interface records: the same entries, months, shortfalls and notices under the same numbers.

use diesel::prelude::*;
use diesel::sql_types::Text;
use levy_ledger::ops::close_month::close_month;
use serde_json::{Value, json};

use crate::harness::Ledger;

/// How many accounts there are that pay for their own starts alone: more than one transaction takes.
const SMALL: usize = 270;

/// Accounts of a county, in the order in which their months are closed.
struct County {
    ledger: Ledger,
    accounts: Vec<String>,
}

impl County {
    /// A council that passes shortfalls on to a care company; two levy payers, each of which passes
    /// shortfalls on to the other; and many small bodies.
    fn new() -> Self {
        let ledger = Ledger::fresh();
        let provider = |name: &str| {
            ledger.admin.post("/v1/providers", &json!({"name": name, "sector": "adult_social_care"})).made()
        };
        let [harbour, early, late] = ["Harbour Care", "Early Years", "Late Shifts"].map(provider);
        let held = |name: &str, by: &String| ledger.account_like(json!({"name": name, "provider_id": by}));
        let council = ledger.account_like(json!({"name": "Northshire County Council"}));
        let of_early = held("Early Years Ltd", &early);
        let of_harbour = held("Harbour Care Ltd", &harbour);
        let of_late = held("Late Shifts Ltd", &late);
        let mut county = Self { ledger, accounts: vec![council.clone()] };
        for at in 0..SMALL {
            let account = county.ledger.account_like(json!({"name": format!("Body {at}")}));
            if at % 9 == 0 {
                county.ledger.levy(&account, "900.00", "2024-05-10").expect(201);
                county.start(&account, &format!("S-{at}"), json!({}));
            }
            county.accounts.push(account);
        }
        for (at, (payer, receiver)) in [(&council, &harbour), (&of_early, &late), (&of_late, &early)].iter().enumerate()
        {
            // A quarter of £1,000 is the allowance: of £800 a month £250 are paid once, the rest falls short.
            county.ledger.levy(payer, "1000.00", "2025-05-10").expect(201);
            let transfer = county.transfer(payer, receiver);
            county.start(payer, &format!("T-{at}"), json!({"transfer_id": transfer}));
            county.start(payer, &format!("O-{at}"), json!({"training_provider_ukprn": "10000001"}));
        }
        county.ledger.levy(&of_harbour, "700.00", "2026-05-12").expect(201);
        county.accounts.extend([of_early, of_harbour, of_late]);
        county
    }

    /// A transfer of £24,000 that reserves nothing of 2026-27.
    fn transfer(&self, account: &str, provider: &str) -> String {
        let transfer = json!({
            "provider_id": provider, "amount": "24000.00", "agreed_on": "2026-04-01", "apprentices": 9,
            "status": "accepted", "schedule": [{"allowance_year": "2027-28", "amount": "24000.00"}],
        });
        self.ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).made()
    }

    /// A start of £12,000 over the 12 months from May 2026: £800 a month.
    fn start(&self, account: &str, reference: &str, more: Value) {
        let mut start = json!({
            "learner_reference": reference, "standard_code": "ST0005", "level": 3, "agreed_price": "12000.00",
            "agreed_on": "2026-04-20", "start_on": "2026-05-01", "planned_end_on": "2027-04-30",
        });
        start.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &start).expect(201);
    }

    /// Closes a month of accounts over the interface, one after the other.
    fn close_each(&self, month: &str, accounts: &[String]) {
        for account in accounts {
            self.ledger.admin.post(&format!("/v1/accounts/{account}/months/{month}/close"), &json!({})).expect(200);
        }
    }

    fn close(&self, month: &str) {
        close_month(&self.ledger.store, month.parse().unwrap()).unwrap();
    }

    /// Everything that closes record, with its numbers; and the ledger is sound.
    fn told(&self) -> Vec<(&'static str, Vec<String>)> {
        let found = self.ledger.admin.get("/v1/audit/verify").expect(200).json();
        assert_eq!(found["ok"], true, "{found}");
        let mut db = self.ledger.intruder();
        TOLD.map(|(what, columns, order)| {
            let texts = columns.split(", ").map(|column| format!("COALESCE(CAST({column} AS TEXT), '-')"));
            let texts: Vec<String> = texts.collect();
            let sql = format!("SELECT {} AS line FROM {what} ORDER BY {order}", texts.join(" || ' ' || "));
            let lines: Vec<Line> = diesel::sql_query(sql).load(&mut db).unwrap();
            (what, lines.into_iter().map(|line| line.line).collect())
        })
        .to_vec()
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

const TOLD: [(&str, &str, &str); 7] = [
    (
        "entries",
        "seq, account_id, kind, month, effective_on, amount, start_id, transfer_id, lot, earned_month, earned_kind",
        "seq",
    ),
    (
        "closed_months",
        "seq, account_id, month, source, paid, transferred, government, employer, expired, expired_earlier",
        "seq",
    ),
    (
        "co_investments",
        "seq, place, account_id, start_id, provider_id, earned_month, amount, government, employer, passed_to",
        "seq, place",
    ),
    ("notices", "seq, account_id, month, kind, amount, due_on, provider_id, transfer_id", "seq"),
    ("events", "id, first_seq, last_seq, action, account_id", "id"),
    ("monthly_sums", "account_id, month, levy, own, transferred, received, corrections, expired", "account_id, month"),
    ("transfer_months", "account_id, transfer_id, month, paid", "account_id, transfer_id, month"),
];

/// Two ledgers hold the same.
fn assert_same(one: &County, other: &County) {
    for ((what, one), (_, other)) in one.told().into_iter().zip(other.told()) {
        let parting: Vec<(&String, &String)> = one.iter().zip(&other).filter(|(one, other)| one != other).collect();
        assert_eq!((one.len(), parting), (other.len(), Vec::new()), "{what}");
    }
}

#[test]
fn closing_many_accounts_at_once_records_what_closing_each_does() {
    let (each, many) = (County::new(), County::new());
    for month in ["2026-05", "2026-06"] {
        each.close_each(month, &each.accounts);
        many.close(month);
        assert_same(&each, &many);
    }
    // Months that were missed are closed in their order, each of all accounts before the next.
    for month in ["2026-07", "2026-08", "2026-09"] {
        each.close_each(month, &each.accounts);
    }
    many.close("2026-09");
    assert_same(&each, &many);
}

#[test]
fn what_is_passed_on_is_met_in_the_same_month_by_who_closes_later_and_in_the_next_by_who_closed_before() {
    let county = County::new();
    county.close("2026-05");
    let [.., early, harbour, late] = county.accounts.as_slice() else { panic!("{:?}", county.accounts) };
    let figures = |account: &String, month: &str| {
        let closed = county.ledger.admin.get(&format!("/v1/accounts/{account}/months/{month}")).expect(200).json();
        let text = |figure: &Value| figure.as_str().unwrap().to_owned();
        [text(&closed["paid"]), text(&closed["co_invested"]["government"])]
    };
    assert_eq!(figures(harbour, "2026-05"), ["550.00", "0.00"], "the council's shortfall");
    // Each has £750 left after its transfer. Early Years owes its own £800; Late Shifts, which closes
    // after it, its own £800 and then the £550 that Early Years is short of.
    assert_eq!(figures(early, "2026-05"), ["750.00", "47.50"]);
    assert_eq!(figures(late, "2026-05"), ["750.00", "570.00"]);
    county.close("2026-06");
    // Now Early Years meets May's £550 of Late Shifts, which meets June's £800 of Early Years.
    assert_eq!(figures(early, "2026-06"), ["0.00", "1282.50"]);
    assert_eq!(figures(late, "2026-06"), ["0.00", "1520.00"]);
}

#[test]
fn a_close_that_was_stopped_goes_on_where_it_was() {
    let (each, stopped) = (County::new(), County::new());
    each.close_each("2026-05", &each.accounts);
    stopped.close_each("2026-05", &stopped.accounts[..100]);
    stopped.close("2026-05");
    assert_same(&each, &stopped);
    // Closed again, nothing is recorded.
    stopped.close("2026-05");
    assert_same(&each, &stopped);
}

#[test]
fn a_month_that_is_not_over_is_refused_of_each_account_and_those_before_it_are_closed() {
    let (each, many) = (County::new(), County::new());
    each.close_each("2026-09", &each.accounts);
    each.close_each("2026-10", &each.accounts);
    many.close("2026-09");
    let refused = close_month(&many.ledger.store, "2026-11".parse().unwrap()).unwrap_err();
    assert_eq!(refused.to_string(), format!("{} accounts were not closed for the reasons given", SMALL + 4));
    assert_same(&each, &many);
}
