//! Today's spreadsheets in: every row decided as if it were sent alone, and all of them or none
//! recorded.

use levy_ledger::domain::people::Role;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Ledger};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PROVIDERS: &str = "Name,Sector,Company number,District\r\n\
    Harbour Care,Adult social care,1234567,Northfield\r\n\
    \"Smith, Jones & Co\",construction,SC123456,\r\n\
    Riverside Nursery,Education,,Southfield\r\n";

impl Caller {
    /// Posts a file.
    fn send(&self, path: &str, kind: &str, file: impl Into<reqwest::blocking::Body>) -> Answer {
        Answer::to(self.request("POST", path).header("Content-Type", kind).body(file))
    }

    /// Imports CSV into an account.
    fn import(&self, account: &str, kind: &str, csv: impl Into<String>) -> Answer {
        self.send(&format!("/v1/accounts/{account}/imports/{kind}"), "text/csv", csv.into())
    }

    /// A list as CSV.
    fn csv(&self, path: &str) -> String {
        self.get(&format!("{path}.csv")).expect(200).text
    }
}

/// A ledger with an account that may transfer £25,000 in 2026-27.
fn funded() -> (Ledger, String) {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "100000.00", "2025-05-22");
    (ledger, account)
}

/// How many numbers the ledger has given.
fn head(ledger: &Ledger) -> Value {
    ledger.admin.get("/v1/changes?limit=1").expect(200).json()["head"].clone()
}

fn counts(answer: &Answer) -> (Value, Value, Value) {
    let out = answer.json();
    (out["rows"].clone(), out["recorded"].clone(), out["found"].clone())
}

/// What is wrong with the rows of a file, as `row column code`.
fn faults(problem: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let fault = |row: &Value| format!("{} {} {}", row["row"], text(&row["column"]), text(&row["code"]));
    problem["refused"].as_array().unwrap().iter().map(fault).collect()
}

#[test]
fn providers_come_in_once_however_often_the_file_is_sent() {
    let (ledger, account) = funded();
    let first = ledger.admin.import(&account, "providers", PROVIDERS).expect(200);
    let out = json!({"kind": "providers", "rows": 3, "recorded": 3, "found": 0, "refused": [], "ignored_columns": []});
    assert_eq!(first.json(), out);
    let listed = ledger.admin.get("/v1/providers").expect(200).json();
    assert_eq!(listed["data"][0]["company_number"], "01234567");
    assert_eq!(listed["data"][1]["name"], "Smith, Jones & Co");
    let before = head(&ledger);
    let again = ledger.admin.import(&account, "providers", PROVIDERS).expect(200);
    assert_eq!(counts(&again), (json!(3), json!(0), json!(3)));
    assert_eq!(head(&ledger), before, "nothing was recorded");
    let changes = ledger.admin.get("/v1/changes?after=3").expect(200).json();
    assert_eq!(changes["data"].as_array().unwrap().len(), 3, "each by itself: {changes}");
    assert_eq!(changes["data"][2]["resource_id"], listed["data"][2]["id"]);
}

#[test]
fn a_dry_run_tells_everything_and_records_nothing() {
    let (ledger, account) = funded();
    let before = head(&ledger);
    let path = format!("/v1/accounts/{account}/imports/providers?dry_run=true");
    let twice = format!("{PROVIDERS}Harbour Care Ltd,Adult social care,01234567,\r\n");
    let tried = ledger.admin.send(&path, "text/csv", twice).expect(200);
    assert_eq!(counts(&tried), (json!(4), json!(3), json!(1)));
    assert_eq!(head(&ledger), before);
}

