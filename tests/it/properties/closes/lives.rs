//! What happens to a start, drawn at random: breaks, prices, and one of the ways in which it ends.

use chrono::{Days, NaiveDate};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::starts::{StartChange, StartFacts};

use super::facts::Dice;

/// A life on its way: where it stands, and what is still to come of it.
struct Life<'d> {
    dice: &'d mut Dice,
    on: NaiveDate,
    planned_end_on: NaiveDate,
    changes: Vec<StartChange>,
}

/// The changes of a start, in the order of their days.
pub fn life(dice: &mut Dice, facts: &StartFacts) -> Vec<StartChange> {
    let mut life = Life { dice, on: facts.start_on, planned_end_on: facts.planned_end_on, changes: Vec::new() };
    if life.dice.percent(25) {
        life.price(facts.agreed_price);
    }
    if life.dice.percent(25) && !life.breaks_off() {
        return life.changes;
    }
    if life.dice.percent(15) {
        life.price(facts.agreed_price);
    }
    life.end();
    life.changes
}

impl Life<'_> {
    /// A later day, up to so many percent of what is left to the planned end.
    fn later(&mut self, percent: i64) -> NaiveDate {
        let left = (self.planned_end_on - self.on).num_days().max(1);
        self.on + self.dice.days(0, left * percent / 100)
    }

    fn price(&mut self, before: Money) {
        self.on = self.later(60);
        // From next to nothing, so that months earn less than nothing, to half as much again.
        let agreed_price = Money::from_units(before.units() / 10 * self.dice.within(0, 15));
        self.changes.push(StartChange::PriceChanged { from: self.on, agreed_price });
    }

    /// Breaks off; false where learning does not go on.
    fn breaks_off(&mut self) -> bool {
        let on = self.later(70);
        self.changes.push(StartChange::Paused { on });
        if self.dice.percent(15) {
            return false;
        }
        self.on = on + self.dice.days(1, 120);
        let planned_end_on = (self.planned_end_on + self.dice.days(0, 150)).max(self.on + Days::new(5));
        self.planned_end_on = planned_end_on;
        self.changes.push(StartChange::Resumed { on: self.on, planned_end_on: Some(planned_end_on) });
        true
    }

    fn end(&mut self) {
        match self.dice.within(0, 9) {
            // Leaves within the qualifying period, or soon after.
            0 | 1 => {
                let on = self.on + self.dice.days(0, 60);
                self.changes.push(StartChange::Withdrawn { on });
            }
            2 => {
                let on = self.later(100);
                self.changes.push(StartChange::Withdrawn { on });
            }
            // Completes early, then achieves.
            3 | 4 => {
                let on = self.later(100);
                self.complete(on);
            }
            // Completes late.
            5 | 6 => {
                let on = self.planned_end_on.max(self.on) + self.dice.days(0, 90);
                self.complete(on);
            }
            7 => {
                let on = self.planned_end_on.max(self.on);
                self.complete(on);
            }
            // Achieves without a completion.
            8 => {
                let on = self.planned_end_on.max(self.on) + self.dice.days(0, 40);
                self.changes.push(StartChange::Achieved { on });
            }
            _ => {}
        }
    }

    fn complete(&mut self, on: NaiveDate) {
        self.changes.push(StartChange::Completed { on });
        if self.dice.percent(80) {
            self.changes.push(StartChange::Achieved { on: on + self.dice.days(0, 60) });
        }
    }
}
