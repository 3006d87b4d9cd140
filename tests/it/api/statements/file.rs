//! National files as tests write them: the lines of both versions from the same facts.

/// What a line says; blank and nothing where it is not said.
#[derive(Clone, Debug, Default)]
pub struct Line {
    date: &'static str,
    kind: &'static str,
    description: &'static str,
    scheme: &'static str,
    payroll_month: &'static str,
    uln: &'static str,
    learner: &'static str,
    from_levy: &'static str,
    from_transfer: &'static str,
    yours: &'static str,
    government: &'static str,
    total: String,
}

pub const SCHEME: &str = "123/AB45678";

/// Levy of the usual scheme.
pub fn levy(date: &'static str, payroll_month: &'static str, total: &str) -> Line {
    let (kind, scheme, total) = ("Levy", SCHEME, total.to_owned());
    Line { date, kind, description: kind, scheme, payroll_month, total, ..Line::default() }
}

/// A payment from levy funds for a learner.
pub fn paid(date: &'static str, uln: &'static str, from_levy: &'static str) -> Line {
    let kind = "Monthly Payment";
    let total = from_levy.to_owned();
    Line { date, kind, description: kind, uln, learner: "Learner, A", from_levy, total, ..Line::default() }
}

/// Funds sent when below nothing, else received.
pub fn transfer(date: &'static str, total: &str) -> Line {
    let description = "Transfer sent to Small Firm";
    Line { date, kind: "Transfer", description, total: total.to_owned(), ..Line::default() }
}

/// Funds that lapsed, as `Expired Levy` or of a named life.
pub fn expired(date: &'static str, kind: &'static str, total: &str) -> Line {
    Line { date, kind, description: kind, total: total.to_owned(), ..Line::default() }
}

impl Line {
    /// What employer and government paid beside it.
    pub fn beside(self, yours: &'static str, government: &'static str, total: &str) -> Self {
        Self { yours, government, total: total.to_owned(), ..self }
    }

    pub fn scheme(self, scheme: &'static str) -> Self {
        Self { scheme, ..self }
    }

    pub fn kind(self, kind: &'static str) -> Self {
        Self { kind, description: kind, ..self }
    }
}

fn money(text: &str) -> String {
    let text = if text.is_empty() { "0.00" } else { text };
    format!("{text}000")
}

/// Whole files.
pub struct Statement;

impl Statement {
    pub fn v2(lines: &[Line]) -> String {
        let header = "Transaction date,Transaction type,Description,PAYE scheme,Payroll month,Levy declared,English %,\
                      10% top up,Cohort reference,Training provider,Unique learner number,Learner,Course name,\
                      Course level,Course type,Paid from levy,Paid from transfer,Your contribution,\
                      Government contribution,Total,";
        let line = |line: &Line| {
            let cohort = if line.uln.is_empty() { "" } else { "R8KGDR" };
            format!(
                "{},{},{},{},{},0.00000,0.00000,0.00000,{cohort},\"\",{},{},,,,{},{},{},{},{},",
                line.date,
                line.kind,
                line.description,
                line.scheme,
                line.payroll_month,
                line.uln,
                line.learner,
                money(line.from_levy),
                money(line.from_transfer),
                money(line.yours),
                money(line.government),
                money(&line.total),
            )
        };
        Self::of(header, lines.iter().map(line))
    }

    pub fn v1(lines: &[Line]) -> String {
        let header = "Transaction date,Transaction type,Description,PAYE scheme,Payroll month,Levy declared,English %,\
                      10% top up,Training provider,Unique learner number,Apprentice,Apprenticeship training course,\
                      Course level,Paid from levy,Your contribution,Government contribution,Total,";
        let line = |line: &Line| {
            format!(
                "{},{},{},{},{},0.00000,0.00000,0.00000,\"\",{},{},,,{},{},{},{},",
                line.date,
                line.kind,
                line.description,
                line.scheme,
                line.payroll_month,
                line.uln,
                line.learner,
                money(line.from_levy),
                money(line.yours),
                money(line.government),
                money(&line.total),
            )
        };
        Self::of(header, lines.iter().map(line))
    }

    fn of(header: &str, lines: impl Iterator<Item = String>) -> String {
        let lines: Vec<String> = lines.collect();
        // The national file drops its last character.
        format!(
            "{header}\r\n{}",
            lines.iter().map(|line| format!("{line}\r\n")).collect::<String>().trim_end_matches('\n')
        )
    }
}