#[test]
fn transfers_name_their_providers_as_people_do() {
    let (ledger, account) = funded();
    ledger.admin.import(&account, "providers", PROVIDERS).expect(200);
    let csv = "provider_name;provider_company_number;amount;agreed_on;apprentices;status;reference;planned_start;\
        duration_months\n\
        ;1234567;£9,000.00;01/06/2026;2;Accepted;T-1;Sep-26;18\n\
        Riverside Nursery;;5000;2026-06-02;1;;T-2;;\n";
    let out = ledger.admin.import(&account, "transfers", csv).expect(200);
    assert_eq!(counts(&out), (json!(2), json!(2), json!(0)));
    let listed = ledger.admin.get(&format!("/v1/accounts/{account}/transfers")).expect(200).json();
    let first = &listed["data"][0];
    let shown = (&first["amount"], &first["status"], &first["agreed_on"], &first["planned_start"]);
    assert_eq!(shown, (&json!("9000.00"), &json!("accepted"), &json!("2026-06-01"), &json!("2026-09")));
    assert_eq!(listed["data"][1]["status"], "offered");
    let again = ledger.admin.import(&account, "transfers", csv).expect(200);
    assert_eq!(counts(&again), (json!(2), json!(0), json!(2)));
    let other = csv.replace("5000;", "6000;");
    let problem = ledger.admin.import(&account, "transfers", other).problem(422, "validation_failed");
    assert_eq!(faults(&problem), ["3 reference validation_failed"], "{problem}");
    assert!(problem["refused"][0]["detail"].as_str().unwrap().contains("£5,000 agreed on 2026-06-02"), "{problem}");
}

#[test]
fn transfers_without_a_reference_are_found_as_often_as_they_are_there() {
    let (ledger, account) = funded();
    ledger.admin.import(&account, "providers", PROVIDERS).expect(200);
    let row = "Harbour Care,1000.00,2026-06-01,1\n";
    let two = format!("provider_name,amount,agreed_on,apprentices\n{row}{row}");
    let first = ledger.admin.import(&account, "transfers", two.clone()).expect(200);
    assert_eq!(counts(&first), (json!(2), json!(2), json!(0)));
    let third = ledger.admin.import(&account, "transfers", format!("{two}{row}")).expect(200);
    assert_eq!(counts(&third), (json!(3), json!(1), json!(2)));
}

#[test]
fn a_row_beyond_the_cap_refuses_the_file_and_sees_the_rows_before_it() {
    let (ledger, account) = funded();
    ledger.admin.import(&account, "providers", PROVIDERS).expect(200);
    let before = head(&ledger);
    let rows: String = (1..=10).map(|n| format!("Harbour Care,4000.00,2026-06-01,1,T-{n}\n")).collect();
    let csv = format!("provider_name,amount,agreed_on,apprentices,reference\n{rows}");
    let path = format!("/v1/accounts/{account}/imports/transfers");
    let send = |query: &str| {
        let request = ledger.admin.request("POST", &format!("{path}{query}")).header("Content-Type", "text/csv");
        Answer::to(request.header("Idempotency-Key", format!("june{query}")).body(csv.clone()))
    };
    for query in ["?dry_run=true", ""] {
        let problem = send(query).problem(422, "validation_failed");
        // 25,000 of allowance hold six of 4,000; the seventh finds 1,000. The headings are row 1.
        let expected: Vec<String> = (8..=11).map(|row| format!("{row} amount transfer_cap_exceeded")).collect();
        assert_eq!(faults(&problem), expected, "{problem}");
        let counted = (&problem["rows"], &problem["recorded"], &problem["refused_rows"]);
        assert_eq!(counted, (&json!(10), &json!(0), &json!(4)));
        assert_eq!(problem["errors"][0]["pointer"], "/rows/8/amount");
    }
    assert_eq!(head(&ledger), before);
    assert_eq!(send("").header("idempotency-replayed"), Some("true"), "a refusal by a rule is kept");
    // The ledger in memory has forgotten them too: the whole allowance is there.
    let six = csv.lines().take(7).collect::<Vec<_>>().join("\n");
    let taken = ledger.admin.import(&account, "transfers", six).expect(200);
    assert_eq!(counts(&taken), (json!(6), json!(6), json!(0)));
}

