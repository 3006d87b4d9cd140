-- The national service's statements as they were imported: what each file came to, and every line of
-- it that was not held before. Months are written 202605, amounts in hundred-thousandths of a pound.

CREATE TABLE statements (
    seq BIGINT PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    version TEXT NOT NULL,
    layout TEXT NOT NULL,
    file_digest TEXT NOT NULL,
    lines BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    already_held BIGINT NOT NULL,
    reconciliation_only BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    first_month INTEGER,
    last_month INTEGER,
    keys_digest TEXT NOT NULL,
    recorded_by TEXT NOT NULL
);
CREATE INDEX statements_by_account ON statements (account_id, seq);

-- A line is told from others by a keyed digest, which holds no personal data. Lines are too many to
-- be spoken of in events: keys_digest of their statement stands for them.
CREATE TABLE statement_lines (
    account_id BIGINT NOT NULL,
    line_date DATE NOT NULL,
    line_key BYTEA NOT NULL,
    statement BIGINT NOT NULL,
    times INTEGER NOT NULL,
    month INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    paye_scheme TEXT,
    payroll_month INTEGER,
    note TEXT,
    PRIMARY KEY (account_id, line_date, line_key, statement)
);
CREATE INDEX statement_lines_unrecorded ON statement_lines (account_id, month) WHERE outcome <> 'recorded';

-- What all lines of a file come to, held before or not, and what those of them that were recorded
-- with it did.
CREATE TABLE statement_sightings (
    statement BIGINT NOT NULL REFERENCES statements (seq),
    month INTEGER NOT NULL,
    kind TEXT NOT NULL,
    lines BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    employer BIGINT NOT NULL,
    government BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    recorded_employer BIGINT NOT NULL,
    recorded_government BIGINT NOT NULL,
    PRIMARY KEY (statement, month, kind)
);

-- Whose levy a PAYE scheme brought.
CREATE INDEX entries_by_scheme ON entries (paye_scheme, account_id) WHERE paye_scheme IS NOT NULL;

-- Keys of this ledger alone. Without its key, a line's digest tells nothing of the learner.
CREATE TABLE ledger_secrets (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TRIGGER statements_refuse_change BEFORE UPDATE OR DELETE ON statements
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statement_lines_refuse_change BEFORE UPDATE OR DELETE ON statement_lines
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statement_sightings_refuse_change BEFORE UPDATE OR DELETE ON statement_sightings
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_secrets_refuse_change BEFORE UPDATE OR DELETE ON ledger_secrets
FOR EACH ROW EXECUTE FUNCTION refuse_change();
