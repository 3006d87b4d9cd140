//! The ledger beside the national statement: each difference has its name, and its lines behind it.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use super::months::Council;
use crate::harness::{Answer, Ledger};

const HEADER: &str = "Transaction date,Transaction type,Description,PAYE scheme,Payroll month,Levy declared,English %,\
10% top up,Cohort reference,Training provider,Unique learner number,Learner,Course name,Course level,Course type,\
Paid from levy,Paid from transfer,Your contribution,Government contribution,Total,";

/// Levy of payroll month September 2026, paid in under a scheme.
fn levy(date: &str, scheme: &str, amount: &str) -> String {
    format!(
        "{date},Levy,Levy,{scheme},Sep 2026,{amount},100.00000,0.00000,,\"\",,,,,,0.00000,0.00000,0.00000,0.00000,{amount},"
    )
}

fn payment(date: &str, uln: &str, amount: &str) -> String {
    format!(
        "{date},Monthly Payment,Monthly Payment,,,0.00000,0.00000,0.00000,,\"Example College Ltd\",{uln},A Learner,\
         Business administrator,3,Apprenticeship,{amount},0.00000,0.00000,0.00000,{amount},"
    )
}

fn other(date: &str, kind: &str, amount: &str) -> String {
    format!("{date},{kind},{kind},,,0.00000,0.00000,0.00000,,\"\",,,,,,0.00000,0.00000,0.00000,0.00000,{amount},")
}

/// Imports lines as a file.
pub fn import(ledger: &Ledger, account: &str, lines: &[String]) -> Answer {
    let file = format!("{HEADER}\r\n{}\r\n", lines.join("\r\n"));
    let request = ledger.admin.request("POST", &format!("/v1/accounts/{account}/statements"));
    Answer::to(request.header("Content-Type", "text/csv").body(file)).expect(200)
}

/// A council whose ledger is set beside its statements.
struct Beside(Council);

impl std::ops::Deref for Beside {
    type Target = Council;

    fn deref(&self) -> &Council {
        &self.0
    }
}

impl Beside {
    fn new() -> Self {
        Self(Council::new())
    }

    fn import(&self, lines: &[String]) {
        import(&self.ledger, &self.account, lines);
    }

    /// Every month on both sides. The parts come to the differences, and nothing is left over.
    fn reconciled(&self) -> Vec<Value> {
        let list = self.get("reconciliation");
        let months = list["data"].as_array().unwrap().clone();
        let sum = |items: &Value, field: &str| -> i64 {
            items.as_array().unwrap().iter().map(|item| units(&item[field])).sum()
        };
        for month in &months {
            let figures = &month["figures"];
            for figure in figures.as_array().unwrap() {
                let difference = units(&figure["ours"]) - units(&figure["statement"]);
                assert_eq!(units(&figure["difference"]), difference, "{figure}");
                assert_eq!(units(&figure["explained"]) + units(&figure["unexplained"]), difference, "{figure}");
            }
            assert_eq!(units(&month["difference"]), sum(figures, "difference"), "{month}");
            assert_eq!(units(&month["explained"]), sum(&month["differences"], "explains"), "{month}");
            assert_eq!(month["unexplained"], "0.00", "{month}");
        }
        months
    }

    fn month(&self, wanted: &str) -> Value {
        let months = self.reconciled();
        let found = months.iter().find(|month| month["month"] == wanted);
        found.unwrap_or_else(|| panic!("{wanted} is not in {months:#?}")).clone()
    }

    /// The differences of a month: cause, kind, what it explains, how many lines.
    fn named(&self, month: &str) -> Vec<(String, String, String, i64)> {
        let month = self.month(month);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let named =
            |of: &Value| (text(&of["cause"]), text(&of["kind"]), text(&of["explains"]), of["count"].as_i64().unwrap());
        month["differences"].as_array().unwrap().iter().map(named).collect()
    }

    fn levy_of(&self, scheme: &str, amount: &str, entered_on: &str) {
        let levy =
            json!({"amount": amount, "entered_on": entered_on, "paye_scheme": scheme, "payroll_month": "2026-09"});
        self.post("levy-funds", &levy).expect(201);
    }

