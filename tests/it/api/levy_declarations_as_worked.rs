//! The worked imports of `tests/cases/`, sent over the interface.

use std::collections::BTreeMap;

use levy_ledger::domain::calendar::parse_date;
use levy_ledger::domain::declarations::Submission;
use levy_ledger::domain::names::Named;
use levy_ledger::domain::payroll::PayrollYear;
use levy_ledger::domain::rules::Parameter;
use serde_json::{Value, json};

use crate::cases::declarations::{Credited, Import, Sent, Step};
use crate::harness::Ledger;
use crate::storage::verify::faults;

/// A submission as it is sent.
fn declaration(sent: &Sent) -> Value {
    let submission = &sent.submission;
    json!({
        "submission_id": submission.id.to_string(),
        "paye_scheme": sent.scheme,
        "payroll_year": submission.month.year().to_string(),
        "payroll_month": submission.month.number(),
        "levy_due_year_to_date": submission.year_to_date.map(|figure| figure.to_string()),
        "no_payment_for_period": submission.no_payment,
        "submitted_at": submission.submitted_at.and_utc().to_rfc3339(),
        "english_fraction": submission.english_fraction.map(|fraction| fraction.to_string()),
    })
}

fn money(value: &Value) -> levy_ledger::domain::money::Money {
    value.as_str().unwrap().parse().unwrap()
}

/// What a result says was credited, to the account of its step.
fn credited(result: &Value, account: Option<&String>) -> Option<Credited> {
    let posted = result["outcome"] == "posted";
    assert_eq!(posted, result["declared"].is_string(), "{result}");
    posted.then(|| Credited {
        id: result["submission_id"].as_str().unwrap().parse().unwrap(),
        account: account.cloned(),
        declared_on: parse_date(result["entry"]["declared_on"].as_str().unwrap_or("2010-01-01")).unwrap(),
        declared: money(&result["declared"]),
        top_up: money(&result["top_up"]),
        amount: if result["entry"].is_null() { Default::default() } else { money(&result["entry"]["amount"]) },
    })
}

/// Whether a case can be told without switching a rule off or flags that override its dates.
fn can_be_sent(import: &Import) -> bool {
    let sent = || import.steps.iter().flat_map(|step: &Step| &step.sent).map(|sent| &sent.submission);
    let by_date = |submission: &Submission| submission.clone().dated() == *submission;
    let since_the_levy = |submission: &Submission| submission.month.year() >= PayrollYear::FIRST_OF_THE_LEVY;
    sent().all(by_date) && (!import.before_the_levy || sent().all(since_the_levy))
}

#[test]
fn worked_imports_come_out_as_worked() {
    let imports = crate::cases::read("levy_declarations.json").into_iter().filter_map(|mut case| {
        case.take("id");
        (case.take_text("kind") == "import").then(|| Import::read(case))
    });
    let mut tried = 0;
    for import in imports.filter(can_be_sent) {
        tried += 1;
        let ledger = Ledger::fresh();
        let rules = import.rules();
        let row = |parameter: &Parameter| {
            let value = rules.value_on(*parameter, parse_date("2020-01-01").unwrap()).unwrap();
            json!({"parameter": Named::name(*parameter), "from": "2010-01-01", "value": value.to_string()})
        };
        let rows: Vec<Value> = Parameter::ALL.iter().map(row).collect();
        ledger.admin.post("/v1/rule-sets", &json!({"name": "case", "rows": rows})).expect(201);
        let mut accounts: BTreeMap<Option<String>, String> = BTreeMap::new();
        let mut lines = Vec::new();
        for step in &import.steps {
            let open = || ledger.account_like(json!({"name": "Northshire", "rule_set": "case"}));
            let account = accounts.entry(step.account.clone()).or_insert_with(open);
            let path = format!("/v1/accounts/{account}/levy-declarations");
            let declarations: Vec<Value> = step.sent.iter().map(declaration).collect();
            let body = json!({"processed_on": step.processed_on().to_string(), "declarations": declarations});
            let answer = ledger.admin.post(&path, &body).expect(200).json();
            let results = answer["results"].as_array().unwrap();
            assert_eq!(results.len(), step.sent.len(), "{}: {answer}", import.name);
            lines.extend(results.iter().filter_map(|result| credited(result, step.account.as_ref())));
        }
        import.check(&lines);
        assert_eq!(faults(&ledger), Vec::<String>::new());
    }
    assert!(tried > 15, "most cases can be sent: {tried}");
}

/// What becomes of one submission of its own scheme.
fn outcome(ledger: &Ledger, year: &str, month: u64, submitted_at: &str) -> Value {
    let account = ledger.account();
    let declaration = json!({
        "submission_id": "1", "paye_scheme": "123/AB45678", "payroll_year": year, "payroll_month": month,
        "levy_due_year_to_date": "1000.00", "submitted_at": submitted_at,
    });
    let body = json!({"processed_on": "2018-06-23", "declarations": [declaration]});
    let path = format!("/v1/accounts/{account}/levy-declarations?dry_run=true");
    ledger.admin.post(&path, &body).expect(200).json()["results"][0]["outcome"].clone()
}

#[test]
fn worked_cut_offs_and_years_before_the_levy_come_out_as_worked() {
    let ledger = Ledger::fresh();
    let mut tried = 0;
    for mut case in crate::cases::read("levy_declarations.json") {
        let rule = case.take("rule").unwrap_or_default();
        for mut check in case.take_list("checks") {
            let (year, expected) = (check.take_text("year"), check.take("expected").unwrap());
            let at = check.take("at").map(|at| at.as_str().unwrap().to_owned());
            let month = check.take("month").and_then(|month| month.to_string().parse().ok()).unwrap_or(1);
            let holds = match rule.as_str() {
                Some("in_payroll_window") => {
                    let told: chrono::NaiveDateTime = at.unwrap().parse().unwrap();
                    let told = told.and_local_timezone(chrono_tz::Europe::London).unwrap().to_utc();
                    outcome(&ledger, &year, month, &told.to_rfc3339()) == "posted"
                }
                Some("pre_levy") => outcome(&ledger, &year, month, "2017-04-20T12:00:00Z") == "ignored",
                _ => continue,
            };
            assert_eq!(Value::Bool(holds), expected, "{rule}: {year}, month {month}");
            tried += 1;
        }
    }
    assert!(tried > 5, "cut-offs and years are tried: {tried}");
}
