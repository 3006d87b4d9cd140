//! The rules, pure: values in, values out. No I/O, no clock, no serde, no database.
//!
//! | rule (`docs/rules.md`) | file |
//! |---|---|
//! | money, rounding | [`money`] |
//! | months, allowance years, delivery periods | [`calendar`] |
//! | lots, expiry, claw-back, what can be spent | [`funds`] |
//! | dated parameters, rule sets | [`rules`] |
//! | what a declaration is worth | [`levy`] |
//! | payroll months, their cut-offs, what came in time | [`payroll`] |
//! | what each declaration of a PAYE scheme adds to those before | [`declarations`] |
//! | PAYE schemes year by year, and the parts of shared ones | [`paye_schemes`] |
//! | transfer allowance and what is left of it | [`allowance`] |
//! | transfer cap | [`cap`] |
//! | schedules, what is paid and reserved by year | [`schedule`] |
//! | payments held to funds and allowance | [`spending`] |
//! | the ledger beside the national statement, differences named | [`reconciliation`] |
//! | entries as lines of a statement, and their days | [`stated`] |
//! | taking an entry back | [`reversal`] |
//! | states of a transfer, its changes and starts | [`transfers`] |
//! | what is published of transfers, and what of it is withheld | [`transfer_report`], [`suppression`] |
//! | what was committed to providers and drawn down | [`commitments`] |
//! | what is running out of time | [`clock_list`] |
//! | what a start must be, where it stands | [`starts`] |
//! | what a start earns | [`earnings`] |
//! | lines of the national statement, and where each goes | [`statements`] |
//! | closing a month | [`close`] |
//! | who pays what in a month, refunds | [`month_end`] |
//! | journals for finance systems | [`journal_profile`], [`posting`] |
//! | the months ahead, and what rolling programmes would change | [`forecast`] |
//! | totals at a day | [`totals`] |
//! | what expired, what lapses next and what is promised of it | [`underspend`], [`promises`] |
//! | an account as it stands, what moves it | [`account`], [`journal`] |
//! | everything that can be recorded | [`facts`] |
//! | addresses that are told of changes | [`webhooks`] |
//! | the public sector target | [`public_sector`] |
//! | providers, groups, roles | [`people`], [`names`] |

pub mod account;
pub mod allowance;
pub mod calendar;
pub mod cap;
pub mod clock_list;
pub mod close;
pub mod commitments;
pub mod declarations;
pub mod earnings;
pub mod facts;
pub mod forecast;
pub mod funds;
pub mod journal;
pub mod journal_profile;
pub mod levy;
pub mod money;
pub mod month_end;
pub mod names;
pub mod paye_schemes;
pub mod payroll;
pub mod people;
pub mod posting;
pub mod promises;
pub mod public_sector;
pub mod reconciliation;
pub mod reversal;
pub mod rules;
pub mod schedule;
pub mod spending;
pub mod starts;
pub mod stated;
pub mod statements;
pub mod suppression;
pub mod totals;
pub mod transfer_report;
pub mod transfers;
pub mod underspend;
pub mod webhooks;