    fn paid(&self, month: &str, amount: &str) {
        let paid = json!({"payments": [{"month": month, "kind": "own", "amount": amount}]});
        self.post("payments", &paid).expect(200);
    }
}

/// Pounds in hundred-thousandths.
fn units(money: &Value) -> i64 {
    let text = money.as_str().unwrap();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (pounds, parts) = digits.split_once('.').unwrap();
    sign * (pounds.parse::<i64>().unwrap() * 100_000 + format!("{parts:0<5}").parse::<i64>().unwrap())
}

fn named(cause: &str, kind: &str, explains: &str, count: i64) -> (String, String, String, i64) {
    (cause.to_owned(), kind.to_owned(), explains.to_owned(), count)
}

#[test]
fn a_statement_that_was_recorded_whole_agrees_and_leaves_nothing_to_explain() {
    let council = Beside::new();
    council.import(&[
        levy("21/10/2026", "123/AB45678", "1000.00000"),
        other("05/10/2026", "Transfer", "-250.00000"),
        other("28/10/2026", "Expired Levy", "-50.00000"),
    ]);
    let october = council.month("2026-10");
    assert_eq!((&october["difference"], &october["differences"]), (&json!("0.00"), &json!([])), "{october}");
    let figures = october["figures"].as_array().unwrap();
    let both = |kind: &str| {
        let figure = figures.iter().find(|figure| figure["kind"] == kind).unwrap();
        (figure["covered"].as_bool().unwrap(), figure["ours"].clone(), figure["statement"].clone())
    };
    assert_eq!(both("levy"), (true, json!("1000.00"), json!("1000.00")));
    assert_eq!(both("expiry"), (true, json!("-50.00"), json!("-50.00")));
    let september = council.month("2026-09");
    assert_eq!(september["figures"][2]["ours"], "-250.00", "a transfer belongs to its collection month");
}

#[test]
fn a_lot_of_twelve_months_that_the_statement_has_no_row_for_is_named_with_its_entry_month() {
    let ledger = Ledger::fresh_on("2027-09-10");
    let account = ledger.account_like(json!({"name": "Northshire County Council", "rule_set": "england"}));
    let council = Beside(Council { ledger, account });
    council.import(&[
        levy("21/08/2025", "123/AB45678", "30.00000"),
        levy("21/08/2026", "123/AB45679", "100.00000"),
        levy("21/08/2027", "123/AB45670", "70.00000"),
        other("28/08/2027", "Expired Levy 24 month", "-30.00000"),
    ]);
    assert_eq!(council.named("2027-08"), [named("missing_12_month_expiry", "expiry", "-100.00", 1)]);
    let line = &council.month("2027-08")["differences"][0]["lines"][0];
    assert_eq!((&line["entry_month"], &line["amount"]), (&json!("2026-08"), &json!("-100.00")), "{line}");
    assert_eq!(line["entry"], json!(null), "it is worked out, not booked");
}

#[test]
fn a_payment_that_two_files_show_counts_once_and_is_told() {
    let council = Beside::new();
    council.import(&[levy("20/05/2025", "123/AB45678", "10000.00000")]);
    let shown_twice = other("01/10/2026", "Transfer", "-80.00000");
    council.import(&[shown_twice.clone(), other("05/09/2026", "Transfer", "-70.00000")]);
    council.import(&[shown_twice, other("05/10/2026", "Transfer", "-60.00000")]);
    let september = council.month("2026-09");
    assert_eq!(september["figures"][2]["statement"], "-140.00");
    assert_eq!(september["difference"], "0.00");
    assert_eq!(council.named("2026-09"), [named("payment_in_two_files", "transfers_sent", "0.00", 1)]);
    assert_eq!(september["differences"][0]["amount"], "-80.00");
    assert_eq!(council.named("2026-08"), []);
}

#[test]
fn a_payment_whose_learner_is_unknown_here_is_told_and_one_whose_start_is_known_is_not() {
    let council = Beside::new();
    council.start("A-1", json!({"uln": "1000000001"}));
    council.import(&[
        levy("21/06/2026", "123/AB45678", "5000.00000"),
        payment("05/07/2026", "1000000001", "-800.00000"),
        payment("05/07/2026", "1000000019", "-400.00000"),
        payment("05/07/2026", "", "-100.00000"),
    ]);
    assert_eq!(council.named("2026-06"), [named("unattributed_payment", "own_payments", "0.00", 2)]);
    let told = &council.month("2026-06")["differences"][0];
    assert_eq!((&told["amount"], told["lines"].as_array().unwrap().len()), (&json!("-500.00"), 2), "{told}");
    assert!(!told.to_string().contains("1000000019"), "a learner's number is nowhere to be found: {told}");
}

