//! What a decision can record: each fact takes one number of the ledger's sequence.

use chrono::{NaiveDate, NaiveDateTime};
use uuid::Uuid;

use super::account::AccountSettings;
use super::calendar::Month;
use super::close::{ClosedMonth, CoInvested, Notice};
use super::declarations::Declared;
use super::journal::{Entry, Seq};
use super::journal_profile::JournalProfile;
use super::money::Money;
use super::paye_schemes::SchemeShare;
use super::people::{PriorityGroup, Provider, Role, Sector};
use super::public_sector::WorkforceReturn;
use super::rules::{RuleRow, RuleSet};
use super::starts::StartChange;
use super::transfers::{Change, ChangeNote, Terms, Transition};
use super::webhooks::NewWebhook;

/// One thing recorded.
#[derive(Clone, Debug)]
pub enum Fact {
    /// A levy account was opened.
    AccountOpened {
        /// Its public id.
        public_id: Uuid,
        /// What it chose.
        settings: AccountSettings,
    },
    /// An account chose anew.
    SettingsChanged {
        /// The account.
        account: Uuid,
        /// Everything it chose.
        settings: AccountSettings,
    },
    /// The balance of an account moved.
    Moved {
        /// The account.
        account: Uuid,
        /// By what.
        entry: Entry,
    },
    /// What becomes of levy that was declared to HMRC was decided.
    Declared(Box<Declared>),
    /// It was said whom a PAYE scheme is shared with, from a payroll month on.
    SchemeShared {
        /// The account.
        account: Uuid,
        /// The parts, and from when they hold.
        share: SchemeShare,
    },
    /// A provider was registered.
    ProviderRegistered {
        /// Its public id.
        public_id: Uuid,
        /// What is known of it.
        provider: Provider,
    },
    /// What is known of a provider changed.
    ProviderAmended {
        /// The provider.
        provider_id: Uuid,
        /// All that is known of it now.
        provider: Provider,
    },
    /// A transfer was offered, or agreed at once.
    TransferAgreed(Box<NewTransfer>),
    /// A transfer changed.
    TransferChanged {
        /// The transfer.
        transfer: Uuid,
        /// The day on which it changed.
        on: NaiveDate,
        /// What changed.
        change: Change,
        /// Why.
        reason: Option<String>,
    },
    /// A start was recorded.
    StartRecorded(Box<NewStart>),
    /// Something happened to a start.
    StartChanged {
        /// The start.
        start: Uuid,
        /// What happened.
        change: StartChange,
        /// Why.
        reason: Option<String>,
    },
    /// Personal data of a start's learner was set.
    LearnerChanged {
        /// The start.
        start: Uuid,
        /// All that is known of the learner now.
        learner: Learner,
    },
    /// Personal data of a start's learner was erased.
    LearnerErased {
        /// The start.
        start: Uuid,
        /// Why.
        reason: String,
    },
    /// A month of an account was closed.
    MonthClosed {
        /// The account.
        account: Uuid,
        /// The month's figures.
        closed: ClosedMonth,
        /// What the funds did not cover.
        co_invested: Vec<CoInvested>,
    },
    /// Notice was given.
    Noticed {
        /// The account.
        account: Uuid,
        /// The month whose close gave it.
        month: Month,
        /// Of what.
        notice: Notice,
    },
    /// A rule set was made.
    RuleSetMade {
        /// The rule set.
        rules: RuleSet,
    },
    /// Later rows were added to a rule set.
    RuleRowsAdded {
        /// The name of the rule set.
        rule_set: String,
        /// The rows.
        rows: Vec<RuleRow>,
    },
    /// A profile of journals was made.
    JournalProfileMade {
        /// The profile.
        profile: JournalProfile,
    },
    /// The head counts of a year were returned.
    WorkforceCounted {
        /// The account.
        account: Uuid,
        /// The head counts.
        counted: WorkforceReturn,
    },
    /// A webhook was made.
    WebhookMade(Box<NewWebhook>),
    /// A webhook was removed.
    WebhookRemoved {
        /// The webhook.
        webhook: Uuid,
    },
    /// A token was issued.
    TokenIssued(Box<NewToken>),
    /// A token was revoked.
    TokenRevoked {
        /// The token.
        token: Uuid,
    },
}

/// A transfer as it is first agreed.
#[derive(Clone, Debug)]
pub struct NewTransfer {
    /// Its public id.
    pub public_id: Uuid,
    /// The account that pays.
    pub account: Uuid,
    /// The provider that receives.
    pub provider: Uuid,
    /// What it is for.
    pub purpose: TransferPurpose,
    /// How much was agreed, and when it is to be paid.
    pub terms: Terms,
    /// Whether it was accepted on the day it was agreed.
    pub accepted: bool,
}

impl NewTransfer {
    /// What happened on the day it was agreed.
    #[must_use]
    pub fn first_change(&self) -> Change {
        if self.accepted { Change::Transition(Transition::Accept) } else { Change::Offered }
    }