#[test]
fn starts_come_in_under_their_transfers_and_are_not_doubled() {
    let (ledger, account) = with_transfer();
    let csv = starts("");
    let out = ledger.admin.import(&account, "starts", csv.clone()).expect(200);
    assert_eq!(counts(&out), (json!(2), json!(2), json!(0)));
    let listed = ledger.admin.get(&format!("/v1/accounts/{account}/starts")).expect(200).json();
    let (one, two) = (&listed["data"][0], &listed["data"][1]);
    assert_eq!((&one["learner_reference"], &one["uln"]), (&json!("L-1"), &json!("9876543210")));
    assert_eq!(one["priority_groups"], json!(["care_leaver", "disabled"]));
    let transfer = ledger.admin.get(&format!("/v1/accounts/{account}/transfers")).expect(200).json();
    assert_eq!(one["transfer_id"], transfer["data"][0]["id"]);
    assert_eq!(two["transfer_id"], Value::Null, "the account's own");
    let again = ledger.admin.import(&account, "starts", csv).expect(200);
    assert_eq!(counts(&again), (json!(2), json!(0), json!(2)));
}

fn with_transfer() -> (Ledger, String) {
    let (ledger, account) = funded();
    ledger.admin.import(&account, "providers", PROVIDERS).expect(200);
    let csv = "company_number,amount,agreed_on,apprentices,status,reference\n1234567,12000,01/06/2026,2,accepted,T-1\n";
    let path = format!("/v1/accounts/{account}/imports/transfers?map=company_number:provider_company_number");
    ledger.admin.send(&path, "text/csv", csv).expect(200);
    (ledger, account)
}

fn starts(more: &str) -> String {
    format!(
        "learner_reference,uln,priority_groups,transfer_reference,standard_code,level,agreed_price,agreed_on,start_on,\
         planned_end_on\n\
         L-1,9876543210,\"care leaver, disabled\",T-1,ST0005,3,\"£5,000.00\",01/06/2026,07/09/2026,06/03/2028\n\
         L-2,,,,ST0005,3,5000,01/06/2026,07/09/2026,06/03/2028\n{more}"
    )
}

#[test]
fn every_fault_is_named_at_once_and_personal_data_is_repeated_nowhere() {
    let (ledger, account) = with_transfer();
    let before = head(&ledger);
    let more = "L-3,5551234,somebody,T-9,ST0005,three,5.000,01/06/2026,32/09/2026,06/03/2028\n\
        L-4,,,T-9,ST0005,3,5000,01/06/2026,07/09/2026,06/03/2028\n\
        ,,,T-1,ST0005,3,9000,01/06/2026,07/09/2026,06/03/2028\n\
        L-6,,,T-1,ST0005,3,9000,01/06/2026,07/09/2026,06/03/2028\n\
        L-7,,,T-1,ST0005,9,9000,01/06/2026,07/05/2026,06/03/2028\n";
    let answer = ledger.admin.import(&account, "starts", starts(more));
    assert!(!answer.text.contains("5551234") && !answer.text.contains("somebody") && !answer.text.contains("L-3"));
    let problem = answer.problem(422, "validation_failed");
    assert_eq!(
        faults(&problem),
        [
            "4 uln validation_failed",
            "4 priority_groups validation_failed",
            "4 level validation_failed",
            "4 start_on validation_failed",
            "5 transfer_reference validation_failed",
            "6 learner_reference validation_failed",
            "7 - transfer_exceeded",
            "8 level validation_failed",
            "8 start_on validation_failed",
        ],
        "{problem}"
    );
    let detail = |place: usize| problem["refused"][place]["detail"].as_str().unwrap().to_owned();
    assert!(detail(2).starts_with("\"three\" cannot be taken: write a level"), "{}", detail(2));
    assert!(detail(3).contains("31/05/2026"), "the right form: {}", detail(3));
    assert_eq!((&problem["rows"], &problem["refused_rows"]), (&json!(7), &json!(5)));
    assert_eq!(head(&ledger), before);
}

#[test]
fn what_has_ended_does_not_come_in_as_if_it_had_not() {
    let (ledger, account) = with_transfer();
    let csv = "learner_reference,status,standard_code,level,agreed_price,agreed_on,start_on,planned_end_on\n\
        L-1,withdrawn,ST0005,3,5000,01/06/2026,07/09/2026,06/03/2028\n\
        L-2,live,ST0005,3,5000,01/06/2026,07/09/2026,06/03/2028\n";
    let problem = ledger.admin.import(&account, "starts", csv).problem(422, "validation_failed");
    assert_eq!(faults(&problem), ["2 status validation_failed"]);
}

