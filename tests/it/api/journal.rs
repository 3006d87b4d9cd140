//! The journal of a month, as a finance system loads it: balanced, laid out as a profile says.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::Ledger;

/// An account whose October 2026 has levy of £100, and payments that do not end at a penny.
fn with_october(ledger: &Ledger) -> String {
    let account = ledger.account();
    ledger.levy(&account, "500000.00", "2025-05-22");
    ledger.levy(&account, "100.00", "2026-10-22");
    let provider = ledger.admin.post("/v1/providers", &json!({"name": "Harbour Care", "sector": "health"})).made();
    let transfer = json!({
        "provider_id": provider, "amount": "3000.00", "agreed_on": "2026-06-01", "apprentices": 2, "status": "accepted",
    });
    let transfer = ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).made();
    let payments = json!({"payments": [
        {"month": "2026-10", "kind": "own", "amount": "33.33333", "reference": "=1+1"},
        {"month": "2026-10", "kind": "own", "amount": "33.33333"},
        {"month": "2026-10", "kind": "transfer", "amount": "10.005", "transfer_id": transfer},
        {"month": "2026-09", "kind": "own", "amount": "7.00"},
    ]});
    ledger.admin.post(&format!("/v1/accounts/{account}/payments"), &payments).expect(200);
    account
}

/// A profile as a finance team might want it.
fn profile() -> Value {
    json!({
        "name": "general-ledger",
        "columns": [
            {"header": "Date", "field": "date"},
            {"header": "Account", "field": "nominal_code"},
            {"header": "Cost centre", "constant": "CC100"},
            {"header": "Amount", "field": "amount"},
            {"header": "Text", "field": "description"},
        ],
        "codes": {
            "levy": "4100", "levy_adjustment": "4101", "own_payment": "5100", "transfer_payment": "5200",
            "transfer_received": "4200", "expiry": "5900", "correction": "5901", "control": "1300",
        },
        "date_format": "dd-MMM-yyyy", "decimals": 5, "sign": "credit_positive",
        "header_line": false, "trailer_line": false,
    })
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = profile();
    change(&mut body);
    body
}

fn lines(text: &str) -> Vec<Vec<String>> {
    assert!(text.is_empty() || text.ends_with("\r\n"), "{text:?}");
    let mut form = csv::ReaderBuilder::new();
    let mut lines = form.has_headers(false).flexible(true).from_reader(text.as_bytes());
    lines.records().map(|line| line.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_month_is_posted_line_by_line_and_balanced_by_the_control_account() {
    let ledger = Ledger::fresh();
    let account = with_october(&ledger);
    let answer = ledger.caller(Role::Finance).get(&format!("/v1/accounts/{account}/journal.csv?month=2026-10"));
    let answer = answer.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"journal-2026-10.csv\""));
    let lines = lines(&answer.text);
    let header = "seq,date,month,kind,nominal_code,debit,credit,description,reference,paye_scheme,provider_name,start_id,transfer_id";
    assert_eq!(lines[0].join(","), header);
    let posted: Vec<String> = lines[1..7].iter().map(|line| line[3..7].join(" ")).collect();
    assert_eq!(
        posted,
        [
            "levy levy  100.00",
            "own_payment own_payment 33.33 ",
            "own_payment own_payment 33.33 ",
            "transfer_payment transfer_payment 10.00 ",
            "rounding rounding 0.01 ",
            "control levy_control 23.33 ",
        ]
    );
    assert_eq!(
        (lines[1][1].as_str(), lines[2][1].as_str(), lines[6][1].as_str()),
        ("22/10/2026", "31/10/2026", "31/10/2026")
    );
    assert_eq!((lines[2][8].as_str(), lines[4][10].as_str()), ("'=1+1", "Harbour Care"));
    assert_eq!(lines[7], ["CONTROL", "6", "100.00", "100.00"]);
    assert_eq!(lines.len(), 8);
}

