DROP INDEX entries_by_scheme;
DROP TABLE ledger_secrets;
DROP TABLE statement_sightings;
DROP TABLE statement_lines;
DROP TABLE statements;
