//! How large England is, and who is there.

use chrono::NaiveDate;
use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::facts::Fact;
use levy_ledger::domain::journal::Seq;
use levy_ledger::domain::people::{Provider, Sector, Size};
use uuid::Uuid;

use super::random::Random;

const SECTORS: [Sector; 6] = [
    Sector::AdultSocialCare,
    Sector::Health,
    Sector::Construction,
    Sector::Engineering,
    Sector::Hospitality,
    Sector::Retail,
];

/// A country of levy accounts.
pub struct Country {
    pub seed: u64,
    pub accounts: u32,
    /// Starts of all accounts.
    pub starts: u32,
    /// Of a thousand starts, how many are live after the last closed month.
    pub live: i32,
    /// How many months are closed.
    pub months: i32,
    /// The last of them.
    pub last: Month,
    /// The day on which it is loaded.
    pub today: NaiveDate,
    /// The first number that the ledger gives.
    pub begins: Seq,
}

/// Decides how much larger the largest accounts are: the weight of the account of a rank falls with it.
fn weight(rank: u32) -> f64 {
    f64::from(rank + 20).powf(-0.7)
}

impl Country {
    /// The first month of levy.
    pub fn first(&self) -> Month {
        self.last.plus(1 - self.months)
    }

    /// How many starts each account has, the largest first.
    pub fn sizes(&self) -> Vec<u32> {
        let all: f64 = (0..self.accounts).map(weight).sum();
        let part = |rank: u32| (f64::from(self.starts) * weight(rank) / all).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, no figure of money")]
        let size = |rank: u32| part(rank) as u32;
        (0..self.accounts).map(size).collect()
    }

    /// How many providers there are.
    pub fn providers(&self) -> u32 {
        (self.accounts / 4).max(1)
    }

    /// The id and the key of a provider.
    pub fn provider(&self, number: u32) -> (Uuid, Seq) {
        (Random::of(self.seed ^ 7).id(u64::from(number)), self.begins + i64::from(number))
    }

    /// The id of an account.
    pub fn account_id(&self, number: u32) -> Uuid {
        Random::of(self.seed ^ 11).id(1_000_000 + u64::from(number))
    }

    /// The providers, which take the first numbers.
    pub fn registered(&self) -> Vec<Vec<Fact>> {
        let provider = |number: u32| {
            let mut random = Random::of(self.seed ^ (u64::from(number) << 40));
            let provider = Provider {
                name: format!("Provider {number}"),
                sector: random.one_of(&SECTORS).unwrap_or(Sector::Other),
                company_number: Some(format!("{:08}", 1_000_000 + number)),
                charity_number: None,
                cqc_location_id: None,
                size: random.one_of(&[Size::Micro, Size::Small, Size::Medium]),
                levy_payer: Some(false),
                district: None,
                postcode: None,
                closed_on: None,
            };
            vec![Fact::ProviderRegistered { public_id: self.provider(number).0, provider }]
        };
        (0..self.providers()).map(provider).collect()
    }
}