    /// The same, as people look it up.
    #[must_use]
    pub fn note(&self, by: &str) -> ChangeNote {
        ChangeNote {
            on: self.purpose.agreed_on,
            change: self.first_change().done(),
            amount: Some(self.terms.amount),
            provider: None,
            reason: None,
            by: by.to_owned(),
        }
    }
}

/// What a transfer is for. None of it changes afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferPurpose {
    /// The day of the agreement; starts begin after it.
    pub agreed_on: NaiveDate,
    /// How many apprentices it is for.
    pub apprentices: u32,
    /// The last day on which the offer can be accepted.
    pub lapses_on: Option<NaiveDate>,
    /// The month in which training is to begin.
    pub planned_start: Option<Month>,
    /// For how many months.
    pub duration_months: Option<u32>,
    /// The apprenticeship standard.
    pub standard_code: Option<String>,
    /// Its level, 2 to 7.
    pub level: Option<u8>,
    /// The groups it is meant for.
    pub priority_groups: Vec<PriorityGroup>,
    /// The council's own reference.
    pub reference: Option<String>,
}

/// A start as it is first recorded.
#[derive(Clone, Debug)]
pub struct NewStart {
    /// Its public id.
    pub public_id: Uuid,
    /// The account whose start it is.
    pub account: Uuid,
    /// The transfer that funds it; none when the account does.
    pub transfer: Option<Uuid>,
    /// What was agreed.
    pub terms: StartTerms,
    /// Whom it is for: personal data, kept apart.
    pub learner: Learner,
}

/// What was agreed for a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartTerms {
    /// The apprenticeship standard.
    pub standard_code: String,
    /// Its title.
    pub standard_title: Option<String>,
    /// Its level, 2 to 7.
    pub level: u8,
    /// The sector, where it is not the provider's.
    pub sector: Option<Sector>,
    /// The price agreed with the training provider, in pounds.
    pub agreed_price: Money,
    /// The most that the funding band in force on the first day allows, in pounds.
    pub funding_band_maximum: Option<Money>,
    /// The day of the agreement.
    pub agreed_on: NaiveDate,
    /// The first day of learning.
    pub start_on: NaiveDate,
    /// The last day of learning as planned.
    pub planned_end_on: NaiveDate,
    /// The training provider's UKPRN.
    pub training_provider_ukprn: Option<String>,
    /// The training provider's name.
    pub training_provider_name: Option<String>,
    /// Whether the training provider is local.
    pub local_training_provider: Option<bool>,
    /// Whether the apprentice goes on from another employer, and so may have begun before this was
    /// agreed.
    pub change_of_employer: bool,
}

/// Personal data of an apprentice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learner {
    /// The council's own reference.
    pub reference: Option<String>,
    /// The unique learner number, ten digits.
    pub uln: Option<String>,
    /// The priority groups the apprentice belongs to.
    pub priority_groups: Option<Vec<PriorityGroup>>,
}

/// A token as it is issued. Its secret is known to its holder alone.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Its public id, the part before the dot.
    pub public_id: Uuid,
    /// What it is called.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The accounts it is limited to; none when it is not.
    pub accounts: Option<Vec<Uuid>>,
    /// SHA-256 of the secret, in hexadecimal.
    pub secret_hash: String,
    /// Until when it is taken, UTC.
    pub expires_at: NaiveDateTime,
}

impl Fact {
    /// What is said of it in the list of changes.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::AccountOpened { .. } => "account_opened",
            Self::SettingsChanged { .. } => "account_changed",
            Self::Moved { .. } => "entry_recorded",
            Self::Declared(_) => "levy_declared",
            Self::SchemeShared { .. } => "paye_scheme_shared",
            Self::ProviderRegistered { .. } => "provider_registered",
            Self::ProviderAmended { .. } => "provider_changed",
            Self::TransferAgreed(_) => "transfer_agreed",
            Self::TransferChanged { .. } => "transfer_changed",
            Self::StartRecorded(_) => "start_recorded",
            Self::StartChanged { change, .. } => change.action(),
            Self::LearnerChanged { .. } => "personal_data_changed",
            Self::LearnerErased { .. } => "personal_data_erased",
            Self::MonthClosed { .. } => "month_closed",
            Self::Noticed { notice, .. } => notice.kind.action(),
            Self::RuleSetMade { .. } => "rule_set_made",
            Self::RuleRowsAdded { .. } => "rule_rows_added",
            Self::JournalProfileMade { .. } => "journal_profile_made",
            Self::WorkforceCounted { .. } => "workforce_returned",
            Self::WebhookMade(_) => "webhook_made",
            Self::WebhookRemoved { .. } => "webhook_removed",
            Self::TokenIssued(_) => "token_issued",
            Self::TokenRevoked { .. } => "token_revoked",
        }
    }
}

/// A number that was given to a fact.
pub type Recorded = (Seq, Fact);
