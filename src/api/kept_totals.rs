//! Totals of today, kept as they were sent. Whatever was recorded before a request came in counts in its
//! answer, by whichever process: the look at the ledger that finds the token tells where it stands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
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
use crate::app::totals;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events::{self, Head};

/// How many answers are kept at the most, each of about a kilobyte.
const MOST: usize = 20_000;

/// The totals of accounts that were asked for last.
#[derive(Default)]
pub(crate) struct KeptTotals {
    answers: Mutex<HashMap<Uuid, Arc<Kept>>>,
}

/// The totals of an account at the end of a day, from all that was recorded up to a head.
struct Kept {
    day: NaiveDate,
    head: Head,
    totals: TotalsOut,
    body: Bytes,
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
    let validators = Validators::of(&current.head, now, caller, &question(request, Form::Json));
    let is_sent = !Seen::of(request).is_latest(&validators);
    let mut answer = begun(validators, is_sent);
    Ok(if is_sent { answer.content_type("application/json").body(current.body.clone()) } else { answer.finish() })
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
    // Totals are a plain struct of texts and numbers, which always serialises.
    let body = serde_json::to_vec(&totals).unwrap_or_default().into();
    Ok(Ok(Kept { day, head, totals, body }))
}
