//! Tokens: issued once, revoked once, and kept in memory while nobody revokes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::NaiveDateTime;
use diesel::dsl::max;
use diesel::prelude::*;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::columns::{self, StorageError, Stored};
use super::connection::{self, DatabaseUrl, Db, Lasting, Purpose};
use super::events::Head;
use super::rows::TokenRow;
use super::schema::{events as chain, tokens};
use crate::domain::facts::NewToken;
use crate::domain::journal::Seq;
use crate::domain::names::Named;
use crate::domain::people::Role;

/// A token as requests are held against it.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its public id.
    pub public_id: Uuid,
    /// What it is called.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The accounts it is limited to; none when it is not.
    pub accounts: Option<Vec<Uuid>>,
    /// SHA-256 of its secret, in hexadecimal.
    pub secret_hash: String,
    /// When it was issued.
    pub created_at: NaiveDateTime,
    /// Until when it is taken.
    pub expires_at: NaiveDateTime,
    /// When it was revoked.
    pub revoked_at: Option<NaiveDateTime>,
}

/// The row of a token.
pub(crate) fn row_of(seq: Seq, new: &NewToken, at: NaiveDateTime) -> TokenRow {
    let accounts = new.accounts.as_deref();
    TokenRow {
        id: seq,
        public_id: new.public_id.to_string(),
        name: new.name.clone(),
        role: new.role.name().to_owned(),
        accounts: accounts.map(|ids| ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(" ")),
        secret_hash: new.secret_hash.clone(),
        created_at: at,
        expires_at: new.expires_at,
        revoked_seq: None,
        revoked_at: None,
    }
}

fn token_of(row: TokenRow) -> Stored<(Seq, Token)> {
    let accounts = row.accounts.as_deref();
    let accounts = accounts.map(|ids| ids.split_whitespace().map(columns::uuid).collect::<Stored<Vec<_>>>());
    let token = Token {
        public_id: columns::uuid(&row.public_id)?,
        name: row.name,
        role: columns::name("role", &row.role)?,
        accounts: accounts.transpose()?,
        secret_hash: row.secret_hash,
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    };
    Ok((row.id, token))
}

/// Tokens after a key, oldest first.
pub(crate) fn page(db: &mut Db, after: Seq, limit: i64) -> Stored<Vec<(Seq, Token)>> {
    let rows: Vec<TokenRow> = tokens::table.filter(tokens::id.gt(after)).order(tokens::id).limit(limit).load(db)?;
    rows.into_iter().map(token_of).collect()
}

/// The tokens of these ids.
pub(crate) fn by_public_ids(db: &mut Db, ids: &[Uuid]) -> Stored<Vec<Token>> {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let rows: Vec<TokenRow> = tokens::table.filter(tokens::public_id.eq_any(ids)).load(db)?;
    rows.into_iter().map(|row| Ok(token_of(row)?.1)).collect()
}

/// A token, if there is one, and where the ledger stands.
pub(crate) type Found = Option<(Arc<Token>, Arc<Head>)>;
type Waiting = (Uuid, oneshot::Sender<Stored<Found>>);

/// Tokens in memory, and where the ledger stood when it was last looked at. A token counts for nothing
/// from the moment that its revocation is recorded, by whichever process.
pub(crate) enum KnownTokens {
    /// A file is looked at in microseconds, by each request for itself, through whichever of these is free.
    Alone(Vec<Mutex<Lookout>>),
    /// A server takes a round trip, which is made once for all requests that wait.
    Together(mpsc::UnboundedSender<Waiting>),
}

impl KnownTokens {
    /// Nothing is known yet. So many requests may look at a file at the same moment.
    ///
    /// # Errors
    /// [`StorageError`] when the database cannot be opened, or there is no thread for it.
    pub(crate) fn new(url: &DatabaseUrl, at_once: u32) -> Stored<Self> {
        let mut lookout = Lookout::new(url)?;
        if !lookout.db.is_remote() {
            let others = (1..at_once).map(|_| Lookout::new(url));
            let all = std::iter::once(Ok(lookout)).chain(others);
            return Ok(Self::Alone(all.map(|lookout| lookout.map(Mutex::new)).collect::<Stored<_>>()?));
        }
        let (ask, mut asking) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new().name("tokens".to_owned());
        let answer = move || {
            let mut waiting = Vec::new();
            while asking.blocking_recv_many(&mut waiting, usize::MAX) > 0 {
                lookout.answer(&mut waiting);
            }
        };
        thread.spawn(answer).map_err(|cause| StorageError::Connection(cause.to_string()))?;
        Ok(Self::Together(ask))
    }

