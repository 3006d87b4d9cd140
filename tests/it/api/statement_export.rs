//! The journal written as the national statement, which another ledger can read.

use std::io::Cursor;

use levy_ledger::statement::{Kind, Line, Statement};
use serde_json::{Value, json};

use super::months::Council;
use crate::harness::{Answer, Ledger};

fn exported(ledger: &Ledger, account: &str, what: &str) -> Vec<u8> {
    let request = ledger.admin.request("GET", &format!("/v1/accounts/{account}/{what}"));
    let answer = request.send().unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    answer.bytes().unwrap().to_vec()
}

fn lines(file: Vec<u8>) -> Vec<Line> {
    let mut statement = Statement::open(Cursor::new(file)).unwrap();
    statement.lines().unwrap().map(|line| line.unwrap()).collect()
}

/// A council with levy, payments and booked expiry.
fn council() -> Council {
    let council = Council::new();
    let levy = json!({
        "amount": "900.00", "entered_on": "2024-08-21", "paye_scheme": "123/AB45678", "payroll_month": "2024-07",
    });
    council.post("levy-funds", &levy).expect(201);
    council.levy("-50.00", "2024-09-03");
    council.levy("1000.00", "2026-09-22");
    let paid = json!({"payments": [
        {"month": "2026-07", "kind": "own", "amount": "120.50", "reference": "=Harbour, \"first\""},
        {"month": "2026-08", "kind": "own", "amount": "30.00"},
        {"month": "2026-09", "kind": "own", "amount": "-20.00"},
    ]});
    council.post("payments", &paid).expect(200);
    council.post("months/2026-08/close", &json!({})).expect(200);
    council
}

#[test]
fn every_entry_is_a_line_newest_first_each_on_the_day_that_a_statement_gives_it() {
    let council = council();
    let lines = lines(exported(&council.ledger, &council.account, "statement.csv"));
    let said: Vec<_> =
        lines.iter().map(|line| (line.date.to_string(), line.kind.name(), line.balance_effect().to_string())).collect();
    let expected = [
        ("2026-10-05", "Monthly Payment", "20.00"),
        ("2026-09-22", "Levy", "1000.00"),
        ("2026-09-05", "Monthly Payment", "-30.00"),
        ("2026-08-31", "Expired Levy 24 month", "-699.50"),
        ("2026-08-05", "Monthly Payment", "-120.50"),
        ("2024-09-03", "Levy Adjustment", "-50.00"),
        ("2024-08-21", "Levy", "900.00"),
    ];
    assert_eq!(said, expected.map(|(date, kind, amount)| (date.to_owned(), kind, amount.to_owned())));
    let levy = lines.last().unwrap();
    assert_eq!(levy.paye_scheme.as_deref(), Some("123/AB45678"));
    assert_eq!(levy.payroll_month.map(|month| month.to_string()).as_deref(), Some("2024-07"));
}

#[test]
fn the_workbook_has_the_lines_of_the_csv_and_both_keep_to_the_days_asked_for() {
    let council = council();
    let read = |what: &str| lines(exported(&council.ledger, &council.account, what));
    let effects = |lines: Vec<Line>| lines.iter().map(|line| (line.date, line.kind, line.total)).collect::<Vec<_>>();
    let csv = effects(read("statement.csv"));
    assert_eq!(effects(read("statement.xlsx")), csv);
    let some: Vec<_> = csv
        .iter()
        .copied()
        .filter(|line| (8..=9).contains(&chrono::Datelike::month(&line.0)) && chrono::Datelike::year(&line.0) == 2026)
        .collect();
    assert_eq!(effects(read("statement.csv?from=2026-08-01&to=2026-09-30")), some);
    assert_eq!(some.len(), 4);
    let path = format!("/v1/accounts/{}/statement.csv?from=2026-09-02&to=2026-09-01", council.account);
    council.ledger.admin.get(&path).problem(400, "malformed_request");
}

#[test]
fn an_account_without_entries_has_a_file_of_its_header_alone() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    assert_eq!(lines(exported(&ledger, &account, "statement.csv")), []);
    assert_eq!(lines(exported(&ledger, &account, "statement.xlsx")), []);
}

#[test]
fn a_payment_for_a_start_names_the_course_and_nothing_of_the_learner() {
    let council = Council::new();
    council.levy("20000.00", "2026-04-21");
    council.start("A-1", json!({"uln": "1000000001", "training_provider_name": "Example College Ltd"}));
    council.post("months/2026-05/close", &json!({})).expect(200);
    let file = exported(&council.ledger, &council.account, "statement.csv");
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(!text.contains("1000000001") && !text.contains("A-1"), "{text}");
    let lines = lines(file);
    let paid = lines.iter().find(|line| matches!(line.kind, Kind::Payment(_))).unwrap();
    assert_eq!((paid.training_provider.as_deref(), paid.level), (Some("Example College Ltd"), Some(3)));
    assert_eq!(paid.course_name.as_deref(), Some("ST0005"));
}