#[test]
fn an_entry_that_was_taken_back_here_is_named_in_the_month_of_its_reversal() {
    let council = Beside::new();
    council.import(&[levy("21/10/2026", "123/AB45678", "1000.00000"), other("05/10/2026", "Transfer", "-250.00000")]);
    let entries = council.get("entries?kind=transfer_payment");
    let seq = &entries["data"][0]["seq"];
    let reason = json!({"reason": "paid to the wrong provider"});
    council.ledger.admin.post(&format!("/v1/entries/{seq}/reverse"), &reason).expect(201);
    assert_eq!(council.named("2026-09"), [named("entry_reversed_here", "transfers_sent", "250.00", 1)]);
    let line = &council.month("2026-09")["differences"][0]["lines"][0];
    assert_eq!((&line["side"], &line["reference"]), (&json!("ledger"), &json!("paid to the wrong provider")));
}

#[test]
fn a_payment_that_stands_in_the_month_before_or_after_is_a_matter_of_timing() {
    let council = Beside::new();
    council.levy("5000.00", "2026-07-10");
    council.paid("2026-08", "100.00");
    council.paid("2026-08", "40.00");
    council.close("2026-08");
    council.close("2026-09");
    council.import(&[payment("05/09/2026", "", "-40.00000"), payment("05/10/2026", "", "-100.00000")]);
    let timing = |explains| [named("timing", "own_payments", explains, 1)];
    assert_eq!(council.named("2026-08"), timing("-100.00"));
    assert_eq!(council.named("2026-09"), timing("100.00"));
    assert_eq!(council.month("2026-08")["differences"][0]["other_month"], "2026-09");
    assert_eq!(council.month("2026-09")["differences"][0]["other_month"], "2026-08");
}

#[test]
fn a_month_closed_here_holds_the_statements_lines_and_tells_what_each_side_has_alone() {
    let council = Beside::new();
    council.levy("5000.00", "2026-07-10");
    council.paid("2026-08", "100.00");
    council.paid("2026-08", "40.00");
    council.close("2026-08");
    council.import(&[payment("05/09/2026", "", "-40.00000"), payment("05/09/2026", "", "-90.00000")]);
    assert_eq!(
        council.named("2026-08"),
        [
            named("not_in_statement", "own_payments", "-100.00", 1),
            named("month_closed_here", "own_payments", "90.00", 1),
        ]
    );
    let month = council.month("2026-08");
    assert_eq!((&month["difference"], &month["figures"][1]["statement"]), (&json!("-10.00"), &json!("-130.00")));
}

#[test]
fn levy_of_another_amount_is_named_and_levy_of_another_month_is_a_matter_of_timing() {
    let council = Beside::new();
    council.levy_of("123/AB45678", "990.00", "2026-10-20");
    council.levy_of("123/AB45679", "500.00", "2026-08-20");
    council.import(&[
        levy("21/10/2026", "123/AB45678", "1000.00000"),
        levy("21/10/2026", "123/AB45679", "500.00000"),
        other("28/08/2026", "Expired Levy", "0.00000"),
    ]);
    assert_eq!(council.named("2026-08"), [named("timing", "levy", "500.00", 1)]);
    assert_eq!(
        council.named("2026-10"),
        [named("levy_of_another_amount", "levy", "-10.00", 2), named("timing", "levy", "-500.00", 1)]
    );
    let lines = council.month("2026-10")["differences"][0]["lines"].clone();
    assert_eq!((&lines[0]["amount"], &lines[1]["amount"]), (&json!("990.00"), &json!("1000.00")));
    assert_eq!(lines[1]["paye_scheme"], "123/AB45678");
}

