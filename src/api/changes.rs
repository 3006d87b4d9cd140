//! Changes: what was recorded, in order, for integrations that follow the ledger. Every role reads
//! all of them, entries too: none holds personal data.

use std::time::Duration;

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until, timeout_at};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Figures;
use super::asked::{Asked, Params};
use super::entries::EntryOut;
use super::page::Window;
use super::problem::{Code, Problem, Problems};
use super::wire::{IdText, Text, TimeText};
use crate::app::changes::{self, Followed, FollowedEntry, Following};
use crate::app::entries::NamedIds;
use crate::domain::journal::Seq;
use crate::storage::writer::Receipt;

/// How long a caller waits at the most.
const LONGEST_WAIT: u64 = 30;
/// How often it is looked whether another process has recorded something.
const LOOK: Duration = Duration::from_secs(1);
/// How long a caller who may not see what was just recorded is left before it is looked again.
const PAUSE: Duration = Duration::from_millis(100);

/// The routes of changes.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list);
}

/// Where to go on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesQuery {
    /// The number after which to begin, as `next_after` gave it; from the beginning unless said.
    after: Option<Seq>,
    /// The `next_cursor` of the page before, in place of `after`.
    cursor: Option<Seq>,
    /// How many changes at the most, 1 to 1000; 100 unless said.
    limit: Option<i64>,
    /// For how many seconds to wait when there is nothing yet, 0 to 30; not at all unless said.
    wait_s: Option<u64>,
}

impl ChangesQuery {
    /// The number after which to begin, how many changes at the most, and how long to wait.
    fn read(&self) -> Result<(Seq, usize, Duration), Problem> {
        let malformed = |detail: String| Err(Problem::new(Code::MalformedRequest, detail));
        let wait_s = self.wait_s.unwrap_or(0);
        if wait_s > LONGEST_WAIT {
            return malformed(format!("wait_s lies from 0 to {LONGEST_WAIT}"));
        }
        if self.after.is_some() && self.cursor.is_some() {
            return malformed("give after or cursor, not both: they say the same".to_owned());
        }
        let after = self.after.or(self.cursor).unwrap_or(0);
        if after < 0 {
            return malformed("after is a number of the sequence, 0 or above".to_owned());
        }
        let limit = Window::of(self.limit, None, &"changes")?.limit;
        Ok((after, usize::try_from(limit).unwrap_or(usize::MAX), Duration::from_secs(wait_s)))
    }
}

/// What was recorded under one number.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeOut {
    /// Its number in the ledger's sequence.
    seq: Seq,
    /// What was done, such as `entry_recorded`, `transfer_agreed` or `account_changed`.
    change: String,
    /// The account that it belongs to; null where it belongs to all.
    account_id: Option<IdText>,
    /// The id of what was made or changed; null for an entry, which its number names.
    resource_id: Option<String>,
    /// When it was recorded.
    recorded_at: TimeText,
    /// By whom.
    recorded_by: String,
    /// The entry, where one was recorded.
    entry: Option<EntryOut>,
}

impl From<Followed> for ChangeOut {
    fn from(change: Followed) -> Self {
        let Followed { seq, action, account, subject, recorded_at, recorded_by, entry } = change;
        Self {
            seq,
            change: action,
            account_id: account.map(Text),
            resource_id: subject,
            recorded_at: Text(recorded_at),
            entry: entry.map(|FollowedEntry { entry, start, transfer }| {
                let receipt = Receipt { first_seq: Some(seq), at: recorded_at, by: recorded_by.clone(), head: None };
                EntryOut::recorded(&entry, NamedIds { start, transfer }, &receipt, 0)
            }),
            recorded_by,
        }
    }
}

/// Some changes in order, and where to go on.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangesOut {
    /// The changes, oldest first. A token that is limited to accounts gets those of its accounts.
    data: Vec<ChangeOut>,
    /// What to give as `cursor` for what is there already; null when there is no more.
    next_cursor: Option<String>,
    /// What to give as `after` next time, whether there is more already or not.
    next_after: Seq,
    /// The ledger's last number.
    head: Seq,
}

impl ChangesOut {
    /// The number after which to go on.
    pub(super) fn next_after(&self) -> Seq {
        self.next_after
    }
}

impl From<Following> for ChangesOut {
    fn from(Following { changes, next_after, more, head }: Following) -> Self {
        let next_cursor = more.then(|| next_after.to_string());
        Self { data: changes.into_iter().map(ChangeOut::from).collect(), next_cursor, next_after, head }
    }
}

/// Lists every change in order, and waits for the next one if asked to
///
/// Numbers are gapless from 1 for a token that is not limited to accounts. There is no personal
/// data among the changes.
#[utoipa::path(
    operation_id = "list_changes",
    tag = "changes",
    params(ChangesQuery),
    responses((status = 200, description = "Some changes, and where to go on", body = ChangesOut), Problems),
)]
#[get("/changes")]
pub(crate) async fn list(asked: Asked<Figures>, query: Params<ChangesQuery>) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let (after, limit, wait) = query.read()?;
    Ok(HttpResponse::Ok().json(wait_for(&asked, after, limit, Instant::now() + wait).await?))
}

/// The changes after a number, as soon as there are any, or none when the time is over.
async fn wait_for(asked: &Asked<Figures>, mut after: Seq, limit: usize, until: Instant) -> Result<ChangesOut, Problem> {
    let mut recorded = asked.store.writer().recorded();
    loop {
        // What is recorded from here on wakes this caller, even while it reads.
        recorded.mark_unchanged();
        let found = asked.read(move |db, caller, _| Ok(Ok(changes::follow(db, &caller.scope, after, limit)?))).await?;
        if !found.changes.is_empty() || Instant::now() >= until {
            return Ok(found.into());
        }
        if found.next_after > after {
            sleep_until(until.min(Instant::now() + PAUSE)).await;
        }
        after = found.next_after;
        // Woken or not, it is looked again: another process may have recorded something.
        drop(timeout_at(until.min(Instant::now() + LOOK), recorded.changed()).await);
    }
}