/// What an account comes to: its totals, its funds lot by lot and its expiry, on these days.
fn state(ledger: &Ledger, account: &str) -> Vec<Value> {
    let mut state = Vec::new();
    for day in ["2025-06-15", "2026-03-31", "2026-08-31", "2026-11-22", "2027-06-30", "2027-09-30", "2028-10-31"] {
        let totals = ledger.admin.get(&format!("/v1/accounts/{account}/totals?as_at={day}")).expect(200).json();
        let same = [
            "levy_in",
            "transfers_received",
            "corrections",
            "own_spending",
            "transferred",
            "expired",
            "balance",
            "spendable",
            "allowance",
            "remaining_allowance",
        ];
        state.push(same.iter().map(|field| totals[*field].clone()).collect());
        state.push(ledger.admin.get(&format!("/v1/accounts/{account}/funds?as_at={day}")).expect(200).json());
        let underspend = ledger.admin.get(&format!("/v1/accounts/{account}/underspend?as_at={day}")).expect(200).json();
        state.push(underspend["expired"].clone());
    }
    state
}

/// Random numbers that come out the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Records a random history: levy and adjustments, payments and refunds, closes. `years` later than
/// 2023.
fn random_history(council: &Council, years: u64, dice: &mut Dice) {
    for _ in 0..12 + dice.below(10) {
        let entered_on =
            format!("{}-{:02}-{:02}", 2023 + years + dice.below(3), 1 + dice.below(12), 1 + dice.below(28));
        let sign = if dice.below(6) == 0 { "-" } else { "" };
        let mut levy = json!({"amount": format!("{sign}{}.{:03}5", 1 + dice.below(900), dice.below(999)), "entered_on": entered_on});
        if dice.below(2) == 0 {
            levy["paye_scheme"] = json!(format!("123/AB{}", dice.below(3)));
            levy["payroll_month"] = json!("2024-05");
        }
        council.post("levy-funds", &levy).expect(201);
    }
    for _ in 0..10 + dice.below(12) {
        let (month, kind) =
            (format!("{}-{:02}", 2024 + years + dice.below(2), 1 + dice.below(12)), ["own", "own", "transfer"]);
        let kind = kind[usize::try_from(dice.below(3)).unwrap()];
        // A refund of a transfer would come back as a transfer received: the file tells them by the sign.
        let sign = if kind == "own" && dice.below(5) == 0 { "-" } else { "" };
        let paid = json!({"month": month, "kind": kind, "amount": format!("{sign}{}.25", 1 + dice.below(60))});
        // What the funds or the cap do not allow is refused, and the history goes on without it.
        council.post("payments", &json!({"payments": [paid]}));
    }
    let first = 1 + dice.below(9);
    for month in first..first + dice.below(3) {
        council.post(&format!("months/{}-{month:02}/close", 2026 + years), &json!({})).expect(200);
    }
}

#[test]
fn a_statement_written_from_any_history_makes_the_same_account_of_a_fresh_ledger() {
    // Under `england` two lives stand side by side from August 2027 on.
    for (rule_set, years, today) in [("standard", 0, "2026-11-22"), ("england", 1, "2027-12-22")] {
        for seed in 0..12 {
            again_in_a_fresh_ledger(rule_set, years, (today, seed));
        }
    }
}

fn again_in_a_fresh_ledger(rule_set: &str, years: u64, (today, seed): (&str, u64)) {
    let open = || {
        let ledger = Ledger::fresh_on(today);
        let account = ledger.account_like(json!({"name": "Northshire County Council", "rule_set": rule_set}));
        Council { ledger, account }
    };
    let (council, fresh, mut dice) = (open(), open(), Dice(seed));
    random_history(&council, years, &mut dice);
    let (what, form) = match seed % 2 {
        0 => ("statement.csv", "text/csv"),
        _ => ("statement.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    };
    let file = exported(&council.ledger, &council.account, what);
    let request = fresh.ledger.admin.request("POST", &format!("/v1/accounts/{}/statements", fresh.account));
    let imported = Answer::to(request.header("Content-Type", form).body(file)).expect(200).json();
    assert_eq!(imported["refused"], json!([]), "{rule_set}, seed {seed}");
    let before = state(&council.ledger, &council.account);
    for (again, before) in state(&fresh.ledger, &fresh.account).into_iter().zip(before) {
        assert_eq!(again, before, "{rule_set}, seed {seed}");
    }
}
