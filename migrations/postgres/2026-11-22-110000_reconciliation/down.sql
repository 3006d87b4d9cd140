DROP INDEX levy_outcomes_by_entry;
DROP INDEX statement_lines_levy;
DROP INDEX entries_of_levy;
ALTER TABLE statement_sightings DROP COLUMN unattributed_amount;
ALTER TABLE statement_sightings DROP COLUMN unattributed_lines;
ALTER TABLE statement_sightings DROP COLUMN new_amount;
ALTER TABLE statement_sightings DROP COLUMN new_lines;
