//! Submissions to HMRC imported by the domain alone: what they declare, and when.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Europe::London;
use levy_ledger::domain::calendar::{Month, parse_date};
use levy_ledger::domain::declarations::{
    HeldSubmission, Outcome, Posting, Processing, Submission, SubmissionId, settle,
};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::payroll::{PayrollMonth, PayrollYear, Timeliness, in_the_uk};
use levy_ledger::domain::rules::{Parameter, RuleRow, RuleSet};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Case, money};

#[test]
fn submissions_declare_and_are_credited_as_worked() {
    let (mut imports, mut date_rules) = (0, 0);
    for mut case in super::read("levy_declarations.json") {
        assert_eq!(case.take_text("id"), case.name());
        match case.take_text("kind").as_str() {
            "import" => {
                imports += 1;
                import(case);
            }
            "date_rule" => {
                date_rules += 1;
                date_rule(case);
            }
            unknown => panic!("{}: no rule for the kind {unknown}", case.name()),
        }
    }
    assert!(imports > 0 && date_rules > 0);
}

/// A whole number written bare.
fn whole<T: std::str::FromStr>(value: &Value) -> T {
    let Value::Number(number) = value else { unreachable!("no number: {value}") };
    number.to_string().parse().ok().unwrap()
}

fn decimal(value: &Value) -> Decimal {
    let Value::Number(number) = value else { unreachable!("no figure: {value}") };
    number.to_string().parse().unwrap()
}

/// A day, or a time of day in the UK; a day alone is its beginning.
fn moment(text: &str) -> NaiveDateTime {
    match parse_date(text) {
        Ok(day) => day.and_time(NaiveTime::MIN),
        Err(_) => text.parse().unwrap(),
    }
}

/// Which of an account's lines a case groups its expected months by.
enum ShownBy {
    SubmissionDate,
    CreatedDate,
}

/// A line of a case, with what only the case says of it.
pub struct Sent {
    pub submission: Submission,
    pub scheme: String,
    created: Option<NaiveDate>,
}

impl Sent {
    fn read(mut line: Case) -> Self {
        let year: PayrollYear = line.take_text("year").parse().unwrap();
        let number = whole(&line.take("month").unwrap());
        let made_at = moment(&line.take_text("submitted"));
        let submission = Submission {
            id: SubmissionId::from_stored(whole(&line.take("id").unwrap())),
            month: PayrollMonth::new(year, number).unwrap(),
            year_to_date: line.take("ytd").filter(|figure| !figure.is_null()).map(|figure| money(&figure)),
            no_payment: line.take("no_payment").is_some_and(|said| said.as_bool().unwrap()),
            submitted_at: London.from_local_datetime(&made_at).unwrap().naive_utc(),
            english_fraction: line.take("english_fraction").map(|fraction| decimal(&fraction)),
            timeliness: Timeliness::OnTime,
        };
        let dated = submission.dated();
        let flags = (line.take("on_time").map(|flag| flag.as_bool().unwrap()), line.take("adjustment"));
        let timeliness = match flags {
            (None, None) => dated.timeliness,
            (_, Some(Value::Bool(true))) => Timeliness::YearEndAdjustment,
            (Some(true), _) => Timeliness::OnTime,
            (Some(false), _) => Timeliness::Late,
            (None, Some(flag)) => panic!("{}: no reading of adjustment {flag} alone", line.name()),
        };
        let scheme = line.take("scheme").map_or_else(|| "1".to_owned(), |scheme| scheme.as_str().unwrap().to_owned());
        let created = line.take("created").map(|day| parse_date(day.as_str().unwrap()).unwrap());
        line.finish();
        Self { submission: Submission { timeliness, ..dated }, scheme, created }
    }
}

/// Submissions that are processed together.
pub struct Step {
    pub account: Option<String>,
    /// None where neither the cut-offs nor the age of submissions are looked at.
    pub now: Option<NaiveDate>,
    pub sent: Vec<Sent>,
}

impl Step {
    fn read(mut step: Case) -> Self {
        let now = step.take("now").filter(|now| !now.is_null());
        let now = now.map(|now| parse_date(now.as_str().unwrap()).unwrap());
        let account = step.take("account").map(|name| name.as_str().unwrap().to_owned());
        let sent = step.take_list("submissions").into_iter().map(Sent::read).collect();
        step.finish();
        Self { account, now, sent }
    }

    /// The day of processing: where none is given, one on which every cut-off has passed.
    pub fn processed_on(&self) -> NaiveDate {
        self.now.unwrap_or_else(|| self.sent.iter().map(|sent| sent.submission.month.cut_off()).max().unwrap())
    }
}

