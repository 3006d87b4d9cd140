//! What happened at Westmere County Council, which does not exist: whom it supports, whom it trains
//! itself, and the levy it was credited. The published figures of `docs/rules.md` section 10 come
//! out of it.

use crate::domain::people::Sector;

/// A provider with the transfer that was agreed with it.
pub(super) struct Agreement {
    pub(super) provider: &'static str,
    pub(super) sector: Sector,
    pub(super) district: &'static str,
    /// The day of the agreement.
    pub(super) agreed_on: &'static str,
    /// The first day of the apprentices.
    pub(super) start_on: &'static str,
    pub(super) apprentices: u32,
    /// What training each of them costs.
    pub(super) training: Training,
}

/// An apprenticeship standard as it is taught here.
#[derive(Clone, Copy)]
pub(super) struct Training {
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) level: u8,
    /// Whole pounds for one apprentice.
    pub(super) price: i64,
    pub(super) months: u32,
}

/// Apprentices of the council itself who begin together.
pub(super) struct Cohort {
    pub(super) start_on: &'static str,
    pub(super) apprentices: u32,
    pub(super) training: Training,
}

const fn training(code: &'static str, title: &'static str, level: u8, price: i64, months: u32) -> Training {
    Training { code, title, level, price, months }
}

const CARE_WORKER: Training = training("ST0005", "Adult care worker", 2, 3_000, 12);
const LEAD_CARE_WORKER: Training = training("ST0006", "Lead adult care worker", 3, 3_000, 16);
const EARLY_YEARS: Training = training("ST0135", "Early years educator", 3, 4_000, 16);
const TEACHING_ASSISTANT: Training = training("ST0454", "Teaching assistant", 3, 4_000, 16);
const CHEF: Training = training("ST0228", "Commis chef", 2, 4_000, 16);
const HEALTH_SUPPORT: Training = training("ST0217", "Senior healthcare support worker", 3, 5_000, 20);
const BUSINESS: Training = training("ST0070", "Business administrator", 3, 5_000, 20);
const CARPENTRY: Training = training("ST0264", "Carpentry and joinery", 2, 6_000, 24);
const ENGINEERING: Training = training("ST0457", "Engineering technician", 3, 6_000, 24);
const DIGITAL: Training = training("ST0120", "Digital support technician", 3, 6_000, 24);
const TEAM_LEADER: Training = training("ST0384", "Team leader", 3, 4_500, 12);
const SOCIAL_WORKER: Training = training("ST0510", "Social worker", 6, 15_000, 24);
const OPERATIONS_MANAGER: Training = training("ST0385", "Operations manager", 5, 9_000, 18);
const PROJECT_MANAGER: Training = training("ST0310", "Associate project manager", 4, 6_000, 16);

use Sector::{
    AdultSocialCare as Care, Construction, Creative, Digital as Tech, Education, Engineering, Health, Hospitality,
    Voluntary,
};

