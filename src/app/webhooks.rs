//! Making and removing webhooks, and what each is told next.

use uuid::Uuid;

use super::changes::{self, Following};
use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal, refuse_faults};
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::domain::webhooks::{CHANGES, NewWebhook};
use crate::ops::secret;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::scan::scan;
use crate::storage::webhooks::{self, Webhook};
use crate::storage::writer::Moment;

/// How many changes are told at a time.
const AT_ONCE: usize = 100;

/// Makes a webhook. What signs its deliveries is in the answer, and nowhere else that is answered.
pub(crate) struct MakeWebhook {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
    pub(crate) url: String,
    pub(crate) accounts: Option<Vec<Uuid>>,
    pub(crate) events: Option<Vec<String>>,
}

/// A webhook as it is made, and the number under which; none on a dry run.
pub(crate) struct WebhookMade {
    pub(crate) webhook: NewWebhook,
    pub(crate) recorded: Option<(Seq, chrono::NaiveDateTime)>,
}

impl Command for MakeWebhook {
    type Answer = WebhookMade;

    fn needs(&self) -> Needs {
        Needs { accounts: self.accounts.clone().unwrap_or_default(), ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<WebhookMade>, Refusal> {
        refuse_faults(self.faults(ledger))?;
        let Self { id, url, accounts, events, .. } = self;
        let webhook = NewWebhook { public_id: id, url, accounts, events, secret: secret::new_secret() };
        let made = webhook.clone();
        Ok(Decision {
            facts: vec![Fact::WebhookMade(Box::new(webhook))],
            account: None,
            subject: Some(id),
            answer: Box::new(move |receipt| WebhookMade {
                webhook: made,
                recorded: receipt.first_seq.map(|seq| (seq, receipt.at)),
            }),
        })
    }
}

impl MakeWebhook {
    fn faults(&self, ledger: &Ledger) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (place, id) in self.accounts.iter().flatten().enumerate() {
            if self.scope.account(ledger, *id).is_err() {
                faults.push(Fault::at(&format!("/accounts/{place}"), format!("there is no account {id}")));
            }
        }
        for (place, name) in self.events.iter().flatten().enumerate() {
            if !CHANGES.contains(&name.as_str()) {
                let detail = format!("{name:?} is no change: there are {}", CHANGES.join(", "));
                faults.push(Fault::at(&format!("/events/{place}"), detail));
            }
        }
        if self.accounts.as_ref().is_some_and(Vec::is_empty) {
            faults.push(Fault::at("/accounts", "name at least one account, or leave it out for all"));
        }
        if self.events.as_ref().is_some_and(Vec::is_empty) {
            faults.push(Fault::at("/events", "name at least one change, or leave it out for all"));
        }
        if self.accounts.is_none() && self.scope.limit().is_some() {
            faults.push(Fault::at("/accounts", "a token limited to accounts makes no webhook wider than itself"));
        }
        faults
    }
}

/// Removes a webhook: it is told nothing more.
pub(crate) struct RemoveWebhook {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
}

impl Command for RemoveWebhook {
    type Answer = ();

    fn needs(&self) -> Needs {
        Needs { webhooks: vec![self.id], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<()>, Refusal> {
        let known = ledger.webhooks.get(&self.id);
        let known = known.filter(|(_, accounts)| self.scope.covers(accounts.as_deref()));
        known.ok_or(Refusal::NotFound("webhook"))?;
        let facts = vec![Fact::WebhookRemoved { webhook: self.id }];
        Ok(Decision { facts, account: None, subject: Some(self.id), answer: Box::new(|_| ()) })
    }
}

/// The webhooks that lie within a scope, oldest first, each with its key.
pub(crate) fn page(db: &mut Db, scope: &Scope, after: Seq, limit: i64) -> Stored<Vec<(Seq, Webhook)>> {
    let within = |webhook: &Webhook| scope.covers(webhook.accounts.as_deref());
    scan(after, limit, |after, limit| webhooks::page(db, after, limit), within)
}

/// The webhook of an id, if it lies within a scope.
pub(crate) fn find(db: &mut Db, scope: &Scope, id: Uuid) -> Stored<Option<Webhook>> {
    let found = webhooks::by_public_ids(db, &[id])?.into_iter().next();
    Ok(found.filter(|webhook| scope.covers(webhook.accounts.as_deref())))
}

/// What a webhook is told next: the changes after those that it took, without those it did not ask for.
pub(crate) fn next(db: &mut Db, webhook: &Webhook) -> Stored<Following> {
    let scope = Scope::of(webhook.accounts.clone());
    let mut following = changes::follow(db, &scope, webhook.delivered_seq, AT_ONCE)?;
    if let Some(events) = &webhook.events {
        following.changes.retain(|change| events.contains(&change.action));
    }
    Ok(following)
}