/// An import as a case gives it.
pub struct Import {
    pub name: String,
    pub expiry_months: Option<u32>,
    pub before_the_levy: bool,
    pub steps: Vec<Step>,
    shown_by: ShownBy,
    other_lines: Money,
    expected: Expected,
}

struct Expected {
    months: Vec<Case>,
    lines: BTreeMap<SubmissionId, Money>,
    only_these_lines: bool,
    balance: Option<Money>,
}

/// A line that was credited, to the account of its step.
pub struct Credited {
    pub id: SubmissionId,
    pub account: Option<String>,
    pub declared_on: NaiveDate,
    pub declared: Money,
    pub top_up: Money,
    pub amount: Money,
}

/// A figure of a line.
type OfLine = fn(&Credited) -> Money;

impl Import {
    pub fn read(mut case: Case) -> Self {
        case.take("name");
        let expiry_months = case.take("expiry_months").filter(|months| !months.is_null());
        let shown_by = case.take("shown_by").map_or(ShownBy::SubmissionDate, |by| match by.as_str().unwrap() {
            "submission date" => ShownBy::SubmissionDate,
            "created date" => ShownBy::CreatedDate,
            unknown => panic!("{}: no reading of {unknown}", case.name()),
        });
        let import = Self {
            name: case.name(),
            expiry_months: expiry_months.map(|months| whole(&months)),
            before_the_levy: case.take("skip_pre_levy_filter").is_some_and(|skip| skip.as_bool().unwrap()),
            steps: case.take_list("steps").into_iter().map(Step::read).collect(),
            shown_by,
            other_lines: case.take_list("other_lines").into_iter().map(other_line).sum(),
            expected: Expected::read(Case::new(&case.name(), case.take("expected").unwrap())),
        };
        case.finish();
        import
    }

    /// `standard` with the life that the case is about; the longest there is where it says none.
    pub fn rules(&self) -> RuleSet {
        let value = |parameter| match parameter {
            Parameter::ExpiryMonths => Decimal::from(self.expiry_months.unwrap_or(120)),
            Parameter::TransferCapPercent | Parameter::TopUpPercent | Parameter::EmployerCoInvestmentPercent => {
                RuleSet::standard().value_on(parameter, NaiveDate::MAX).unwrap()
            }
        };
        let from = parse_date("2010-01-01").unwrap();
        let row = |parameter| RuleRow { parameter, from, value: value(parameter) };
        RuleSet::new("case", &Parameter::ALL.map(row)).unwrap()
    }

    /// Whether what was credited is what the case expects.
    pub fn check(self, credited: &[Credited]) {
        let name = &self.name;
        let last = self.steps.last().and_then(|step| step.account.clone());
        let created: BTreeMap<SubmissionId, Option<NaiveDate>> =
            self.steps.iter().flat_map(|step| &step.sent).map(|sent| (sent.submission.id, sent.created)).collect();
        let ours: Vec<&Credited> = credited.iter().filter(|line| line.account == last).collect();
        if let Some(balance) = self.expected.balance {
            let credits: Money = ours.iter().map(|line| line.amount).sum();
            assert_eq!(credits + self.other_lines, balance, "{name}: the balance");
        }
        for mut month in self.expected.months {
            let of = month.take_month("month").unwrap();
            let shown = |line: &&&Credited| match self.shown_by {
                ShownBy::SubmissionDate => Month::of(line.declared_on) == of,
                ShownBy::CreatedDate => created[&line.id].is_some_and(|day| Month::of(day) == of),
            };
            let lines: Vec<&&Credited> = ours.iter().filter(shown).collect();
            let aspects: [(&str, OfLine); 3] =
                [("total", |line| line.amount), ("declared", |line| line.declared), ("topup", |line| line.top_up)];
            for (aspect, of_line) in aspects {
                let expected = month.take(aspect).map(|expected| money(&expected));
                let sum: Money = lines.iter().map(|line| of_line(line)).sum();
                assert_eq!(expected.unwrap_or(sum), sum, "{name}: {aspect} of {of}");
            }
            month.finish();
        }
        let lines: BTreeMap<SubmissionId, Money> = ours.iter().map(|line| (line.id, line.declared)).collect();
        for (id, declared) in &self.expected.lines {
            assert_eq!(lines.get(id), Some(declared), "{name}: line {id}");
        }
        if self.expected.only_these_lines {
            assert_eq!(lines, self.expected.lines, "{name}: the lines");
        }
    }
}

