//! A provider is taken over by another, which goes on with its transfers.

use serde_json::{Value, json};

use super::starts::start;
use crate::harness::Ledger;
use crate::storage::verify::faults;

/// An account with levy, two providers, and a live transfer with the first of them.
struct Agreed {
    ledger: Ledger,
    account: String,
    first: String,
    second: String,
    transfer: String,
}

fn agreed() -> Agreed {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "1000000.00", "2025-05-22");
    let provider = |name: &str, sector: &str, district: &str| {
        let provider = json!({"name": name, "sector": sector, "district": district});
        ledger.admin.post("/v1/providers", &provider).made()
    };
    let first = provider("Harbour Care", "adult_social_care", "Seaside");
    let second = provider("Coastline Health", "health", "Inland");
    let transfer = json!({
        "provider_id": first, "amount": "15000.00", "agreed_on": "2026-08-20", "apprentices": 2, "status": "accepted",
    });
    let transfer = ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).made();
    let mut start = start("L-001");
    start["transfer_id"] = json!(transfer);
    ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &start).made();
    Agreed { ledger, account, first, second, transfer }
}

impl Agreed {
    fn path(&self) -> String {
        format!("/v1/transfers/{}", self.transfer)
    }

    fn taken_over(&self, on: &str) -> Value {
        let change = json!({"on": on, "provider_id": self.second, "reason": "Coastline bought Harbour"});
        self.ledger.admin.post(&format!("{}/change-employer", self.path()), &change).expect(200).json()
    }

    fn get(&self, path: &str) -> Value {
        self.ledger.admin.get(path).expect(200).json()
    }

    /// How many transfers a provider has on a day.
    fn with(&self, provider: &str, as_at: &str) -> usize {
        let path = format!("/v1/accounts/{}/transfers?provider_id={provider}&as_at={as_at}", self.account);
        self.get(&path)["data"].as_array().unwrap().len()
    }
}

#[test]
fn from_its_day_on_the_other_provider_is_the_transfers() {
    let agreed = agreed();
    let before = agreed.get(&agreed.path());
    let after = agreed.taken_over("2026-11-01");
    assert_eq!(after, agreed.get(&agreed.path()));
    assert_eq!((&after["provider_id"], &after["status"]), (&json!(agreed.second), &json!("live")));
    for field in ["amount", "schedule", "reserved", "paid"] {
        assert_eq!(after[field], before[field], "{field} stays");
    }
    let expected = json!({
        "on": "2026-11-01", "change": "employer_changed", "amount": null, "provider_id": agreed.second,
        "reason": "Coastline bought Harbour", "recorded_by": "administrator",
    });
    assert_eq!(after["history"][1], expected);
    let earlier = agreed.get(&format!("{}?as_at=2026-10-31", agreed.path()));
    assert_eq!(earlier["provider_id"], json!(agreed.first));
    let of = |provider: &str| ["2026-10-31", "2026-11-01"].map(|as_at| agreed.with(provider, as_at));
    assert_eq!((of(&agreed.first), of(&agreed.second)), ([1, 0], [0, 1]));
    let beside = agreed.ledger.beside();
    let again = json!({"on": "2026-11-02", "provider_id": agreed.second, "reason": "twice"});
    let path = format!("{}/change-employer", agreed.path());
    let again = beside.admin.post(&path, &again).problem(422, "validation_failed");
    assert_eq!(again["errors"][0]["pointer"], "/provider_id", "also as another process reads it");
    assert_eq!(faults(&agreed.ledger), [""; 0]);
}

#[test]
fn reports_and_totals_name_the_provider_of_the_day() {
    let agreed = agreed();
    agreed.taken_over("2026-11-23");
    let report = |as_at: &str| agreed.get(&format!("/v1/accounts/{}/reports/transfers?as_at={as_at}", agreed.account));
    assert_eq!(report("2026-11-22")["by_sector"]["adult_social_care"]["starts"], 1);
    let after = report("2026-11-23");
    assert_eq!((&after["by_sector"]["health"]["providers"], &after["starts"]), (&json!(1), &json!(1)));
    // The start has a sector of its own.
    let care = &after["by_sector"]["adult_social_care"];
    assert_eq!((&care["providers"], &care["starts"]), (&json!(0), &json!(1)));
    assert_eq!(after["by_district"]["Inland"]["starts"], 1);
    let other = json!({
        "provider_id": agreed.second, "amount": "10.00", "agreed_on": "2026-08-20", "apprentices": 1,
        "status": "accepted",
    });
    agreed.ledger.admin.post(&format!("/v1/accounts/{}/transfers", agreed.account), &other).expect(201);
    let providers = |as_at: &str| agreed.get(&format!("/v1/totals?as_at={as_at}"))["providers"].clone();
    assert_eq!((providers("2026-11-22"), providers("2026-11-23")), (json!(2), json!(1)));
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_written() {
    let agreed = agreed();
    let before = agreed.get(&agreed.path());
    let path = format!("{}/change-employer", agreed.path());
    let change = |on: &str, provider: &str| json!({"on": on, "provider_id": provider, "reason": "taken over"});
    let never = |body: &Value| {
        let problem = agreed.ledger.admin.post(&path, body).problem(422, "validation_failed");
        problem["errors"][0]["pointer"].as_str().unwrap().to_owned()
    };
    assert_eq!(never(&change("2026-11-01", "01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11")), "/provider_id");
    assert_eq!(never(&change("2026-11-01", &agreed.first)), "/provider_id");
    assert_eq!(never(&json!({"on": "2026-11-01", "provider_id": agreed.second})), "/reason");
    let closed = json!({"name": "Gone", "sector": "retail", "closed_on": "2026-11-01"});
    let closed = agreed.ledger.admin.post("/v1/providers", &closed).made();
    assert_eq!(never(&change("2026-11-01", &closed)), "/provider_id");
    agreed.ledger.admin.post(&path, &change("2026-08-19", &agreed.second)).problem(409, "invalid_transition");
    let tried = format!("{path}?dry_run=true");
    let tried = agreed.ledger.admin.post(&tried, &change("2026-11-01", &agreed.second)).expect(200).json();
    assert_eq!(tried["provider_id"], json!(agreed.second));
    assert_eq!(agreed.get(&agreed.path()), before);
    agreed.ledger.admin.post(&path, &change("2026-10-31", &closed)).expect(200);
    let stop = format!("{}/stop", agreed.path());
    agreed.ledger.admin.post(&stop, &json!({"on": "2026-11-01"})).expect(200);
    let late = agreed.ledger.admin.post(&path, &change("2026-11-02", &agreed.second));
    assert!(late.problem(409, "invalid_transition")["detail"].as_str().unwrap().contains("stopped"));
}

#[test]
fn a_provider_that_took_over_is_used_by_the_account() {
    let agreed = agreed();
    let elsewhere = agreed.ledger.account();
    let team = agreed
        .ledger
        .limited(levy_ledger::domain::people::Role::Apprenticeships, Some(vec![elsewhere.parse().unwrap()]));
    let provider = format!("/v1/providers/{}", agreed.second);
    team.patch(&provider, "*", &json!({"district": "Elsewhere"})).expect(200);
    agreed.taken_over("2026-11-01");
    team.patch(&provider, "*", &json!({"district": "Inland"})).problem(403, "forbidden");
}