#[test]
fn levy_recorded_by_hand_that_the_statement_lacks_is_told_and_a_month_without_statement_too() {
    let council = Beside::new();
    council.levy("10.00", "2026-10-20");
    council.levy("70.00", "2025-01-20");
    council.import(&[levy("21/10/2026", "123/AB45678", "1000.00000")]);
    assert_eq!(council.named("2026-10"), [named("not_in_statement", "levy", "10.00", 1)]);
    assert_eq!(council.named("2025-01"), [named("no_statement", "levy", "70.00", 0)]);
    assert_eq!(council.month("2025-01")["figures"][0]["covered"], json!(false));
}

#[test]
fn spending_beyond_the_funds_is_recorded_and_told() {
    let council = Beside::new();
    council.import(&[
        levy("21/08/2026", "123/AB45678", "100.00000"),
        other("05/10/2026", "Transfer", "-130.00000"),
        other("05/11/2026", "Transfer", "-5.00000"),
    ]);
    let beyond = |month: &str| {
        let of_funds = |named: &&Value| named["cause"] == "beyond_the_funds";
        let month = council.month(month);
        month["differences"].as_array().unwrap().iter().find(of_funds).map(|named| named["amount"].clone())
    };
    assert_eq!(beyond("2026-09"), Some(json!("30.00")));
    assert_eq!(beyond("2026-10"), Some(json!("5.00")));
}

#[test]
fn transfers_beyond_the_cap_are_recorded_and_told_with_their_year() {
    let council = Beside::new();
    council.import(&[
        levy("20/05/2025", "123/AB45678", "1000.00000"),
        other("05/07/2026", "Transfer", "-200.00000"),
        other("05/08/2026", "Transfer", "-100.00000"),
    ]);
    assert_eq!(council.named("2026-06"), []);
    assert_eq!(council.named("2026-07"), [named("beyond_the_cap", "transfers_sent", "0.00", 0)]);
    let told = &council.month("2026-07")["differences"][0];
    assert_eq!((&told["amount"], &told["allowance_year"]), (&json!("50.00"), &json!("2026-27")), "{told}");
    let detail = "£50 of the month's transfers were beyond the allowance of 2026-27";
    assert_eq!(told["detail"], detail);
}

#[test]
fn months_are_paged_filtered_and_whole_as_a_table() {
    let council = Beside::new();
    council.levy("10.00", "2026-10-20");
    council.import(&[levy("21/08/2026", "123/AB45678", "100.00000"), levy("21/11/2026", "123/AB45679", "100.00000")]);
    let path = format!("/v1/accounts/{}/reconciliation", council.account);
    let months =
        |list: &Value| list["data"].as_array().unwrap().iter().map(|month| month["month"].clone()).collect::<Vec<_>>();
    let mut seen = Vec::new();
    let mut page = council.ledger.admin.get(&format!("{path}?limit=1")).expect(200).json();
    loop {
        seen.extend(months(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        page = council.ledger.admin.get(&format!("{path}?limit=1&cursor={cursor}")).expect(200).json();
    }
    assert_eq!(seen, months(&council.get("reconciliation")));
    let october = council.get("reconciliation?from=2026-10&to=2026-10");
    assert_eq!(months(&october), ["2026-10"]);
    let table = council.ledger.admin.get(&format!("{path}.csv?from=2026-10&to=2026-10")).expect(200).text;
    let mut rows = table.split("\r\n");
    assert_eq!(rows.next(), Some("month,kind,covered,ours,statement,difference,explained,unexplained,differences"));
    let detail = "\"1 line of the ledger, £10, not in the statement\"";
    assert_eq!(rows.next(), Some(format!("2026-10,levy,true,10.00,0.00,10.00,10.00,0.00,{detail}").as_str()));
    council.ledger.admin.get(&format!("{path}.csv?limit=3")).problem(400, "malformed_request");
    council.ledger.admin.get(&format!("{path}?from=2026-11&to=2026-10")).problem(400, "malformed_request");
}

#[test]
fn nobody_sees_the_reconciliation_of_an_account_beyond_their_reach() {
    let council = Beside::new();
    let elsewhere = council.ledger.account().parse().unwrap();
    let limited = council.ledger.limited(Role::Finance, Some(vec![elsewhere]));
    let path = format!("/v1/accounts/{}", council.account);
    for what in ["reconciliation", "statement.csv", "statement.xlsx"] {
        limited.get(&format!("{path}/{what}")).problem(404, "not_found");
    }
}