#[test]
fn columns_are_mapped_or_left_out_and_those_not_taken_are_named() {
    let (ledger, account) = funded();
    let csv = "Employer,Type of work,Notes,Name\nHarbour Care,health,rang twice,Mrs Harbour\n";
    let path = format!("/v1/accounts/{account}/imports/providers");
    let map = "?map=Employer:name&map=Type%20of%20work:sector";
    let problem = ledger.admin.send(&format!("{path}{map}"), "text/csv", csv).problem(422, "validation_failed");
    assert_eq!(faults(&problem), ["1 name validation_failed"], "two columns are the name: {problem}");
    let out = ledger.admin.send(&format!("{path}{map}&map=Name:"), "text/csv", csv).expect(200).json();
    assert_eq!(out["ignored_columns"], json!(["Notes", "Name"]));
    assert_eq!(ledger.admin.get("/v1/providers").expect(200).json()["data"][0]["name"], "Harbour Care");
    let problem = ledger.admin.send(&path, "text/csv", csv).problem(422, "validation_failed");
    assert_eq!(faults(&problem), ["1 sector validation_failed"]);
    let wrong = ledger.admin.send(&format!("{path}?map=Employer:names"), "text/csv", csv);
    let detail = wrong.problem(400, "malformed_request")["detail"].clone();
    assert!(detail.as_str().unwrap().contains("\"names\" is no column of providers"), "{detail}");
    ledger.admin.send(&format!("{path}?maps=a:name"), "text/csv", csv).problem(400, "malformed_request");
}

#[test]
fn a_workbook_is_read_with_its_true_dates_and_exact_numbers() {
    let (ledger, account) = funded();
    ledger.admin.import(&account, "providers", PROVIDERS).expect(200);
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let date = Format::new().set_num_format("dd/mm/yyyy");
    for (column, heading) in ["Provider company number", "Amount", "Agreed on", "Apprentices"].iter().enumerate() {
        sheet.write(0, u16::try_from(column).unwrap(), *heading).unwrap();
    }
    let day = ExcelDateTime::from_ymd(2026, 6, 1).unwrap();
    for (row, amount) in [(1, 1234.5), (3, 521.739_13), (4, 0.1 + 0.2)] {
        sheet.write(row, 0, 1_234_567).unwrap();
        sheet.write(row, 1, amount).unwrap();
        sheet.write_with_format(row, 2, &day, &date).unwrap();
        sheet.write(row, 3, 2).unwrap();
    }
    let bytes = workbook.save_to_buffer().unwrap();
    let path = format!("/v1/accounts/{account}/imports/transfers");
    let out = ledger.admin.send(&path, XLSX, bytes).expect(200);
    assert_eq!(counts(&out), (json!(3), json!(3), json!(0)));
    let listed = ledger.admin.get(&format!("/v1/accounts/{account}/transfers")).expect(200).json();
    let amounts: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|transfer| &transfer["amount"]).collect();
    assert_eq!(amounts, ["1234.50", "521.73913", "0.30"]);
    assert_eq!(listed["data"][0]["agreed_on"], "2026-06-01");
    ledger.admin.send(&path, XLSX, "no workbook").problem(422, "validation_failed");
}

#[test]
fn our_own_tables_come_in_as_they_went_out() {
    let (from, account) = with_transfer();
    let formula = json!({"name": "=Cheap Care", "sector": "health", "levy_payer": true, "closed_on": "2030-01-31"});
    from.admin.post("/v1/providers", &formula).expect(201);
    from.admin.import(&account, "starts", starts("")).expect(200);
    let (into, other) = funded();
    let providers = from.admin.csv("/v1/providers");
    into.admin.import(&other, "providers", providers.clone()).expect(200);
    assert_eq!(without(&into.admin.csv("/v1/providers"), &["id"]), without(&providers, &["id"]));

    // The ids of the other ledger say nothing here: a provider is named by its number, a transfer by its
    // reference, a learner by its own.
    let transfers = from.admin.csv(&format!("/v1/accounts/{account}/transfers"));
    let sent = with_column(&transfers, "provider_company_number", &["01234567"]);
    into.admin.import(&other, "transfers", sent).expect(200);

    let starts = from.admin.csv(&format!("/v1/accounts/{account}/starts"));
    let sent =
        with_column(&with_column(&starts, "learner_reference", &["L-1", "L-2"]), "transfer_reference", &["T-1", ""]);
    into.admin.import(&other, "starts", sent).expect(200);
    let ids = ["id", "account_id", "transfer_id"];
    assert_eq!(without(&into.admin.csv(&format!("/v1/accounts/{other}/starts")), &ids), without(&starts, &ids));
    let listed = into.admin.csv(&format!("/v1/accounts/{other}/transfers"));
    assert_eq!(without(&listed, &TRANSFER_IDS), without(&transfers, &TRANSFER_IDS));
}

