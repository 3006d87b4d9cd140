//! What holds of every answer: problems in one form, limits, request ids, HEAD.

use diesel::connection::SimpleConnection;
use reqwest::blocking::Body;
use serde_json::json;

use crate::harness::{Answer, Ledger};

/// The largest body that is read.
const LIMIT: usize = 1024 * 1024;

/// A POST of these bytes as they are.
fn post(ledger: &Ledger, body: impl Into<Body>, content_type: Option<&str>) -> Answer {
    let request = ledger.admin.request("POST", "/v1/providers").body(body);
    Answer::to(match content_type {
        Some(content_type) => request.header("Content-Type", content_type),
        None => request,
    })
}

#[test]
fn a_path_that_is_not_there_and_a_method_that_does_not_apply_are_problems_too() {
    let ledger = Ledger::fresh();
    for path in ["/v1/nothing", "/nothing", "/v1", "/v1/accounts/", "/v1/accounts.xlsx", "/v1/providers.pdf"] {
        let answer = ledger.admin.get(path);
        assert_eq!(answer.status, 404, "{path}");
        answer.problem(404, "not_found");
    }
    for (method, path, allow) in [
        ("DELETE", "/v1/accounts", "GET, HEAD, POST"),
        ("POST", "/v1/accounts/01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11", "GET, HEAD, PATCH"),
        ("GET", "/v1/rule-sets/standard/rows", "POST"),
        ("PUT", "/v1/tokens/01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11", "GET, HEAD, DELETE"),
        ("POST", "/livez", "GET, HEAD"),
    ] {
        let answer = Answer::to(ledger.admin.request(method, path));
        let mut allowed: Vec<&str> = answer.header("allow").unwrap_or_default().split(", ").collect();
        let mut expected: Vec<&str> = allow.split(", ").collect();
        allowed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(allowed, expected, "{method} {path}");
        answer.problem(405, "method_not_allowed");
    }
    ledger.admin.get("/v1/accounts/%FF%00").problem(404, "not_found");
    ledger.admin.get("/v1/accounts/not-an-id").problem(404, "not_found");
}

#[test]
fn a_body_over_one_mebibyte_is_refused_however_it_is_sent() {
    let ledger = Ledger::fresh();
    let padded = |size: usize| {
        let provider = json!({"name": "Harbour Care", "sector": "health"}).to_string();
        format!("{provider}{}", " ".repeat(size - provider.len())).into_bytes()
    };
    let chunked = |size: usize| Body::new(std::io::Cursor::new(padded(size)));
    post(&ledger, padded(LIMIT), Some("application/json")).expect(201);
    post(&ledger, chunked(LIMIT), Some("application/json")).expect(201);
    post(&ledger, padded(LIMIT + 1), Some("application/json")).problem(413, "too_large");
    post(&ledger, chunked(LIMIT + 1), Some("application/json")).problem(413, "too_large");
}

#[test]
fn a_body_is_a_json_object_and_says_so() {
    let ledger = Ledger::fresh();
    let json = Some("application/json");
    for body in ["{", "{\"name\": }", "name=Harbour", "{} {}", "\u{feff}{}", "[1,"] {
        let answer = post(&ledger, body, json);
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        answer.problem(400, "malformed_request");
    }
    post(&ledger, b"{\"name\": \"\xff\"}".to_vec(), json).problem(400, "malformed_request");
    post(&ledger, "[".repeat(100_000), json).problem(400, "malformed_request");
    for body in ["[\"Harbour Care\", \"health\"]", "null", "\"Harbour Care\"", "1"] {
        let answer = post(&ledger, body, json);
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        let problem = answer.problem(422, "validation_failed");
        assert!(!problem.to_string().contains("struct"), "{problem}");
    }
    assert_eq!(ledger.admin.get("/v1/providers").json()["data"], json!([]));
    let provider = json!({"name": "Harbour Care", "sector": "health"}).to_string();
    for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        post(&ledger, provider.clone(), content_type).problem(415, "unsupported_media_type");
    }
    post(&ledger, provider, Some("Application/JSON; charset=utf-8")).expect(201);
}

#[test]
fn a_query_that_cannot_be_taken_is_malformed() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    for path in [
        "/v1/accounts?limits=5".to_owned(),
        "/v1/accounts?limit=0".to_owned(),
        "/v1/accounts?limit=1001".to_owned(),
        "/v1/accounts?limit=ten".to_owned(),
        "/v1/accounts?limit=1&limit=2".to_owned(),
        "/v1/accounts?cursor=nonsense".to_owned(),
        "/v1/accounts?cursor=".to_owned(),
        format!("/v1/accounts/{account}?verbose=true"),
    ] {
        let answer = ledger.admin.get(&path);
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        answer.problem(400, "malformed_request");
    }
    for query in ["dry_runs=true", "dry_run=maybe", "dry_run=1"] {
        let provider = json!({"name": "Harbour Care", "sector": "health"});
        ledger.admin.post(&format!("/v1/providers?{query}"), &provider).problem(400, "malformed_request");
    }
    ledger
        .admin
        .delete("/v1/tokens/01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11?dry_run=true")
        .problem(400, "malformed_request");
    ledger.admin.get("/v1/accounts?limit=1000").expect(200);
}

