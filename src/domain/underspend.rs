//! Underspend: what expired, what lapses next, how much of that is promised and what remains at risk.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::calendar::Month;
use super::funds::{expired, lapsing, last_ended};
use super::journal::Books;
use super::money::Money;
use super::promises::Plan;
use super::rules::RuleSet;

/// The months that are looked back on, both included; none for no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub from: Option<Month>,
    /// The last.
    pub to: Option<Month>,
}

impl Period {
    fn holds(&self, month: Month) -> bool {
        self.from.is_none_or(|from| from <= month) && self.to.is_none_or(|to| month <= to)
    }
}

/// What lapses at the end of one due month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lapsing {
    /// The last month in which it can be spent.
    pub due_month: Month,
    /// What lapses if nothing more is spent.
    pub amount: Money,
    /// What of it is promised: planned spending would use it first.
    pub promised: Money,
}

impl Lapsing {
    /// What lapses even when everything planned is spent.
    #[must_use]
    pub fn at_risk(&self) -> Money {
        self.amount - self.promised
    }
}

/// What expired by the end of a day, and what lapses after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Underspend {
    /// The day.
    pub as_at: NaiveDate,
    /// The months that were looked back on.
    pub period: Period,
    /// What expired in each of them, where anything did.
    pub expired: Vec<(Month, Money)>,
    /// What lapses later, by due month, where anything does.
    pub lapsing: Vec<Lapsing>,
    /// Hypothetical: what would lapse even when everything planned is spent, if spending took the funds
    /// that lapse first, by due month, where anything would.
    pub earliest_first: Vec<(Month, Money)>,
}

/// Funds that were not spent expire, booked or not; those that can still be spent lapse unless they
/// are. Planned spending, laid into the months after the day, is drawn as payments are, and what
/// lapses less for it is promised (`docs/rules.md` sections 5 and 10).
///
/// £100 of May 2024, of which £60 are planned for April 2026: £40 are at risk.
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::{journal::{Books, EntryKind, Sums}, promises::Plan, rules::RuleSet};
/// use levy_ledger::domain::underspend::{Period, underspend};
/// let mut sums = Sums::new();
/// sums.entry("2024-05".parse()?).or_default().count(EntryKind::Levy, "100.00".parse()?);
/// let planned = Plan::from([("2026-04".parse()?, "60.00".parse()?)]);
/// let report = underspend(&Books::from(sums), &RuleSet::standard(), parse_date("2026-03-31")?, &planned);
/// assert_eq!(report.lapsing_in(1).to_string(), "0.00");
/// assert_eq!(report.lapsing_in(3).to_string(), "100.00");
/// assert_eq!(report.at_risk_in(3).to_string(), "40.00");
/// assert_eq!(report.within(Period::default()).summary(),
///     "No levy funds had expired by 31 March 2026. £100 will lapse on 31 May 2026 unless it is spent.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn underspend(books: &Books, rules: &RuleSet, as_at: NaiveDate, planned: &Plan) -> Underspend {
    let (flows, booked) = (books.flows(), books.bookings());
    let mut with_plans = flows.clone();
    for (month, amount) in planned {
        with_plans.entry(*month).or_default().own += *amount;
    }
    let amounts = lapsing(&flows, &booked, rules, as_at);
    let at_risk = lapsing(&with_plans, &booked, rules, as_at);
    let line = |(due_month, amount): (Month, Money)| {
        let at_risk = at_risk.get(&due_month).copied().unwrap_or_default().min(amount);
        Lapsing { due_month, amount, promised: amount - at_risk }
    };
    Underspend {
        as_at,
        period: Period::default(),
        expired: there_is(expired(&flows, &booked, rules, as_at)).collect(),
        earliest_first: there_is(earliest_lapsing_first(&amounts, planned)).collect(),
        lapsing: there_is(amounts).map(line).collect(),
    }
}

