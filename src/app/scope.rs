//! What a token's holder may see: all accounts, or those it is limited to.

use uuid::Uuid;

use super::Refusal;
use crate::domain::account::{Account, Transfer};
use crate::storage::ledger::Ledger;

/// The accounts that a caller may see.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    accounts: Option<Vec<Uuid>>,
}

impl Scope {
    /// These accounts alone; none for all.
    pub(crate) fn of(accounts: Option<Vec<Uuid>>) -> Self {
        Self { accounts }
    }

    /// The accounts it is limited to.
    pub(crate) fn limit(&self) -> Option<&[Uuid]> {
        self.accounts.as_deref()
    }

    /// Whether it reaches an account.
    pub(crate) fn sees(&self, account: Uuid) -> bool {
        self.accounts.as_ref().is_none_or(|accounts| accounts.contains(&account))
    }

    /// Whether something limited to these accounts, or to none, lies within it.
    pub(crate) fn covers(&self, accounts: Option<&[Uuid]>) -> bool {
        let within = |accounts: &[Uuid]| accounts.iter().all(|account| self.sees(*account));
        self.accounts.is_none() || accounts.is_some_and(within)
    }

    /// The account, if it is there and may be seen.
    pub(crate) fn account<'l>(&self, ledger: &'l Ledger, id: Uuid) -> Result<&'l Account, Refusal> {
        ledger.accounts.get(&id).filter(|_| self.sees(id)).ok_or(Refusal::NotFound("account"))
    }

    /// The transfer, if it is there and its account may be seen.
    pub(crate) fn transfer<'l>(&self, ledger: &'l Ledger, id: Uuid) -> Result<&'l Transfer, Refusal> {
        let found = ledger.transfers.get(&id).filter(|transfer| self.sees(transfer.account));
        found.ok_or(Refusal::NotFound("transfer"))
    }
}