#[test]
fn the_journal_of_a_month_is_the_difference_between_its_totals() {
    let ledger = Ledger::fresh();
    let account = with_october(&ledger);
    ledger.admin.post("/v1/journal-profiles", &profile()).expect(201);
    let path = format!("/v1/accounts/{account}/journal.csv?month=2026-10&profile=general-ledger");
    let lines = lines(&ledger.admin.get(&path).expect(200).text);
    let units = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let of = |code: &str| lines.iter().filter(|line| line[1] == code).map(|line| units(&line[3])).sum::<i64>();
    let totals = |day: &str| ledger.admin.get(&format!("/v1/accounts/{account}/totals?as_at={day}")).expect(200).json();
    let (before, after) = (totals("2026-09-30"), totals("2026-10-31"));
    let moved = |field: &str| {
        let at = |totals: &Value| {
            let (pounds, decimals) = totals[field].as_str().unwrap().split_once('.').unwrap();
            format!("{pounds}{decimals:0<5}").parse::<i64>().unwrap()
        };
        at(&after) - at(&before)
    };
    // Credits are positive here: levy is one, payments are debits.
    assert_eq!(of("4100"), moved("levy_in"));
    assert_eq!(-of("5100"), moved("own_spending"));
    assert_eq!(-of("5200"), moved("transferred"));
    assert_eq!(-of("1300"), moved("balance"));
    assert_eq!(lines.iter().map(|line| units(&line[3])).sum::<i64>(), 0);
    assert_eq!(lines[1], ["31-Oct-2026", "5100", "CC100", "-33.33333", "Own apprenticeship training 2026-10"]);
    assert_eq!(lines.len(), 5, "no header, no trailer, no rounding");
}

#[test]
fn a_line_names_the_provider_that_the_transfer_was_to_at_the_months_end() {
    let ledger = Ledger::fresh();
    let account = with_october(&ledger);
    let other = json!({"name": "Coastline Health", "sector": "health"});
    let other = ledger.admin.post("/v1/providers", &other).made();
    let transfers = ledger.admin.get(&format!("/v1/accounts/{account}/transfers")).json();
    let transfer = transfers["data"][0]["id"].as_str().unwrap();
    let path = format!("/v1/accounts/{account}/journal.csv?month=2026-10");
    let named = || lines(&ledger.admin.get(&path).expect(200).text)[4][10].clone();
    let take_over = |on: &str, provider: &Value| {
        let change = json!({"on": on, "provider_id": provider, "reason": "one bought the other"});
        ledger.admin.post(&format!("/v1/transfers/{transfer}/change-employer"), &change).expect(200);
    };
    take_over("2026-11-01", &json!(other));
    assert_eq!(named(), "Harbour Care");
    let third = ledger.admin.post("/v1/providers", &json!({"name": "Seaview", "sector": "health"})).made();
    take_over("2026-11-02", &json!(third));
    assert_eq!(named(), "Harbour Care");
    ledger.clock.set("2026-12-22");
    let payment =
        json!({"payments": [{"month": "2026-11", "kind": "transfer", "amount": "1.00", "transfer_id": transfer}]});
    ledger.admin.post(&format!("/v1/accounts/{account}/payments"), &payment).expect(200);
    let november = ledger.admin.get(&format!("/v1/accounts/{account}/journal.csv")).expect(200).text;
    assert_eq!(lines(&november)[1][10], "Seaview");
}

#[test]
fn what_came_late_is_posted_apart() {
    let ledger = Ledger::fresh();
    let account = with_october(&ledger);
    let path = format!("/v1/accounts/{account}/journal.csv?month=2026-10");
    let head = ledger.admin.get("/v1/changes?after=0").json()["head"].as_i64().unwrap();
    ledger.levy(&account, "5.50", "2026-10-30");
    let late = lines(&ledger.admin.get(&format!("{path}&after={head}")).expect(200).text);
    assert_eq!(late.last().unwrap(), &["CONTROL", "2", "5.50", "5.50"]);
    let all = lines(&ledger.admin.get(&path).text);
    assert_eq!(all.last().unwrap(), &["CONTROL", "7", "105.50", "105.50"]);
    // Unless said it is the last month that is over, which here is October.
    let usual = lines(&ledger.admin.get(&format!("/v1/accounts/{account}/journal.csv")).expect(200).text);
    assert_eq!(usual, all);
    let nothing = lines(&ledger.admin.get(&format!("/v1/accounts/{account}/journal.csv?month=2026-02")).text);
    assert_eq!(nothing[1], ["CONTROL", "0", "0.00", "0.00"]);
    for wrong in ["month=2026-13", "after=-1", "profil=standard"] {
        ledger.admin.get(&format!("/v1/accounts/{account}/journal.csv?{wrong}")).problem(400, "malformed_request");
    }
    ledger.admin.get(&format!("{path}&profile=none")).problem(404, "not_found");
}

