//! What a server does of posts without the ledger: the same statements by `pgbench`.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use levy_ledger::storage::Store;

use super::Outcome;
use super::pgbench::pgbench;
use super::place::Place;

/// The statements of a post of levy, one transaction a request, under the same lock.
const POST: &str = "BEGIN;
SELECT pg_advisory_xact_lock(7205759);
SELECT id AS event, last_seq, hash, recorded_at FROM events ORDER BY id DESC LIMIT 1 \\gset
INSERT INTO entries (seq, account_id, kind, month, effective_on, declared_on, amount, reference, recorded_at, recorded_by)
VALUES (:last_seq + 1, 1, 'levy', 202605, '2026-05-22', '2025-06-01', 100000000, 'bench', now(), 'bench');
INSERT INTO events (id, first_seq, last_seq, recorded_at, actor, actor_name, request_id, action, account_id, body, hash)
VALUES (:event + 1, :last_seq + 1, :last_seq + 1, now(), '01a20333-fb98-7171-99f1-b2af7bcc9b39', 'bench',
'01a20333-fb98-7171-99f1-b2af7bcc9b39', 'levy_recorded', 1, '{}', repeat('0', 64));
INSERT INTO monthly_sums VALUES (1, 202605, 0, 0, 0, 0, 0, 0) ON CONFLICT (account_id, month)
DO UPDATE SET levy = monthly_sums.levy + 100000000;
INSERT INTO declared_sums VALUES (1, 2025, 0) ON CONFLICT (account_id, allowance_year)
DO UPDATE SET levy = declared_sums.levy + 100000000;
COMMIT;
";

/// What `pgbench` reaches with the statements of a post.
pub fn posts(place: &Place, seconds: u32) -> Outcome<Option<f64>> {
    let url = place.fresh();
    if !url.starts_with("postgres") {
        return Ok(None);
    }
    Store::migrate(&url.parse()?)?;
    PgConnection::establish(&url)?.batch_execute(
        "INSERT INTO accounts VALUES (1, 'bench'); INSERT INTO events VALUES (1, 1, 1, now(), '', '', '', '', 1, NULL, '', '')",
    )?;
    pgbench(place, &url, POST, seconds)
}
