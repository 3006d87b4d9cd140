//! Issuing and revoking tokens.

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal, refuse_faults};
use crate::domain::facts::{Fact, NewToken};
use crate::domain::journal::Seq;
use crate::domain::people::Role;
use crate::ops::secret;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::scan::scan;
use crate::storage::tokens::{self, Token};
use crate::storage::writer::Moment;

/// For how many days a token is taken unless said: twelve months.
pub(crate) const USUAL_DAYS: u32 = 365;
/// For how many days a token is taken at the most: ten years.
const MOST_DAYS: u32 = 3_653;

/// Issues a token. Its secret is in the answer, and nowhere else.
pub(crate) struct IssueToken {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) accounts: Option<Vec<Uuid>>,
    pub(crate) expires_in_days: u32,
}

/// A token with its secret.
pub(crate) struct TokenIssued {
    pub(crate) token: NewToken,
    /// The whole token; none on a dry run.
    pub(crate) whole: Option<String>,
    pub(crate) created_at: NaiveDateTime,
}

impl Command for IssueToken {
    type Answer = TokenIssued;

    fn needs(&self) -> Needs {
        Needs { accounts: self.accounts.clone().unwrap_or_default(), ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<TokenIssued>, Refusal> {
        let mut faults = Vec::new();
        for (place, id) in self.accounts.iter().flatten().enumerate() {
            if self.scope.account(ledger, *id).is_err() {
                faults.push(Fault::at(&format!("/accounts/{place}"), format!("there is no account {id}")));
            }
        }
        if self.accounts.as_ref().is_some_and(Vec::is_empty) {
            faults.push(Fault::at("/accounts", "name at least one account, or leave it out for all"));
        }
        if self.accounts.is_none() && self.scope.limit().is_some() {
            faults.push(Fault::at("/accounts", "a token limited to accounts issues none wider than itself"));
        }
        if !(1..=MOST_DAYS).contains(&self.expires_in_days) {
            faults.push(Fault::at("/expires_in_days", format!("a token is in force for 1 to {MOST_DAYS} days")));
        }
        refuse_faults(faults)?;
        let secret = secret::new_secret();
        let expires_at = now.at + chrono::TimeDelta::days(i64::from(self.expires_in_days));
        let secret_hash = secret::hash(&secret);
        let Self { id, name, role, accounts, .. } = self;
        let token = NewToken { public_id: id, name, role, accounts, secret_hash, expires_at };
        let issued = token.clone();
        Ok(Decision {
            facts: vec![Fact::TokenIssued(Box::new(token))],
            account: None,
            subject: Some(id),
            answer: Box::new(move |receipt| TokenIssued {
                whole: receipt.first_seq.map(|_| format!("{}.{secret}", issued.public_id)),
                token: issued,
                created_at: receipt.at,
            }),
        })
    }
}

/// Revokes a token. It counts for nothing from then on.
pub(crate) struct RevokeToken {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
}

impl Command for RevokeToken {
    type Answer = ();

    fn needs(&self) -> Needs {
        Needs { tokens: vec![self.id], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<()>, Refusal> {
        let known = ledger.tokens.get(&self.id).filter(|token| self.scope.covers(token.accounts.as_deref()));
        let known = known.ok_or(Refusal::NotFound("token"))?;
        let facts = if known.revoked { Vec::new() } else { vec![Fact::TokenRevoked { token: self.id }] };
        Ok(Decision { facts, account: None, subject: Some(self.id), answer: Box::new(|_| ()) })
    }
}

/// The tokens that lie within a scope, oldest first, each with its key.
pub(crate) fn page(db: &mut Db, scope: &Scope, after: Seq, limit: i64) -> Stored<Vec<(Seq, Token)>> {
    let within = |token: &Token| scope.covers(token.accounts.as_deref());
    scan(after, limit, |after, limit| tokens::page(db, after, limit), within)
}

/// The token of an id, if it lies within a scope.
pub(crate) fn find(db: &mut Db, scope: &Scope, id: Uuid) -> Stored<Option<Token>> {
    let found = tokens::by_public_ids(db, &[id])?.into_iter().next();
    Ok(found.filter(|token| scope.covers(token.accounts.as_deref())))
}
