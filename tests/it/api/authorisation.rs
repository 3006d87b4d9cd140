//! Every operation of the described interface, tried by everybody: who has no token, whose role may
//! not, whose role may, and whose token is limited to another account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use levy_ledger::api::server;
use levy_ledger::domain::people::Role;
use levy_ledger::ops::commands::issue_token;
use serde_json::{Value, json};

use super::statements::file::Statement;
use crate::harness::{Answer, Caller, Ledger};

/// The roles, in the order of the columns of `RIGHTS`.
const ROLES: [Role; 4] = [Role::Admin, Role::Apprenticeships, Role::Finance, Role::Integration];

/// A row of the table of who may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Area {
    Figures,
    /// Figures that are asked for with a body.
    Questions,
    Agreements,
    Starts,
    Money,
    Setup,
    Audit,
    Tokens,
}

/// Who may do what: `r` reads, `rw` reads and writes.
const RIGHTS: [(Area, [&str; 4]); 8] = [
    (Area::Figures, ["r", "r", "r", "r"]),
    (Area::Questions, ["rw", "rw", "rw", "rw"]),
    (Area::Agreements, ["rw", "rw", "r", ""]),
    (Area::Starts, ["rw", "rw", "r", ""]),
    (Area::Money, ["rw", "r", "rw", ""]),
    (Area::Setup, ["rw", "r", "r", "r"]),
    (Area::Audit, ["r", "", "r", ""]),
    (Area::Tokens, ["rw", "", "", ""]),
];