    /// The token of an id, and where the ledger stands: whatever was recorded before the call counts.
    pub(crate) async fn find(&self, id: Uuid) -> Stored<Found> {
        match self {
            Self::Alone(lookouts) => {
                let none = || StorageError::Connection("nobody looks tokens up".to_owned());
                let mut lookout = free(lookouts).ok_or_else(none)?;
                lookout.look()?;
                lookout.find(id)
            }
            Self::Together(ask) => {
                let (reply, answer) = oneshot::channel();
                let away = || StorageError::Connection("nobody looks tokens up any more".to_owned());
                ask.send((id, reply)).map_err(|_| away())?;
                answer.await.unwrap_or_else(|_| Err(away()))
            }
        }
    }
}

/// One that nobody uses, or the first once it is free.
fn free(lookouts: &[Mutex<Lookout>]) -> Option<MutexGuard<'_, Lookout>> {
    let free = lookouts.iter().find_map(|lookout| lookout.try_lock().ok());
    // A thread that panicked while it held the lock leaves a cache that is merely older.
    free.or_else(|| Some(lookouts.first()?.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// What looks at the ledger, and remembers.
pub(crate) struct Lookout {
    db: Lasting,
    /// The database's own version when it was last looked at.
    seen: i64,
    /// The last token issued and the last revocation then.
    latest: (Seq, Seq),
    head: Arc<Head>,
    tokens: HashMap<Uuid, Option<Arc<Token>>>,
}

impl Lookout {
    fn new(url: &DatabaseUrl) -> Stored<Self> {
        let db = Lasting::open(url, Purpose::Reading)?;
        Ok(Self { db, seen: -1, latest: (-1, -1), head: Arc::default(), tokens: HashMap::new() })
    }

    /// Looks once, and answers all who wait by what it saw. A caller that has gone away is told nothing.
    fn answer(&mut self, waiting: &mut Vec<Waiting>) {
        let looked = self.look().map_err(|cause| cause.to_string());
        for (id, reply) in waiting.drain(..) {
            let found = match &looked {
                Ok(()) => self.find(id),
                Err(cause) => Err(StorageError::Connection(cause.clone())),
            };
            drop(reply.send(found));
        }
    }

    /// Looks at the ledger; a second time where its server went away and may be back.
    fn look(&mut self) -> Stored<()> {
        match self.refresh() {
            Err(_) if self.db.is_lost() => self.refresh(),
            looked => looked,
        }
    }

    fn refresh(&mut self) -> Stored<()> {
        let seen = self.seen;
        let look = |db: &mut Db| {
            let version = connection::data_version(db)?;
            if version == seen {
                return Ok(None);
            }
            // Read after the version: a head that is newer than it is only read again.
            let (head, latest) = head_and_latest(db)?;
            Ok(Some((version, latest, head)))
        };
        let Some((version, latest, head)) = self.db.run(look)? else { return Ok(()) };
        if latest != self.latest {
            self.tokens.clear();
            self.latest = latest;
        }
        self.head = Arc::new(head);
        self.seen = version;
        Ok(())
    }

    fn find(&mut self, id: Uuid) -> Stored<Found> {
        if let Some(known) = self.tokens.get(&id) {
            return Ok(known.clone().map(|token| (token, self.head.clone())));
        }
        let ours = tokens::table.filter(tokens::public_id.eq(id.to_string()));
        let row: Option<TokenRow> = self.db.run(|db| Ok(ours.first(db).optional()?))?;
        let token = row.map(token_of).transpose()?.map(|(_, token)| Arc::new(token));
        if self.tokens.len() < 10_000 {
            self.tokens.insert(id, token.clone());
        }
        Ok(token.map(|token| (token, self.head.clone())))
    }
}

/// Where the ledger stands, with the last token issued and the last revocation: one question, since it is
/// asked whenever anything was recorded.
fn head_and_latest(db: &mut Db) -> Stored<(Head, (Seq, Seq))> {
    let issued = tokens::table.select(max(tokens::id)).single_value();
    let revoked = tokens::table.select(max(tokens::revoked_seq)).single_value();
    let last = chain::table.select((Head::as_select(), issued, revoked)).order(chain::id.desc());
    let last: Option<(Head, Option<Seq>, Option<Seq>)> = last.first(db).optional()?;
    let (head, issued, revoked) = last.unwrap_or_default();
    Ok((head, (issued.unwrap_or(0), revoked.unwrap_or(0))))
}
