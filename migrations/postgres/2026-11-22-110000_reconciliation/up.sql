-- What each import added by month and kind, so that months which agree are told without their lines:
-- lines that were not held before, recorded or held, and of the payments recorded those that name no
-- start.
ALTER TABLE statement_sightings ADD COLUMN new_lines BIGINT NOT NULL DEFAULT 0;
ALTER TABLE statement_sightings ADD COLUMN new_amount BIGINT NOT NULL DEFAULT 0;
ALTER TABLE statement_sightings ADD COLUMN unattributed_lines BIGINT NOT NULL DEFAULT 0;
ALTER TABLE statement_sightings ADD COLUMN unattributed_amount BIGINT NOT NULL DEFAULT 0;

-- Levy is known by its scheme and payroll month on both sides, in whichever month it stands.
CREATE INDEX entries_of_levy ON entries (account_id, effective_on) WHERE kind IN ('levy', 'levy_adjustment');
CREATE INDEX statement_lines_levy ON statement_lines (account_id, month) WHERE outcome IN ('levy_held', 'levy_differs');

-- An exported line of levy says what was declared.
CREATE INDEX levy_outcomes_by_entry ON levy_outcomes (entry_id) WHERE entry_id IS NOT NULL;
