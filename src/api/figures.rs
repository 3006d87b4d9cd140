//! What figures are asked for: a day, and a number of the ledger.

use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::{Code, Problem};
use super::wire::{DateText, Text};
use crate::app::Refusal;
use crate::app::figures::AsOf;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::writer::Moment;

/// The state that figures are asked of.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FiguresQuery {
    /// The state at this day's end, from what was effective by then; today unless said.
    #[serde(default)]
    as_at: Option<DateText>,
    /// From what had been recorded up to this number of the ledger; the last one unless said.
    #[serde(default)]
    #[param(minimum = 0)]
    known_at: Option<Seq>,
}

impl FiguresQuery {
    /// The state that is asked for.
    pub(crate) fn as_of(&self, db: &mut Db, now: Moment) -> Stored<Result<AsOf, Problem>> {
        let as_at = self.as_at.map(|Text(day)| day);
        let of = AsOf::new(db, as_at, self.known_at, now.today)?;
        Ok(of.map_err(|refused| Problem::new(Code::MalformedRequest, refused)))
    }
}

/// What was found, or that there is no such account.
pub(crate) fn found<T>(found: Option<T>) -> Result<T, Problem> {
    found.ok_or_else(|| Refusal::NotFound("account").into())
}