/// The area of each operation. One that the interface describes and that has no line here fails
/// the tests.
const OPERATIONS: &[(&str, &str, Area)] = &[
    ("POST", "/v1/accounts", Area::Setup),
    ("GET", "/v1/accounts", Area::Setup),
    ("GET", "/v1/accounts/{id}", Area::Setup),
    ("PATCH", "/v1/accounts/{id}", Area::Setup),
    ("POST", "/v1/rule-sets", Area::Setup),
    ("GET", "/v1/rule-sets", Area::Setup),
    ("GET", "/v1/rule-sets/{name}", Area::Setup),
    ("POST", "/v1/rule-sets/{name}/rows", Area::Setup),
    ("POST", "/v1/accounts/{id}/levy-funds", Area::Money),
    ("GET", "/v1/accounts/{id}/levy-funds", Area::Money),
    ("POST", "/v1/accounts/{id}/levy-declarations", Area::Money),
    ("GET", "/v1/accounts/{id}/levy-declarations", Area::Money),
    ("GET", "/v1/accounts/{id}/paye-schemes", Area::Figures),
    ("POST", "/v1/accounts/{id}/paye-schemes/shares", Area::Money),
    ("GET", "/v1/accounts/{id}/paye-schemes/shares", Area::Money),
    ("GET", "/v1/accounts/{id}/funds", Area::Figures),
    ("POST", "/v1/providers", Area::Agreements),
    ("GET", "/v1/providers", Area::Agreements),
    ("GET", "/v1/providers/{id}", Area::Agreements),
    ("PATCH", "/v1/providers/{id}", Area::Agreements),
    ("POST", "/v1/accounts/{id}/transfers", Area::Agreements),
    ("GET", "/v1/accounts/{id}/transfers", Area::Agreements),
    ("GET", "/v1/transfers/{id}", Area::Agreements),
    ("POST", "/v1/transfers/{id}/accept", Area::Agreements),
    ("POST", "/v1/transfers/{id}/decline", Area::Agreements),
    ("POST", "/v1/transfers/{id}/withdraw", Area::Agreements),
    ("POST", "/v1/transfers/{id}/lapse", Area::Agreements),
    ("POST", "/v1/transfers/{id}/stop", Area::Agreements),
    ("POST", "/v1/transfers/{id}/complete", Area::Agreements),
    ("POST", "/v1/transfers/{id}/reschedule", Area::Agreements),
    ("POST", "/v1/transfers/{id}/change-employer", Area::Agreements),
    ("GET", "/v1/accounts/{id}/transfer-allowance", Area::Figures),
    ("POST", "/v1/accounts/{id}/starts", Area::Starts),
    ("GET", "/v1/accounts/{id}/starts", Area::Starts),
    ("GET", "/v1/starts/{id}", Area::Starts),
    ("PATCH", "/v1/starts/{id}", Area::Starts),
    ("GET", "/v1/starts/{id}/earnings", Area::Starts),
    ("POST", "/v1/starts/{id}/erase-personal-data", Area::Starts),
    ("POST", "/v1/starts/{id}/pause", Area::Starts),
    ("POST", "/v1/starts/{id}/resume", Area::Starts),
    ("POST", "/v1/starts/{id}/withdraw", Area::Starts),
    ("POST", "/v1/starts/{id}/complete", Area::Starts),
    ("POST", "/v1/starts/{id}/achieve", Area::Starts),
    ("POST", "/v1/starts/{id}/change-price", Area::Starts),
    ("POST", "/v1/starts/{id}/change-dates", Area::Starts),
    ("POST", "/v1/starts/{id}/void", Area::Starts),
    ("POST", "/v1/accounts/{id}/imports/{kind}", Area::Agreements),
    ("POST", "/v1/accounts/{id}/payments", Area::Money),
    ("GET", "/v1/accounts/{id}/payments", Area::Money),
    ("GET", "/v1/accounts/{id}/months", Area::Money),
    ("GET", "/v1/accounts/{id}/reconciliation", Area::Money),
    ("GET", "/v1/accounts/{id}/statement.csv", Area::Money),
    ("GET", "/v1/accounts/{id}/statement.xlsx", Area::Money),
    ("GET", "/v1/accounts/{id}/months/{month}", Area::Money),
    ("POST", "/v1/accounts/{id}/months/{month}/close", Area::Money),
    ("POST", "/v1/accounts/{id}/statements", Area::Money),
    ("GET", "/v1/accounts/{id}/statements", Area::Money),
    ("GET", "/v1/accounts/{id}/entries", Area::Money),
    ("GET", "/v1/entries/{seq}", Area::Money),
    ("POST", "/v1/entries/{seq}/reverse", Area::Money),
    ("GET", "/v1/totals", Area::Figures),
    ("GET", "/v1/accounts/{id}/totals", Area::Figures),
    ("GET", "/v1/accounts/{id}/forecast", Area::Figures),
    ("POST", "/v1/accounts/{id}/what-if", Area::Questions),
    ("GET", "/v1/accounts/{id}/underspend", Area::Figures),
    ("GET", "/v1/accounts/{id}/reports/transfers", Area::Figures),
    ("GET", "/v1/accounts/{id}/reports/commitments", Area::Figures),
    ("GET", "/v1/accounts/{id}/reports/clock", Area::Figures),
    ("POST", "/v1/accounts/{id}/workforce-returns", Area::Agreements),
    ("GET", "/v1/accounts/{id}/workforce-returns", Area::Agreements),
    ("GET", "/v1/accounts/{id}/reports/public-sector-target", Area::Figures),
    ("GET", "/v1/changes", Area::Figures),
    ("GET", "/v1/audit/events", Area::Audit),
    ("GET", "/v1/audit/verify", Area::Audit),
    ("POST", "/v1/journal-profiles", Area::Setup),
    ("GET", "/v1/journal-profiles", Area::Setup),
    ("GET", "/v1/journal-profiles/{name}", Area::Setup),
    ("GET", "/v1/accounts/{id}/journal.csv", Area::Money),
    ("POST", "/v1/webhooks", Area::Tokens),
    ("GET", "/v1/webhooks", Area::Tokens),
    ("GET", "/v1/webhooks/{id}", Area::Tokens),
    ("DELETE", "/v1/webhooks/{id}", Area::Tokens),
    ("POST", "/v1/tokens", Area::Tokens),
    ("GET", "/v1/tokens", Area::Tokens),
    ("GET", "/v1/tokens/{id}", Area::Tokens),
    ("DELETE", "/v1/tokens/{id}", Area::Tokens),
];

