//! Providers are registered once, shared by all accounts, and changed by those whose they are.

use diesel::connection::SimpleConnection;
use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};

fn harbour_care() -> Value {
    json!({"name": "Harbour Care", "sector": "adult_social_care", "company_number": "sc123456"})
}

fn names(answer: &Answer) -> Vec<String> {
    let data = answer.json()["data"].as_array().unwrap().clone();
    data.iter().map(|provider| provider["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_provider_is_registered_with_its_company_number_in_full_and_read_back() {
    let ledger = Ledger::fresh();
    let apprenticeships = ledger.caller(Role::Apprenticeships);
    let all = json!({
        "name": "Harbour Care", "sector": "adult_social_care", "company_number": "123456",
        "charity_number": "1054321", "cqc_location_id": "1-234567", "size": "small", "levy_payer": false,
        "district": "Northport", "postcode": "NP1 1AA", "closed_on": "2027-03-31",
    });
    let registered = apprenticeships.post("/v1/providers", &all).expect(201);
    let shown = ledger.caller(Role::Finance).get(registered.header("location").unwrap()).expect(200);
    assert_eq!(shown.text, registered.text);
    assert_eq!(shown.header("etag"), registered.header("etag"));
    let shown = shown.json();
    assert_eq!(shown["company_number"], "00123456");
    for (field, sent) in all.as_object().unwrap().iter().filter(|(field, _)| *field != "company_number") {
        assert_eq!(&shown[field], sent, "{field}");
    }
}

#[test]
fn a_company_number_belongs_to_one_provider() {
    let ledger = Ledger::fresh();
    let holder = ledger.admin.post("/v1/providers", &harbour_care()).made();
    let other = json!({"name": "Harbour Care Ltd", "sector": "health", "company_number": "SC123456"});
    let problem = ledger.admin.post("/v1/providers", &other).problem(409, "provider_exists");
    assert_eq!(problem["provider_id"], json!(holder));
    let unnumbered = json!({"name": "Hill Care", "sector": "health"});
    let hill = format!("/v1/providers/{}", ledger.admin.post("/v1/providers", &unnumbered).made());
    let problem = ledger.admin.patch(&hill, "*", &json!({"company_number": "SC123456"}));
    assert_eq!(problem.problem(409, "provider_exists")["provider_id"], json!(holder));
    let given_up = json!({"company_number": null});
    ledger.admin.patch(&format!("/v1/providers/{holder}"), "*", &given_up).expect(200);
    ledger.admin.patch(&hill, "*", &json!({"company_number": "SC123456"})).expect(200);
    let wrong = json!({"name": "Wrong", "sector": "health", "company_number": "12-34"});
    let problem = ledger.admin.post("/v1/providers", &wrong).problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/company_number");
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("\"01234567\""), "{problem}");
}

#[test]
fn many_who_register_the_same_company_at_once_make_one_provider() {
    let ledger = Ledger::fresh();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let posts: Vec<_> =
            (0..16).map(|_| scope.spawn(|| ledger.admin.post("/v1/providers", &harbour_care()))).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((made.len(), refused.len()), (1, 15));
    for answer in refused {
        assert_eq!(answer.problem(409, "provider_exists")["provider_id"], made[0].json()["id"]);
    }
}

#[test]
fn a_change_keeps_what_it_leaves_out_and_null_clears() {
    let ledger = Ledger::fresh();
    let provider = json!({"name": "Harbour Care", "sector": "health", "district": "Northport", "size": "small"});
    let registered = ledger.admin.post("/v1/providers", &provider).expect(201);
    let (path, etag) = (registered.header("location").unwrap(), registered.header("etag").unwrap());
    let unguarded = ledger.admin.request("PATCH", path).json(&json!({"size": "large"}));
    Answer::to(unguarded).problem(428, "precondition_required");
    let change = json!({"district": null, "size": "large", "closed_on": "2026-12-31"});
    let changed = ledger.admin.patch(path, etag, &change).expect(200);
    ledger.admin.patch(path, etag, &change).problem(412, "stale");
    let shown = ledger.admin.get(path);
    assert_eq!(shown.text, changed.text);
    assert_eq!(shown.header("etag"), changed.header("etag"));
    let shown = shown.json();
    assert_eq!((&shown["name"], &shown["sector"]), (&json!("Harbour Care"), &json!("health")));
    assert_eq!((&shown["district"], &shown["size"]), (&json!(null), &json!("large")));
    assert_eq!(shown["closed_on"], "2026-12-31");
    let same = ledger.admin.patch(path, changed.header("etag").unwrap(), &change).expect(200);
    assert_eq!(same.header("etag"), changed.header("etag"), "nothing changed, nothing is recorded");
}

#[test]
fn providers_are_found_by_part_of_their_name_page_by_page() {
    let ledger = Ledger::fresh();
    for name in ["Harbour Care", "Hill Engineering", "ÉCOLE CARE", "Seaside care home", "100% Care_"] {
        ledger.admin.post("/v1/providers", &json!({"name": name, "sector": "other"})).expect(201);
    }
    let found = |query: &str| names(&ledger.admin.get(&format!("/v1/providers?{query}")).expect(200));
    assert_eq!(found("name=CARE"), ["Harbour Care", "ÉCOLE CARE", "Seaside care home", "100% Care_"]);
    assert_eq!(found("name=%C3%A9cole"), ["ÉCOLE CARE"]);
    assert_eq!(found("name=0%25"), ["100% Care_"]);
    assert_eq!(found("name=e_"), ["100% Care_"]);
    let first = ledger.admin.get("/v1/providers?name=care&limit=3").expect(200);
    assert_eq!(names(&first).len(), 3);
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    let last = ledger.admin.get(&format!("/v1/providers?name=care&limit=3&cursor={cursor}")).expect(200);
    assert_eq!((names(&last), &last.json()["next_cursor"]), (vec!["100% Care_".to_owned()], &json!(null)));
    ledger.admin.get(&format!("/v1/providers?name=hill&cursor={cursor}")).problem(400, "malformed_request");
}

#[test]
fn as_csv_the_list_is_whole_and_no_name_is_a_formula() {
    let ledger = Ledger::fresh();
    ledger.admin.post("/v1/providers", &json!({"name": "=HYPERLINK(1)", "sector": "other"})).expect(201);
    let id = ledger.admin.post("/v1/providers", &harbour_care()).made();
    let csv = ledger.admin.get("/v1/providers.csv?name=care").expect(200);
    let columns =
        "id,name,sector,company_number,charity_number,cqc_location_id,size,levy_payer,district,postcode,closed_on";
    assert_eq!(csv.text, format!("{columns}\r\n{id},Harbour Care,adult_social_care,SC123456,,,,,,,\r\n"));
    assert!(ledger.admin.get("/v1/providers.csv").text.contains(",'=HYPERLINK(1),"));
    ledger.admin.get("/v1/providers.csv?limit=5").problem(400, "malformed_request");
}

#[test]
fn a_token_limited_to_accounts_may_register_and_change_what_no_other_account_uses() {
    let ledger = Ledger::fresh();
    let account = ledger.account().parse().unwrap();
    let limited = ledger.limited(Role::Apprenticeships, Some(vec![account]));
    let id = limited.post("/v1/providers", &harbour_care()).made();
    limited.patch(&format!("/v1/providers/{id}"), "*", &json!({"district": "Northport"})).expect(200);
    ledger.admin.get(&format!("/v1/providers/{id}")).expect(200);
}

#[test]
fn a_token_limited_to_accounts_leaves_alone_what_another_account_uses() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    let id = ledger.admin.post("/v1/providers", &harbour_care()).made();
    let limited = |accounts: &[&String]| {
        let accounts = accounts.iter().map(|id| id.parse().unwrap()).collect();
        ledger.limited(Role::Apprenticeships, Some(accounts))
    };
    let (ours_alone, both) = (limited(&[&ours]), limited(&[&ours, &theirs]));
    let mut beside = ledger.intruder();
    let transfer = format!(
        "INSERT INTO transfers (id, public_id, account_id, provider_id, agreed_on, apprentices, priority_groups) \
         SELECT 900, 'transfer', accounts.id, providers.id, '2026-05-01', 1, '' FROM accounts, providers \
         WHERE accounts.public_id = '{theirs}'"
    );
    beside.batch_execute(&transfer).unwrap();
    // On the next day the ledger looks at everything afresh.
    ledger.clock.set("2026-11-23");
    let (path, change) = (format!("/v1/providers/{id}"), json!({"district": "Northport"}));
    let problem = ours_alone.patch(&path, "*", &change).problem(403, "forbidden");
    assert!(problem["detail"].as_str().unwrap().contains("other accounts have transfers"), "{problem}");
    both.patch(&path, "*", &change).expect(200);
}

#[test]
fn a_dry_run_registers_nobody() {
    let ledger = Ledger::fresh();
    let tried = ledger.admin.post("/v1/providers?dry_run=true", &harbour_care()).expect(200);
    assert_eq!((&tried.json()["id"], tried.header("location")), (&json!(null), None));
    assert!(names(&ledger.admin.get("/v1/providers")).is_empty());
}