#[test]
fn a_cursor_belongs_to_its_list() {
    let ledger = Ledger::fresh();
    ledger.account();
    ledger.account();
    let page = ledger.admin.get("/v1/accounts?limit=1").json();
    let cursor = page["next_cursor"].as_str().unwrap();
    ledger.admin.get(&format!("/v1/accounts?cursor={cursor}")).expect(200);
    ledger.admin.get(&format!("/v1/tokens?cursor={cursor}")).problem(400, "malformed_request");
}

#[test]
fn every_answer_carries_the_id_of_its_request() {
    let ledger = Ledger::fresh();
    let with_id = |path: &str, id: &str| Answer::to(ledger.admin.request("GET", path).header("X-Request-Id", id));
    let longest = "x".repeat(128);
    for id in ["order-66_a.b", "7", longest.as_str()] {
        assert_eq!(with_id("/v1/accounts", id).header("x-request-id"), Some(id));
        let problem = with_id("/v1/nothing", id).problem(404, "not_found");
        assert_eq!(problem["request_id"], id);
    }
    for id in ["", "two words", "semi;colon", &format!("{longest}x")] {
        let answer = with_id("/v1/accounts", id);
        let given = answer.header("x-request-id").unwrap();
        assert_ne!(given, id);
        assert!(uuid::Uuid::parse_str(given).is_ok(), "{given}");
    }
}

#[test]
fn every_problem_names_the_request_that_met_it() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let levy = format!("/v1/accounts/{account}/levy-funds");
    let problems = [
        ledger.nobody().get("/v1/accounts"),
        ledger.admin.get("/v1/nothing"),
        ledger.admin.delete("/v1/accounts"),
        ledger.admin.get("/v1/accounts?limit=0"),
        ledger.admin.post(&levy, &json!({})),
        ledger.admin.post(&levy, &json!({"amount": "0.00", "entered_on": "2026-05-22"})),
        ledger.admin.post("/v1/rule-sets", &json!({"name": "?", "rows": []})),
        post(&ledger, "{", Some("application/json")),
        post(&ledger, "{}", None),
    ];
    for answer in problems {
        let problem = answer.json();
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{problem}");
        assert_eq!(answer.header("x-request-id"), problem["request_id"].as_str(), "{problem}");
        assert_eq!(problem["status"], answer.status, "{problem}");
        let code = problem["code"].as_str().unwrap();
        assert_eq!(problem["type"], format!("urn:levy-ledger:problem:{code}"));
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    }
}

#[test]
fn head_answers_as_get_without_the_body() {
    let ledger = Ledger::fresh();
    let account = format!("/v1/accounts/{}", ledger.account());
    let get = ledger.admin.get(&account).expect(200);
    let head = Answer::to(ledger.admin.request("HEAD", &account)).expect(200);
    assert_eq!(head.text, "");
    assert_eq!((head.header("etag"), head.header("content-type")), (get.header("etag"), get.header("content-type")));
    assert_eq!(head.header("content-length"), Some(get.text.len().to_string().as_str()));
    Answer::to(ledger.admin.request("HEAD", "/v1/nothing")).expect(404);
    Answer::to(ledger.nobody().request("HEAD", &account)).expect(401);
}

#[test]
fn a_failure_tells_the_caller_nothing_but_its_request_id() {
    let ledger = Ledger::fresh();
    let mut beside = ledger.intruder();
    beside.batch_execute("ALTER TABLE providers RENAME TO elsewhere").unwrap();
    let read = ledger.admin.get("/v1/providers");
    let written = ledger.admin.post("/v1/providers", &json!({"name": "Harbour Care", "sector": "health"}));
    for answer in [read, written] {
        let problem = answer.expect(500);
        let told = problem.text.to_lowercase();
        for inside in ["table", "providers", "sql", "diesel", ".rs", "harbour"] {
            assert!(!told.contains(inside), "{told}");
        }
        assert_eq!(problem.json()["code"], "internal");
        assert_eq!(problem.header("x-request-id"), problem.json()["request_id"].as_str());
    }
    beside.batch_execute("ALTER TABLE elsewhere RENAME TO providers").unwrap();
    ledger.admin.post("/v1/providers", &json!({"name": "Harbour Care", "sector": "health"})).expect(201);
}

#[test]
fn a_suffix_asks_for_a_table_and_never_records() {
    let ledger = Ledger::fresh();
    let provider = json!({"name": "Harbour View", "sector": "adult_social_care"});
    ledger.admin.post("/v1/providers.csv", &provider).problem(404, "not_found");
    assert!(ledger.admin.get("/v1/providers").json()["data"].as_array().unwrap().is_empty());
    ledger.admin.get("/v1/providers.csv").expect(200);
    ledger.admin.get("/v1/accounts.csv").problem(404, "not_found");
}