impl Expected {
    fn read(mut expected: Case) -> Self {
        let lines = expected.take_list("lines").into_iter().map(|mut line| {
            let id = SubmissionId::from_stored(whole(&line.take("id").unwrap()));
            let declared = money(&line.take("declared").unwrap());
            line.finish();
            (id, declared)
        });
        let lines = lines.collect();
        let read = Self {
            months: expected.take_list("months"),
            lines,
            only_these_lines: expected.take("only_these_lines").is_some_and(|only| only.as_bool().unwrap()),
            balance: expected.take("balance").map(|balance| money(&balance)),
        };
        expected.finish();
        read
    }
}

/// What moves the balance beside levy: what co-investment pays does not.
fn other_line(mut line: Case) -> Money {
    assert_eq!(line.take_text("type"), "payment");
    line.take("note");
    let amount = money(&line.take("amount").unwrap());
    line.finish();
    amount
}

fn import(case: Case) {
    let import = Import::read(case);
    let rules = import.rules();
    let mut held: BTreeMap<String, Vec<HeldSubmission>> = BTreeMap::new();
    let mut credited = Vec::new();
    for (place, step) in import.steps.iter().enumerate() {
        let processing = Processing {
            // Steps without an account are one account's.
            account: step.account.as_ref().map_or(0, |name| i64::from(name.as_bytes()[0])),
            processed_on: step.processed_on(),
            rules: &rules,
            english_fraction_override: None,
            first_year: if import.before_the_levy {
                PayrollYear::beginning_in(2010)
            } else {
                PayrollYear::FIRST_OF_THE_LEVY
            },
        };
        let mut schemes: Vec<&String> = step.sent.iter().map(|sent| &sent.scheme).collect();
        schemes.sort();
        schemes.dedup();
        for scheme in schemes {
            let arriving = step.sent.iter().filter(|sent| sent.scheme == *scheme);
            let arriving: Vec<Submission> = arriving.map(|sent| sent.submission.clone()).collect();
            let history = held.entry(scheme.clone()).or_default();
            let outcomes = settle(history, &arriving, &processing);
            assert!(arriving.iter().all(|sent| outcomes.contains_key(&sent.id)), "{} {place}", import.name);
            credited.extend(keep(history, arriving, &outcomes, &processing, step.account.as_ref()));
        }
    }
    import.check(&credited);
}

/// Keeps what was settled in the history of its scheme; gives what was credited.
fn keep(
    history: &mut Vec<HeldSubmission>,
    arriving: Vec<Submission>,
    outcomes: &BTreeMap<SubmissionId, Outcome>,
    processing: &Processing<'_>,
    account: Option<&String>,
) -> Vec<Credited> {
    history.extend(arriving.into_iter().map(|submission| HeldSubmission {
        submission,
        account: processing.account,
        outcome: levy_ledger::domain::declarations::OutcomeKind::Waiting,
        measured_from: None,
    }));
    let settled = history.iter_mut().filter_map(|held| Some((outcomes.get(&held.submission.id)?, held)));
    let posted = settled.filter_map(|(outcome, held)| {
        held.outcome = outcome.kind();
        let posting: &Posting = outcome.posting()?;
        held.measured_from = posting.measured_from.map(|base| base.id);
        Some(Credited {
            id: held.submission.id,
            account: account.cloned(),
            declared_on: in_the_uk(held.submission.submitted_at).date(),
            declared: posting.credit.declared,
            top_up: posting.credit.top_up,
            amount: posting.credit.amount,
        })
    });
    posted.collect()
}

fn date_rule(mut case: Case) {
    let rule = case.take_text("rule");
    for mut check in case.take_list("checks") {
        let year: PayrollYear = check.take_text("year").parse().unwrap();
        let month = check.take("month").map(|number| PayrollMonth::new(year, whole(&number)).unwrap());
        let at = check.take("at").map(|at| moment(at.as_str().unwrap()));
        let holds = match (rule.as_str(), month, at) {
            ("in_payroll_window", Some(month), Some(at)) => Timeliness::of(month, at) == Timeliness::OnTime,
            ("future_period", Some(month), Some(at)) => !month.is_over_on(at.date()),
            ("pre_levy", None, None) => year < PayrollYear::FIRST_OF_THE_LEVY,
            unknown => panic!("{}: no reading of {unknown:?}", case.name()),
        };
        assert_eq!(Value::Bool(holds), check.take("expected").unwrap(), "{}: {year} {month:?} {at:?}", case.name());
        check.finish();
    }
    case.take("name");
    case.finish();
}