/// Hypothetical: what would lapse of these amounts, by due month, if planned spending took what lapses
/// first. The rule takes what entered first, which with two lives can be what lapses later, so that more
/// lapses than had to (`docs/rules.md` section 10). A month that gives back lowers the planned months
/// before it, newest first.
///
/// £100 lapses at the end of August 2027 and £100 in July 2028; £100 are planned for January 2027 and
/// £100 for January 2028. Nothing has to lapse:
///
/// ```
/// use levy_ledger::domain::{promises::Plan, underspend::earliest_lapsing_first};
/// let pounds = |text: &str| text.parse::<levy_ledger::domain::money::Money>();
/// let amounts = [("2027-08".parse()?, pounds("100.00")?), ("2028-07".parse()?, pounds("100.00")?)].into();
/// let planned = Plan::from([("2027-01".parse()?, pounds("100.00")?), ("2028-01".parse()?, pounds("100.00")?)]);
/// assert!(earliest_lapsing_first(&amounts, &planned).values().all(|amount| amount.is_zero()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn earliest_lapsing_first(amounts: &BTreeMap<Month, Money>, planned: &Plan) -> BTreeMap<Month, Money> {
    let spending = without_refunds(planned);
    let (mut due, mut lapsed) = (Money::ZERO, Money::ZERO);
    let lapse = |(month, amount): (&Month, &Money)| {
        due += *amount;
        let spent = spending.iter().filter(|(of, _)| of <= month).map(|(_, amount)| *amount).sum();
        let lapses = (due - spent - lapsed).at_least_zero();
        lapsed += lapses;
        (*month, lapses)
    };
    amounts.iter().map(lapse).collect()
}

/// Planned spending, each month that gives back set off against those before it.
fn without_refunds(planned: &Plan) -> Vec<(Month, Money)> {
    let mut spending: Vec<(Month, Money)> = Vec::with_capacity(planned.len());
    for (month, amount) in planned {
        let mut back = (-*amount).at_least_zero();
        for (_, earlier) in spending.iter_mut().rev() {
            let taken = back.min(*earlier);
            *earlier -= taken;
            back -= taken;
        }
        spending.push((*month, amount.at_least_zero()));
    }
    spending
}

fn there_is(months: BTreeMap<Month, Money>) -> impl Iterator<Item = (Month, Money)> {
    months.into_iter().filter(|(_, amount)| !amount.is_zero())
}

impl Underspend {
    /// Looks back on these months alone. What lapses later stays.
    #[must_use]
    pub fn within(mut self, period: Period) -> Self {
        self.expired.retain(|(month, _)| period.holds(*month));
        Self { period, ..self }
    }

    /// All that expired in the months looked back on.
    #[must_use]
    pub fn expired_total(&self) -> Money {
        self.expired.iter().map(|(_, amount)| *amount).sum()
    }

    /// What lapses in the first so many months not yet lapsed if nothing more is spent.
    #[must_use]
    pub fn lapsing_in(&self, months: i32) -> Money {
        self.next(months).map(|line| line.amount).sum()
    }

    /// What of that is not promised.
    #[must_use]
    pub fn at_risk_in(&self, months: i32) -> Money {
        self.next(months).map(Lapsing::at_risk).sum()
    }

    /// Hypothetical: all that would lapse if planned spending took the funds that lapse first.
    #[must_use]
    pub fn earliest_first_total(&self) -> Money {
        self.earliest_first.iter().map(|(_, amount)| *amount).sum()
    }

    /// Hypothetical: how much less that is than what is at risk under the rule.
    #[must_use]
    pub fn could_be_saved(&self) -> Money {
        let at_risk: Money = self.lapsing.iter().map(Lapsing::at_risk).sum();
        (at_risk - self.earliest_first_total()).at_least_zero()
    }

    fn next(&self, months: i32) -> impl Iterator<Item = &Lapsing> {
        let last = last_ended(self.as_at).plus(months);
        self.lapsing.iter().filter(move |line| line.due_month <= last)
    }

    /// The first day on which funds will lapse.
    #[must_use]
    pub fn first_lapse(&self) -> Option<NaiveDate> {
        self.lapsing.first().map(|line| line.due_month.last_day())
    }

    /// The sentences that are published: what expired, and what lapses next (`docs/rules.md` section
    /// 10).
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{} {}", self.what_expired(), self.what_lapses_next())
    }

    fn what_expired(&self) -> String {
        let ended = last_ended(self.as_at);
        let from = self.period.from.or_else(|| self.expired.first().map(|(month, _)| *month));
        let to = self.period.to.map_or(ended, |to| to.min(ended));
        let total = self.expired_total();
        match from.filter(|from| *from <= to) {
            None => format!("No levy funds had expired by {}.", day_in_words(self.as_at)),
            Some(from) if total.is_zero() => format!("{}, no levy funds expired.", span_in_words(from, to)),
            Some(from) => format!("{}, {} of levy funds expired.", span_in_words(from, to), total.in_words()),
        }
    }

    fn what_lapses_next(&self) -> String {
        let Some(next) = self.lapsing.first() else { return "No funds are due to lapse.".to_owned() };
        let (amount, on) = (next.amount.in_words(), day_in_words(next.due_month.last_day()));
        format!("{amount} will lapse on {on} unless it is spent.")
    }
}

