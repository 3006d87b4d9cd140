//! Totals of today, of accounts and of all of them, kept as they were sent. Whatever was recorded before a
//! request came in counts in its answer, by whichever process: the look at the ledger that finds the token
//! tells where it stands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use tokio::sync::MutexGuard;
use uuid::Uuid;

use super::access::Figures;
use super::asked::Asked;
use super::figures::found;
use super::problem::{Code, Problem};
use super::report::{Seen, Validators, begun, question};
use super::tables::Form;
use super::totals::TotalsOut;
use crate::app::figures::AsOf;
use crate::app::scope::Scope;
use crate::app::totals::{self, Parts};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events::{self, Head};
use crate::storage::writer::Moment;

/// How many answers are kept at the most, each of about a kilobyte.
const MOST: usize = 20_000;

/// The totals of accounts that were asked for last.
#[derive(Default)]
pub(crate) struct KeptTotals {
    answers: Mutex<HashMap<Uuid, Arc<Kept>>>,
    of_all: tokio::sync::Mutex<OfAll>,
}

/// The totals of all accounts that were worked out last, and what they are put together from.
#[derive(Default)]
pub(super) struct OfAll {
    kept: Option<Arc<Kept>>,
    parts: Parts,
}

/// Totals at the end of a day, from all that was recorded up to a head.
struct Kept {
    day: NaiveDate,
    head: Head,
    totals: TotalsOut,
    body: Bytes,
}

impl Kept {
    fn of(day: NaiveDate, head: Head, totals: TotalsOut) -> Self {
        // Totals are a plain struct of texts and numbers, which always serialises.
        let body = serde_json::to_vec(&totals).unwrap_or_default().into();
        Self { day, head, totals, body }
    }
}

impl KeptTotals {
    /// What is kept of an account for a day.
    fn find(&self, id: Uuid, day: NaiveDate) -> Option<Arc<Kept>> {
        // A thread that panicked while it held the lock leaves answers that are merely fewer.
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(&id).filter(|kept| kept.day == day).cloned()
    }

    fn keep(&self, id: Uuid, kept: Arc<Kept>) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MOST && !answers.contains_key(&id) {
            answers.clear();
        }
        answers.insert(id, kept);
    }

    /// Waits for its turn at the totals of all accounts: one works them out at a time, so that those who
    /// ask for one account find a connection to read by.
    pub(super) async fn turn(&self) -> MutexGuard<'_, OfAll> {
        self.of_all.lock().await
    }
}

/// Answers the totals of an account today, as JSON, or 304 when the caller has read them.
pub(super) async fn of_today(
    request: &HttpRequest,
    asked: &Asked<Figures>,
    kept: &KeptTotals,
    id: Uuid,
) -> Result<HttpResponse, Problem> {
    let caller = &asked.caller;
    let (now, known) = (asked.store.moment(), kept.find(id, asked.store.clock().today()));
    let known = known.filter(|known| known.day == now.today && caller.scope.sees(id));
    let current = match known {
        Some(known) if known.head == *caller.head => known,
        known => {
            let read = asked.read(move |db, caller, now| worked_out(db, &caller.scope, id, (now.today, known)));
            let current = Arc::new(read.await?);
            kept.keep(id, current.clone());
            current
        }
    };
    Ok(answer(request, asked, (now, current)))
}

/// Answers the totals of all accounts today to a caller who sees them all, in the same way. They are
/// worked out again once anything was recorded.
pub(super) async fn all_of_today(
    request: &HttpRequest,
    asked: &Asked<Figures>,
    mut all: MutexGuard<'_, OfAll>,
) -> Result<HttpResponse, Problem> {
    let now = asked.store.moment();
    // While it waited, somebody else may have had them worked out from still more.
    let asked_at = asked.caller.head.event;
    let known = all.kept.as_ref().filter(|known| known.day == now.today && known.head.event >= asked_at);
    if let Some(known) = known.cloned() {
        return Ok(answer(request, asked, (now, known)));
    }
    let mut parts = std::mem::take(&mut all.parts);
    let read = asked.read(move |db, _, now| {
        let of = match AsOf::new(db, None, None, now.today)? {
            Ok(of) => of,
            Err(refused) => return Ok(Err(Problem::new(Code::MalformedRequest, refused))),
        };
        let totals = TotalsOut::from(parts.now(db, of)?);
        Ok(Ok((parts, Kept::of(now.today, events::head(db)?, totals))))
    });
    let worked_out;
    (all.parts, worked_out) = read.await?;
    let current = Arc::new(worked_out);
    all.kept = Some(current.clone());
    Ok(answer(request, asked, (now, current)))
}

fn answer(request: &HttpRequest, asked: &Asked<Figures>, (now, current): (Moment, Arc<Kept>)) -> HttpResponse {
    let validators = Validators::of(&current.head, now, &asked.caller, &question(request, Form::Json));
    let is_sent = !Seen::of(request).is_latest(&validators);
    let mut answer = begun(validators, is_sent);
    if is_sent { answer.content_type("application/json").body(current.body.clone()) } else { answer.finish() }
}

/// The totals of an account on a day. What is known of it from before stands if only others recorded
/// something since.
fn worked_out(
    db: &mut Db,
    scope: &Scope,
    id: Uuid,
    (day, known): (NaiveDate, Option<Arc<Kept>>),
) -> Stored<Result<Kept, Problem>> {
    let head = events::head(db)?;
    let known = match known {
        Some(known) if known.day == day && totals::stand_since(db, id, known.head.event)? => Some(known.totals.clone()),
        Some(_) | None => None,
    };
    let totals = match known {
        Some(mut totals) => {
            totals.known_at = head.seq;
            totals
        }
        None => {
            let of = match AsOf::new(db, None, None, day)? {
                Ok(of) => of,
                Err(refused) => return Ok(Err(Problem::new(Code::MalformedRequest, refused))),
            };
            match found(totals::of_account(db, scope, id, of)?) {
                Ok(view) => TotalsOut::from(view),
                Err(problem) => return Ok(Err(problem)),
            }
        }
    };
    Ok(Ok(Kept::of(day, head, totals)))
}
