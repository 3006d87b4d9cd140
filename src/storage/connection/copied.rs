//! Rows of each table as PostgreSQL takes many of them fastest: by `COPY`, in its binary form, which spares
//! it to parse and plan a statement of thousands of parameters.

use diesel::prelude::*;

use crate::storage::rows::{
    AccountRow, AccountSettingsRow, ClosedMonthRow, CoInvestmentRow, EntryRow, EventRow, IdempotencyRow,
    JournalProfileRow, LearnerRow, NoticeRow, OutcomeRow, PayeSharePartRow, PayeShareRow, ProviderRow, RuleRowRow,
    RuleSetRow, SightingRow, StartChangeRow, StartLifeRow, StartRow, StatementLineRow, StatementRow, SubmissionRow,
    TokenRow, TransferChangeRow, TransferRow, TransferScheduleRow, WebhookDeliveryRow, WebhookRemovalRow, WebhookRow,
    WorkforceReturnRow,
};
use crate::storage::schema;

/// A row that is copied.
pub(crate) trait Copied: Sized {
    /// Copies rows into their table.
    fn copy(rows: Vec<Self>, db: &mut PgConnection) -> QueryResult<usize>;
}

/// The type by which Diesel knows rows to be copied has no name outside of it, so that no generic
/// implementation can ask for it.
macro_rules! copied {
    ($($row:ty => $table:ident,)*) => {
        $(impl Copied for $row {
            fn copy(rows: Vec<Self>, db: &mut PgConnection) -> QueryResult<usize> {
                diesel::copy_from(schema::$table::table).from_insertable(rows).execute(db)
            }
        })*
    };
}

copied! {
    AccountRow => accounts,
    AccountSettingsRow => account_settings,
    ClosedMonthRow => closed_months,
    CoInvestmentRow => co_investments,
    EntryRow => entries,
    EventRow => events,
    IdempotencyRow => idempotency_answers,
    JournalProfileRow => journal_profiles,
    LearnerRow => learners,
    NoticeRow => notices,
    OutcomeRow => levy_outcomes,
    PayeSharePartRow => paye_share_parts,
    PayeShareRow => paye_shares,
    ProviderRow => providers,
    RuleRowRow => rule_rows,
    RuleSetRow => rule_sets,
    SightingRow => statement_sightings,
    StartChangeRow => start_changes,
    StartLifeRow => start_lives,
    StartRow => starts,
    StatementLineRow => statement_lines,
    StatementRow => statements,
    SubmissionRow => levy_submissions,
    TokenRow => tokens,
    TransferChangeRow => transfer_changes,
    TransferRow => transfers,
    TransferScheduleRow => transfer_schedules,
    WebhookDeliveryRow => webhook_deliveries,
    WebhookRemovalRow => webhook_removals,
    WebhookRow => webhooks,
    WorkforceReturnRow => workforce_returns,
}