/// A complete body for each POST under an account, so that only the account can be at fault.
fn complete_body(path: &str) -> Value {
    let nothing = "01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11";
    match path {
        "/v1/accounts/{id}/levy-funds" => json!({"amount": "1.00", "entered_on": "2026-05-22"}),
        "/v1/accounts/{id}/levy-declarations" => json!({"processed_on": "2026-05-22", "declarations": []}),
        "/v1/accounts/{id}/paye-schemes/shares" => {
            json!({"paye_scheme": "123/NS456", "from": "2026-04", "parts": [{"name": "Hill School", "percent": "5"}]})
        }
        "/v1/accounts/{id}/transfers" => {
            json!({"provider_id": nothing, "amount": "1.00", "agreed_on": "2026-05-22", "apprentices": 1})
        }
        "/v1/accounts/{id}/starts" => json!({
            "learner_reference": "L-1", "standard_code": "ST0005", "level": 3, "agreed_price": "5000.00",
            "agreed_on": "2026-05-22", "start_on": "2026-06-01", "planned_end_on": "2027-06-30",
        }),
        "/v1/accounts/{id}/what-if" => json!({"plans": [{"apprentices": 1, "every_months": 6, "cohorts": 1,
            "first_start": "2027-01", "duration_months": 12, "price": "5000.00", "funded_by": "own"}]}),
        "/v1/accounts/{id}/workforce-returns" => json!({
            "year": "2026-27", "employees_start": 2685, "employees_end": 2659, "employees_new": 413,
            "apprentices_start": 164, "apprentices_end": 238, "apprentices_new": 74,
        }),
        "/v1/accounts/{id}/payments" => json!({"payments": [{"month": "2026-05", "kind": "own", "amount": "1.00"}]}),
        _ => json!({}),
    }
}

/// An operation as the interface describes it.
#[derive(Debug)]
struct Operation {
    method: String,
    path: String,
    area: Area,
}

impl Operation {
    fn may(&self, role: Role) -> bool {
        let (_, rights) = RIGHTS.iter().find(|(area, _)| *area == self.area).unwrap();
        let column = ROLES.iter().position(|of| *of == role).unwrap();
        rights[column].contains(if self.method == "GET" { 'r' } else { 'w' })
    }

    /// Tries it on what is not there, or on an account that is.
    fn tried_by(&self, caller: &Caller, account: Option<&str>) -> Answer {
        let id = account.unwrap_or("01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11");
        let parts =
            [("{id}", id), ("{name}", "none"), ("{seq}", "999999"), ("{month}", "2026-05"), ("{kind}", "providers")];
        let path = parts.iter().fold(self.path.clone(), |path, (part, value)| path.replace(part, value));
        assert!(!path.contains('{'), "say what stands for the rest of {path}");
        let request = caller.request(&self.method, &path);
        let body = account.map_or_else(|| json!({}), |_| complete_body(&self.path));
        Answer::to(match self.method.as_str() {
            "POST" if path.contains("/imports/") => {
                request.header("Content-Type", "text/csv").body("name,sector\nHarbour Care,adult_social_care\n")
            }
            "POST" if self.path.ends_with("/statements") => {
                request.header("Content-Type", "text/csv").body(Statement::v2(&[]))
            }
            "POST" => request.json(&body),
            "PATCH" => request.header("If-Match", "*").json(&body),
            _ => request,
        })
    }
}

/// Every operation under `/v1`.
fn described() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&server::document().to_json().unwrap()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            if !path.starts_with("/v1/") || !["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&method.as_str()) {
                continue;
            }
            let row = OPERATIONS.iter().find(|(of, at, _)| *of == method && at == path);
            let Some((_, _, area)) = row else { panic!("{method} {path} has no line in OPERATIONS") };
            found.push(Operation { method, path: path.clone(), area: *area });
        }
    }
    assert!(found.len() > 15, "the description is read: {found:?}");
    found
}

