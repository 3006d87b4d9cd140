//! What operators want to see of the writer, counted once a batch.

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

/// A number as a figure to look at; beyond 2^53 it is a neighbour.
#[expect(clippy::cast_precision_loss, reason = "a figure to look at, not to record")]
fn figure(seq: Seq) -> f64 {
    seq as f64
}