const fn with(
    provider: &'static str,
    (sector, district): (Sector, &'static str),
    (agreed_on, start_on): (&'static str, &'static str),
    (apprentices, training): (u32, Training),
) -> Agreement {
    Agreement { provider, sector, district, agreed_on, start_on, apprentices, training }
}

/// The transfers agreed, in order: by 12 August 2021 with 33 providers, 20 of them in adult social
/// care.
pub(super) const AGREEMENTS: [Agreement; 44] = [
    with("Harbour View Care Home", (Care, "Southlake"), ("2019-06-10", "2019-07-08"), (5, CARE_WORKER)),
    with("Oakfield House", (Care, "Northmoor"), ("2019-06-24", "2019-07-15"), (4, LEAD_CARE_WORKER)),
    with("Bright Sparks Nursery", (Education, "Eastdale"), ("2019-08-05", "2019-09-09"), (2, EARLY_YEARS)),
    with("The Larches Residential Home", (Care, "Westmere"), ("2019-09-02", "2019-10-07"), (5, CARE_WORKER)),
    with("Pennine Joinery", (Construction, "Northmoor"), ("2019-09-16", "2019-10-14"), (2, CARPENTRY)),
    with("Meadowbank Homecare", (Care, "Eastdale"), ("2019-10-07", "2019-11-11"), (4, CARE_WORKER)),
    with("Westmere Dental Practice", (Health, "Westmere"), ("2019-11-04", "2019-12-02"), (2, HEALTH_SUPPORT)),
    with("Rosewood Supported Living", (Care, "Southlake"), ("2019-11-18", "2020-01-13"), (4, LEAD_CARE_WORKER)),
    with("Lakeside Hotel", (Hospitality, "Southlake"), ("2020-01-06", "2020-02-10"), (2, CHEF)),
    with("St Anne's Nursing Home", (Care, "Westmere"), ("2020-01-20", "2020-02-17"), (5, CARE_WORKER)),
    with("Fernleigh Court", (Care, "Northmoor"), ("2020-02-10", "2020-03-09"), (4, CARE_WORKER)),
    with("Little Acorns Nursery", (Education, "Westmere"), ("2020-02-24", "2020-03-16"), (2, EARLY_YEARS)),
    with("Willowbrook Homecare", (Care, "Eastdale"), ("2020-06-15", "2020-07-13"), (5, CARE_WORKER)),
    with("Ashdown Lodge", (Care, "Southlake"), ("2020-06-29", "2020-08-03"), (4, LEAD_CARE_WORKER)),
    with("Westmere Carers' Trust", (Voluntary, "Westmere"), ("2020-07-13", "2020-09-07"), (1, BUSINESS)),
    with("Bramble Cottage Care", (Care, "Northmoor"), ("2020-08-03", "2020-09-14"), (4, CARE_WORKER)),
    with("Dale Roofing", (Construction, "Eastdale"), ("2020-08-17", "2020-09-21"), (2, CARPENTRY)),
    with("Silver Birches", (Care, "Westmere"), ("2020-09-07", "2020-10-12"), (5, CARE_WORKER)),
    with("Moorside Primary Academy", (Education, "Northmoor"), ("2020-09-21", "2020-11-02"), (2, TEACHING_ASSISTANT)),
    with("Kingfisher Support", (Care, "Southlake"), ("2020-10-05", "2020-11-09"), (4, LEAD_CARE_WORKER)),
    with("Fell Engineering", (Engineering, "Northmoor"), ("2020-10-19", "2020-11-16"), (1, ENGINEERING)),
    with("Elmhurst Residential Home", (Care, "Eastdale"), ("2020-11-02", "2020-12-07"), (5, CARE_WORKER)),
    with("Calder Physiotherapy", (Health, "Eastdale"), ("2020-11-16", "2021-01-11"), (2, HEALTH_SUPPORT)),
    with("Northgate Carers", (Care, "Northmoor"), ("2021-01-11", "2021-02-08"), (4, CARE_WORKER)),
    with("Lavender Fields", (Care, "Southlake"), ("2021-01-25", "2021-02-15"), (5, CARE_WORKER)),
    with("Riverside Creative", (Creative, "Westmere"), ("2021-02-08", "2021-03-08"), (1, BUSINESS)),
    with("Greenacre Homecare", (Care, "Westmere"), ("2021-02-22", "2021-03-22"), (4, LEAD_CARE_WORKER)),
    with("Highcliffe House", (Care, "Southlake"), ("2021-04-26", "2021-05-17"), (4, CARE_WORKER)),
    with("Fellside Digital", (Tech, "Northmoor"), ("2021-05-10", "2021-06-07"), (1, DIGITAL)),
    with("Primrose Bank", (Care, "Eastdale"), ("2021-05-24", "2021-06-14"), (5, CARE_WORKER)),
    with("The Copper Kettle", (Hospitality, "Southlake"), ("2021-06-07", "2021-07-05"), (2, CHEF)),
    with("Sycamore Grange", (Care, "Northmoor"), ("2021-06-21", "2021-07-12"), (5, CARE_WORKER)),
    with("Tidewater Care", (Care, "Southlake"), ("2021-07-19", "2021-09-06"), (4, CARE_WORKER)),
    with("Hawthorn House", (Care, "Eastdale"), ("2022-02-14", "2022-03-14"), (6, CARE_WORKER)),
    with("Westmere Joiners' Cooperative", (Construction, "Westmere"), ("2022-06-20", "2022-09-05"), (3, CARPENTRY)),
    with("Beacon Care Group", (Care, "Northmoor"), ("2022-10-10", "2022-11-07"), (8, LEAD_CARE_WORKER)),
    with("Eastdale Community Nursery", (Education, "Eastdale"), ("2023-05-15", "2023-06-12"), (5, EARLY_YEARS)),
    with("Southlake Care Partnership", (Care, "Southlake"), ("2023-09-18", "2023-10-16"), (10, CARE_WORKER)),
    with("Moor and Dale Engineering", (Engineering, "Northmoor"), ("2024-02-12", "2024-03-11"), (4, ENGINEERING)),
    with("Orchard Homecare", (Care, "Westmere"), ("2024-09-16", "2024-10-14"), (10, LEAD_CARE_WORKER)),
    with("Lakeland Hospitality", (Hospitality, "Southlake"), ("2025-05-19", "2025-06-16"), (6, CHEF)),
    with("Cedar Court", (Care, "Eastdale"), ("2025-09-15", "2025-10-13"), (9, CARE_WORKER)),
    with("Northmoor Digital", (Tech, "Northmoor"), ("2026-02-16", "2026-03-16"), (4, DIGITAL)),
    with("Kestrel Supported Living", (Care, "Southlake"), ("2026-07-13", "2026-09-14"), (8, LEAD_CARE_WORKER)),
];

const fn cohort(start_on: &'static str, apprentices: u32, training: Training) -> Cohort {
    Cohort { start_on, apprentices, training }
}

/// The council's own apprentices.
pub(super) const COHORTS: [Cohort; 18] = [
    cohort("2017-09-18", 14, TEAM_LEADER),
    cohort("2018-02-19", 16, OPERATIONS_MANAGER),
    cohort("2018-09-17", 20, PROJECT_MANAGER),
    cohort("2019-02-18", 12, SOCIAL_WORKER),
    cohort("2019-09-16", 18, OPERATIONS_MANAGER),
    cohort("2020-02-17", 16, TEAM_LEADER),
    cohort("2020-09-14", 20, SOCIAL_WORKER),
    cohort("2021-02-15", 18, PROJECT_MANAGER),
    cohort("2021-09-13", 22, OPERATIONS_MANAGER),
    cohort("2022-02-14", 24, TEAM_LEADER),
    cohort("2022-09-12", 24, SOCIAL_WORKER),
    cohort("2023-02-13", 24, PROJECT_MANAGER),
    cohort("2023-09-11", 26, OPERATIONS_MANAGER),
    cohort("2024-02-19", 26, TEAM_LEADER),
    cohort("2024-09-16", 28, SOCIAL_WORKER),
    cohort("2025-02-17", 28, PROJECT_MANAGER),
    cohort("2025-09-15", 30, OPERATIONS_MANAGER),
    cohort("2026-02-16", 30, TEAM_LEADER),
];

/// Levy funds credited in the first months, pence included: May 2017 to April 2018.
pub(super) const FIRST_LEVY: [&str; 12] = [
    "91204.18", "91377.52", "92016.40", "91688.07", "92853.11", "92140.96", "91918.60", "92377.25", "93105.84",
    "92660.31", "92914.70", "95022.48",
];