#[test]
fn without_a_token_nothing_under_v1_is_done() {
    let ledger = Ledger::fresh();
    for operation in described() {
        let answer = operation.tried_by(&ledger.nobody(), None);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer, Basic"), "{operation:?}");
        answer.problem(401, "unauthenticated");
    }
}

#[test]
fn each_role_does_what_its_column_says_and_nothing_else() {
    let ledger = Ledger::fresh();
    let callers = ROLES.map(|role| (role, ledger.caller(role)));
    for operation in described() {
        for (role, caller) in &callers {
            let answer = operation.tried_by(caller, None);
            if operation.may(*role) {
                assert!(![401, 403].contains(&answer.status), "{role}: {operation:?}: {}", answer.text);
                assert!(answer.status < 500, "{role}: {operation:?}: {}", answer.text);
            } else {
                answer.problem(403, "forbidden");
            }
        }
    }
}

#[test]
fn to_a_token_limited_to_accounts_another_account_is_not_there() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    let callers = ROLES.map(|role| (role, ledger.limited(role, Some(vec![ours.parse().unwrap()]))));
    for operation in described().iter().filter(|operation| operation.path.starts_with("/v1/accounts/{id}")) {
        for (role, caller) in callers.iter().filter(|(role, _)| operation.may(*role)) {
            let answer = operation.tried_by(caller, Some(&theirs));
            assert_eq!(answer.status, 404, "{role}: {operation:?}: {}", answer.text);
            answer.problem(404, "not_found");
            let ours = operation.tried_by(caller, Some(&ours));
            assert!(![401, 403].contains(&ours.status), "{role}: {operation:?}: {}", ours.text);
        }
    }
}

#[test]
fn a_token_counts_only_whole_known_and_in_force() {
    let ledger = Ledger::fresh();
    let whole = ledger.admin.token.clone().unwrap();
    let (id, secret) = whole.split_once('.').unwrap();
    let wrong = [
        String::new(),
        id.to_owned(),
        secret.to_owned(),
        format!("{id}."),
        format!("{id}.{}", secret.to_uppercase()),
        format!("{id}.{}", "0".repeat(secret.len())),
        format!("01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11.{secret}"),
        format!("{whole}0"),
        "not a token".to_owned(),
    ];
    for token in wrong {
        let caller = Caller { token: Some(token.clone()), ..ledger.nobody() };
        let answer = caller.get("/v1/accounts");
        assert_eq!(answer.status, 401, "{token:?}");
        answer.problem(401, "unauthenticated");
    }
}

#[test]
fn a_token_that_has_run_out_counts_for_nothing() {
    let ledger = Ledger::fresh();
    let token = issue_token(&ledger.store, Role::Admin, "short", None, 1).unwrap();
    let caller = Caller { token: Some(token), ..ledger.nobody() };
    caller.get("/v1/accounts").expect(200);
    ledger.clock.set("2026-11-24");
    caller.get("/v1/accounts").problem(401, "unauthenticated");
    ledger.admin.get("/v1/accounts").expect(200);
}

#[test]
fn basic_is_for_reading_alone() {
    let ledger = Ledger::fresh();
    let whole = ledger.admin.token.clone().unwrap();
    let id = whole.split_once('.').unwrap().0;
    let basic = |method: &str, user: &str, password: &str| {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        let request = ledger.nobody().request(method, "/v1/accounts").json(&json!({"name": "Northshire"}));
        Answer::to(request.header("Authorization", format!("Basic {credentials}")))
    };
    basic("GET", id, &whole).expect(200);
    basic("HEAD", id, &whole).expect(200);
    basic("POST", id, &whole).problem(401, "unauthenticated");
    basic("GET", "somebody", &whole).problem(401, "unauthenticated");
    basic("GET", id, "secret").problem(401, "unauthenticated");
}
