//! What operators want to see of the writer, counted once a batch, and of telling webhooks.

use crate::domain::journal::Seq;

/// A batch is durable.
pub(super) fn recorded(commands: usize, head: Seq) {
    metrics::counter!("ledger_batches_total", "outcome" => "recorded").increment(1);
    metrics::counter!("ledger_commands_total").increment(u64::try_from(commands).unwrap_or(u64::MAX));
    metrics::histogram!("ledger_batch_commands").record(u32::try_from(commands).unwrap_or(u32::MAX));
    metrics::gauge!("ledger_head_seq").set(figure(head));
}

/// A batch was rolled back.
pub(super) fn rolled_back() {
    metrics::counter!("ledger_batches_total", "outcome" => "rolled_back").increment(1);
}

/// Commands that wait while a batch is taken from the queue.
pub(super) fn waiting(commands: usize) {
    metrics::gauge!("ledger_queue_commands").set(u32::try_from(commands).unwrap_or(u32::MAX));
}

/// What operators want to see of telling webhooks.
pub(crate) mod webhooks {
    use super::figure;
    use crate::storage::webhooks::Behind;

    /// A webhook took a delivery.
    pub(crate) fn taken() {
        metrics::counter!("ledger_webhook_deliveries_total", "outcome" => "taken").increment(1);
    }

    /// A webhook did not take a delivery.
    pub(crate) fn refused() {
        metrics::counter!("ledger_webhook_deliveries_total", "outcome" => "failed").increment(1);
    }

    /// How far the slowest webhook is behind.
    pub(crate) fn behind(Behind { numbers, seconds }: Behind) {
        metrics::gauge!("ledger_webhook_lag_numbers").set(figure(numbers));
        metrics::gauge!("ledger_webhook_lag_seconds").set(seconds);
    }
}

/// A number as a figure to look at; beyond 2^53 it is a neighbour.
#[expect(clippy::cast_precision_loss, reason = "a figure to look at, not to record")]
fn figure(seq: Seq) -> f64 {
    seq as f64
}
