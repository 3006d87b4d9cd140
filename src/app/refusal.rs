//! Why a use case was refused, with the figures that the caller needs.

use crate::domain::calendar::Month;
use crate::domain::cap::CapExceeded;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use uuid::Uuid;

/// One thing that is wrong with a request, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// JSON pointer of the field.
    pub(crate) pointer: String,
    /// What is wrong, and what would be right.
    pub(crate) detail: String,
}

impl Fault {
    /// A fault of the field at `pointer`.
    pub(crate) fn at(pointer: &str, detail: impl std::fmt::Display) -> Self {
        Self { pointer: pointer.to_owned(), detail: detail.to_string() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pointer, detail } = self;
        if pointer.is_empty() { f.write_str(detail) } else { write!(f, "{pointer}: {detail}") }
    }
}

/// Why nothing was recorded.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// It is not there, or the caller may not see it.
    #[error("there is no such {0}, or this token may not see it")]
    NotFound(&'static str),
    /// The caller's role or accounts do not reach so far.
    #[error("{0}")]
    Forbidden(String),
    /// Fields that cannot be taken as they are.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Fault>),
    /// A step that the state does not allow.
    #[error("{0}")]
    InvalidTransition(String),
    /// The month is closed: nothing is paid in it any more.
    #[error("{}{month} is closed; {first_open} is the first open month, in which it can be corrected", place(*payment))]
    MonthClosed {
        /// The place in the request of the payment, where there are several.
        payment: Option<usize>,
        /// The month.
        month: Month,
        /// The first month that is open.
        first_open: Month,
    },
    /// The entry was taken back before.
    #[error("entry {entry} was reversed by entry {by}")]
    AlreadyReversed {
        /// The entry.
        entry: Seq,
        /// The entry that took it back.
        by: Seq,
    },
    /// The same start is there.
    #[error("a start with this learner reference, standard and first day is already recorded")]
    DuplicateStart,
    /// The company number is taken.
    #[error("the company number {number} belongs to provider {provider}")]
    ProviderExists {
        /// The company number.
        number: String,
        /// Who holds it.
        provider: Uuid,
    },
    /// The name is taken.
    #[error("the name {0:?} is taken")]
    NameTaken(String),
    /// What the caller saw has changed since.
    #[error("it has changed since it was read; read it again and repeat the change")]
    Stale,
    /// Beyond the year's transfer allowance.
    #[error(transparent)]
    CapExceeded(#[from] CapExceeded),
    /// A payment beyond the year's transfer allowance.
    #[error("/payments/{payment}: {exceeded}")]
    PaymentBeyondCap {
        /// Its place in the request.
        payment: usize,
        /// The figures.
        exceeded: CapExceeded,
    },
    /// Beyond what the transfer pays for.
    #[error("{detail}")]
    TransferExceeded {
        /// What is exceeded, in a sentence with the figures.
        detail: String,
        /// What was asked for and what is left, where money is exceeded.
        figures: Option<(Money, Money)>,
    },
    /// More than the account's funds.
    #[error("{}{} requested in {month}, {} available: the account's funds do not suffice", place(*payment), requested.in_words(), available.in_words())]
    InsufficientFunds {
        /// The place in the request of the payment that is too much, where there are several.
        payment: Option<usize>,
        /// The month of the payment.
        month: Month,
        /// What was asked for.
        requested: Money,
        /// What the funds allow.
        available: Money,
    },
    /// More than the funds that have not lapsed.
    #[error("{}{} requested in {month}, {} available: the funds that would suffice have expired", place(*payment), requested.in_words(), available.in_words())]
    FundsExpired {
        /// The place in the request of the payment that is too much, where there are several.
        payment: Option<usize>,
        /// The month of the payment.
        month: Month,
        /// What was asked for.
        requested: Money,
        /// What the funds allow.
        available: Money,
    },
}

fn place(payment: Option<usize>) -> String {
    payment.map(|place| format!("/payments/{place}: ")).unwrap_or_default()
}