fn day_in_words(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

fn span_in_words(from: Month, to: Month) -> String {
    let month = |month: Month| month.first_day().format("%B %Y").to_string();
    if from == to { format!("In {}", month(from)) } else { format!("From {} to {}", month(from), month(to)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::parse_date;
    use crate::domain::journal::{EntryKind, Sums};

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn levied(months: &[(&str, &str)]) -> Books {
        let mut sums = Sums::new();
        for (entered, amount) in months {
            sums.entry(month(entered)).or_default().count(EntryKind::Levy, amount.parse().unwrap());
        }
        sums.into()
    }

    fn council() -> Underspend {
        let sums = levied(&[("2017-04", "300000.00"), ("2017-11", "11798.84"), ("2017-12", "12345.67")]);
        underspend(&sums, &RuleSet::standard(), parse_date("2019-12-30").unwrap(), &Plan::new())
    }

    #[test]
    fn the_published_line_of_a_council_can_be_printed() {
        let period = Period { from: Some(month("2019-04")), to: Some(month("2019-11")) };
        let published = "From April 2019 to November 2019, £311,798.84 of levy funds expired. \
            £12,345.67 will lapse on 31 December 2019 unless it is spent.";
        assert_eq!(council().within(period).summary(), published);
    }

    #[test]
    fn the_sentence_names_no_month_that_has_not_ended() {
        let ahead = Period { from: Some(month("2019-11")), to: Some(month("2030-01")) };
        assert!(council().within(ahead).summary().starts_with("In November 2019, £11,798.84 of levy funds expired."));
        let later = Period { from: Some(month("2020-01")), to: None };
        assert!(council().within(later).summary().starts_with("No levy funds had expired by 30 December 2019."));
        let quiet = Period { from: Some(month("2019-05")), to: Some(month("2019-10")) };
        assert!(council().within(quiet).summary().starts_with("From May 2019 to October 2019, no levy funds expired."));
    }

    #[test]
    fn two_lives_let_more_lapse_than_had_to() {
        let books = levied(&[("2026-07", "100.00"), ("2026-08", "100.00")]);
        let planned = ["2027-01", "2028-01"].map(|of| (month(of), "100.00".parse().unwrap())).into();
        let on = parse_date("2026-11-22").unwrap();
        let england = underspend(&books, &RuleSet::england(), on, &planned);
        let at_risk: Vec<String> = england.lapsing.iter().map(|line| line.at_risk().to_string()).collect();
        assert_eq!(at_risk, ["100.00", "0.00"], "January takes the funds of July, which lapse a year later");
        assert_eq!((england.earliest_first.clone(), england.could_be_saved().to_string()), (vec![], "100.00".into()));
        let standard = underspend(&books, &RuleSet::standard(), on, &planned);
        assert!(standard.could_be_saved().is_zero(), "with one life the first in is the first to lapse");
    }

    #[test]
    fn a_plan_after_the_due_month_promises_nothing_of_it() {
        let sums = levied(&[("2024-05", "100.00"), ("2024-06", "100.00")]);
        let planned = Plan::from([(month("2026-06"), "150.00".parse().unwrap())]);
        let report = underspend(&sums, &RuleSet::standard(), parse_date("2026-04-30").unwrap(), &planned);
        let promised: Vec<String> = report.lapsing.iter().map(|line| line.promised.to_string()).collect();
        assert_eq!(promised, ["0.00", "100.00"]);
    }

    #[test]
    fn the_first_month_is_the_one_whose_last_day_is_to_come() {
        let sums = levied(&[("2024-05", "1.00"), ("2024-06", "2.00")]);
        let on = |day: &str| underspend(&sums, &RuleSet::standard(), parse_date(day).unwrap(), &Plan::new());
        assert_eq!(on("2026-05-30").lapsing_in(1).to_string(), "1.00");
        assert_eq!(on("2026-05-31").lapsing_in(1).to_string(), "2.00");
        assert_eq!(on("2026-05-31").first_lapse(), Some(parse_date("2026-06-30").unwrap()));
    }
}