#[test]
fn a_profile_is_made_once_and_stays_as_it_is() {
    let ledger = Ledger::fresh();
    let tried = ledger.admin.post("/v1/journal-profiles?dry_run=true", &profile()).expect(200);
    assert_eq!(tried.header("location"), None);
    let made = ledger.admin.post("/v1/journal-profiles", &profile()).expect(201);
    assert_eq!(made.header("location"), Some("/v1/journal-profiles/general-ledger"));
    assert_eq!(made.text, ledger.admin.get("/v1/journal-profiles/general-ledger").expect(200).text);
    ledger.admin.post("/v1/journal-profiles", &profile()).problem(409, "name_taken");
    ledger
        .admin
        .post("/v1/journal-profiles", &with(|body| body["name"] = json!("standard")))
        .problem(409, "name_taken");
    let listed = ledger.caller(Role::Finance).get("/v1/journal-profiles").expect(200).json();
    let names: Vec<&str> = listed["data"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["standard", "general-ledger"]);
    let changes = ledger.admin.get("/v1/changes?after=0").json();
    let change = |change: &Value| change["change"] == "journal_profile_made";
    assert_eq!(changes["data"].as_array().unwrap().iter().filter(|it| change(it)).count(), 1);
    let account = ledger.account();
    let limited = ledger.limited(Role::Admin, Some(vec![account.parse().unwrap()]));
    limited.post("/v1/journal-profiles", &with(|body| body["name"] = json!("ours"))).problem(403, "forbidden");
    let verified = ledger.admin.get("/v1/audit/verify").expect(200).json();
    assert_eq!(verified["ok"], true, "{verified}");
}

#[test]
fn what_makes_no_profile_names_its_field() {
    let ledger = Ledger::fresh();
    let cases: [(Value, &str, &str); 14] = [
        (with(|body| body["name"] = json!("General Ledger")), "/name", "a-z, 0-9 and -"),
        (with(|body| body["columns"] = json!([])), "/columns", "1 to 60"),
        (with(|body| body["columns"][3] = json!({"header": "D", "field": "debit"})), "/columns", "debit and credit"),
        (with(|body| body["columns"][0]["field"] = json!("uln")), "/columns/0/field", "nominal_code"),
        (with(|body| body["columns"][2]["field"] = json!("seq")), "/columns/2", "either"),
        (with(|body| body["columns"][2] = json!({"header": "Empty"})), "/columns/2", "either"),
        (with(|body| body["columns"][2]["constant"] = json!("=A1")), "/columns/2/constant", "formula"),
        (with(|body| body["columns"][1]["header"] = json!("Date")), "/columns/1/header", "Date"),
        (with(|body| body["date_format"] = json!("MM/dd/yyyy")), "/date_format", "dd/MM/yyyy"),
        (with(|body| body["decimals"] = json!(3)), "/decimals", "2 or 5"),
        (with(|body| body["decimals"] = json!(2)), "/codes/rounding", "differences"),
        (with(|body| body["sign"] = json!("positive")), "/sign", "debit_positive"),
        (with(|body| body["codes"]["gift"] = json!("1")), "/codes/gift", "unknown field"),
        (with(|body| drop(body["codes"].as_object_mut().unwrap().remove("expiry"))), "/codes/expiry", "missing field"),
    ];
    for (body, pointer, right_form) in cases {
        let problem = ledger.admin.post("/v1/journal-profiles", &body).problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(right_form), "{problem}");
    }
    ledger.admin.get("/v1/journal-profiles/general-ledger").problem(404, "not_found");
}