/// The columns of transfers that are ids of this ledger.
const TRANSFER_IDS: [&str; 3] = ["id", "account_id", "provider_id"];

/// A table without some of its columns.
fn without(csv: &str, columns: &[&str]) -> String {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let headings = reader.headers().unwrap().clone();
    let kept = |record: &csv::StringRecord| {
        let cells = headings.iter().zip(record).filter(|(heading, _)| !columns.contains(heading));
        cells.map(|(_, cell)| cell.to_owned()).collect::<Vec<_>>().join("|")
    };
    let first = kept(&headings);
    let rows = reader.records().map(|record| kept(&record.unwrap()));
    std::iter::once(first).chain(rows).collect::<Vec<_>>().join("\n")
}

/// A table with one more column.
fn with_column(csv: &str, heading: &str, values: &[&str]) -> String {
    let cells = std::iter::once(&heading).chain(values);
    csv.lines().zip(cells).map(|(line, cell)| format!("{line},{cell}\r\n")).collect()
}

#[test]
fn the_same_file_under_the_same_key_is_answered_as_at_first() {
    let (ledger, account) = funded();
    let path = format!("/v1/accounts/{account}/imports/providers");
    let once = |csv: &str| {
        let request = ledger.admin.request("POST", &path).header("Content-Type", "text/csv");
        Answer::to(request.header("Idempotency-Key", "may").body(csv.to_owned()))
    };
    let first = once(PROVIDERS).expect(200);
    let again = once(PROVIDERS).expect(200);
    assert_eq!((again.text, first.header("idempotency-replayed")), (first.text.clone(), None));
    once("name,sector\nOther,health\n").problem(422, "idempotency_key_reused");
}

#[test]
fn files_are_refused_as_a_whole_where_they_cannot_be_read() {
    let (ledger, account) = funded();
    let path = format!("/v1/accounts/{account}/imports/providers");
    ledger.admin.post(&path, &json!({})).problem(415, "unsupported_media_type");
    ledger.admin.send(&path, "text/csv", "").problem(422, "validation_failed");
    let latin = ledger.admin.send(&path, "text/csv", b"name,sector\nCaf\xe9,health\n".to_vec());
    assert!(latin.problem(422, "validation_failed")["detail"].as_str().unwrap().contains("CSV UTF-8"));
    let nowhere = format!("/v1/accounts/{account}/imports/payments");
    ledger.admin.send(&nowhere, "text/csv", PROVIDERS).problem(404, "not_found");
    let ours = ledger.limited(Role::Apprenticeships, Some(vec![ledger.account().parse().unwrap()]));
    ours.send(&path, "text/csv", PROVIDERS).problem(404, "not_found");
    let finance = ledger.caller(Role::Finance);
    finance.send(&path, "text/csv", PROVIDERS).problem(403, "forbidden");
}

#[test]
fn twenty_thousand_providers_come_in_at_once() {
    let (ledger, account) = funded();
    let rows: String = (0..20_000).map(|n| format!("Provider {n},health,{n:08}\n")).collect();
    let csv = format!("name,sector,company_number\n{rows}");
    let out = ledger.admin.import(&account, "providers", csv.clone()).expect(200);
    assert_eq!(counts(&out), (json!(20_000), json!(20_000), json!(0)));
    let again = ledger.admin.import(&account, "providers", csv).expect(200);
    assert_eq!(counts(&again), (json!(20_000), json!(0), json!(20_000)));
    let verified = ledger.admin.get("/v1/audit/verify").expect(200).json();
    assert_eq!(verified["ok"], true);
}
