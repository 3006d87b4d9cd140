-- The ledger. A row's id is the seq at which it was recorded; the public UUID stands once, in the parent row.
-- Amounts are whole hundred-thousandths of a pound, months are written 202605, allowance years by the
-- calendar year they begin in.

CREATE TABLE events (
    id BIGINT PRIMARY KEY NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL UNIQUE,
    recorded_at TIMESTAMP NOT NULL,
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    request_id TEXT NOT NULL,
    action TEXT NOT NULL,
    account_id BIGINT,
    subject TEXT,
    body TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX events_by_account ON events (account_id, last_seq);

CREATE TABLE accounts (
    id BIGINT PRIMARY KEY NOT NULL,
    public_id TEXT NOT NULL UNIQUE
);

CREATE TABLE rule_sets (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE account_settings (
    seq BIGINT PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    rule_set_id BIGINT NOT NULL REFERENCES rule_sets (id),
    policy_cap_percent TEXT,
    english_fraction_override TEXT,
    training_provider_priority TEXT NOT NULL
);
CREATE INDEX account_settings_by_account ON account_settings (account_id, seq);

CREATE TABLE rule_rows (
    rule_set_id BIGINT NOT NULL REFERENCES rule_sets (id),
    parameter TEXT NOT NULL,
    begins_on DATE NOT NULL,
    value TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (rule_set_id, parameter, begins_on)
);

CREATE TABLE providers (
    id BIGINT PRIMARY KEY NOT NULL,
    public_id TEXT NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    sector TEXT NOT NULL,
    company_number TEXT UNIQUE,
    charity_number TEXT,
    cqc_location_id TEXT,
    size TEXT,
    levy_payer BOOLEAN,
    district TEXT,
    postcode TEXT,
    closed_on DATE
);
CREATE INDEX providers_by_name ON providers (name);

CREATE TABLE transfers (
    id BIGINT PRIMARY KEY NOT NULL,
    public_id TEXT NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    provider_id BIGINT NOT NULL REFERENCES providers (id),
    agreed_on DATE NOT NULL,
    apprentices BIGINT NOT NULL,
    lapses_on DATE,
    planned_start INTEGER,
    duration_months INTEGER,
    standard_code TEXT,
    level INTEGER,
    priority_groups TEXT NOT NULL,
    reference TEXT
);
CREATE INDEX transfers_by_account ON transfers (account_id, id);
CREATE INDEX transfers_by_provider ON transfers (provider_id);

CREATE TABLE transfer_changes (
    seq BIGINT PRIMARY KEY NOT NULL,
    transfer_id BIGINT NOT NULL REFERENCES transfers (id),
    changed_on DATE NOT NULL,
    change TEXT NOT NULL,
    amount BIGINT,
    reason TEXT,
    recorded_by TEXT NOT NULL
);
CREATE INDEX transfer_changes_by_transfer ON transfer_changes (transfer_id, seq);

CREATE TABLE transfer_schedules (
    seq BIGINT NOT NULL,
    transfer_id BIGINT NOT NULL REFERENCES transfers (id),
    allowance_year INTEGER NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (seq, allowance_year)
);
CREATE INDEX transfer_schedules_by_transfer ON transfer_schedules (transfer_id, seq);

CREATE TABLE starts (
    id BIGINT PRIMARY KEY NOT NULL,
    public_id TEXT NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    transfer_id BIGINT REFERENCES transfers (id),
    standard_code TEXT NOT NULL,
    standard_title TEXT,
    level INTEGER NOT NULL,
    sector TEXT,
    agreed_price BIGINT NOT NULL,
    funding_band_maximum BIGINT,
    agreed_on DATE NOT NULL,
    start_on DATE NOT NULL,
    planned_end_on DATE NOT NULL,
    training_provider_ukprn TEXT,
    training_provider_name TEXT,
    local_training_provider BOOLEAN
);
CREATE INDEX starts_by_account ON starts (account_id, id);
-- Totals count the starts that had begun by a day from this index alone.
CREATE INDEX starts_by_day ON starts (account_id, start_on, id);
CREATE INDEX starts_by_transfer ON starts (transfer_id) WHERE transfer_id IS NOT NULL;

-- Personal data, apart from everything that is chained, so that it can be erased.
CREATE TABLE learners (
    start_id BIGINT PRIMARY KEY NOT NULL REFERENCES starts (id),
    learner_reference TEXT,
    uln TEXT,
    priority_groups TEXT,
    version BIGINT NOT NULL
);
CREATE INDEX learners_by_reference ON learners (learner_reference);

CREATE TABLE entries (
    seq BIGINT PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL,
    month INTEGER NOT NULL,
    effective_on DATE NOT NULL,
    stated_on DATE,
    declared_on DATE,
    amount BIGINT NOT NULL,
    start_id BIGINT REFERENCES starts (id),
    transfer_id BIGINT REFERENCES transfers (id),
    payroll_month INTEGER,
    paye_scheme TEXT,
    reference TEXT,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    reverses BIGINT UNIQUE REFERENCES entries (seq)
);
CREATE INDEX entries_by_account ON entries (account_id, effective_on, seq);
CREATE INDEX entries_by_account_seq ON entries (account_id, seq);
CREATE INDEX entries_by_start ON entries (start_id) WHERE start_id IS NOT NULL;
CREATE INDEX entries_by_transfer ON entries (transfer_id) WHERE transfer_id IS NOT NULL;

-- Running sums, kept in the transaction of their entries and rebuilt by `verify`.
CREATE TABLE monthly_sums (
    account_id BIGINT NOT NULL,
    month INTEGER NOT NULL,
    levy BIGINT NOT NULL,
    own BIGINT NOT NULL,
    transferred BIGINT NOT NULL,
    received BIGINT NOT NULL,
    corrections BIGINT NOT NULL,
    expired BIGINT NOT NULL,
    PRIMARY KEY (account_id, month)
);

CREATE TABLE declared_sums (
    account_id BIGINT NOT NULL,
    allowance_year INTEGER NOT NULL,
    levy BIGINT NOT NULL,
    PRIMARY KEY (account_id, allowance_year)
);

-- What each transfer was paid; transfer 0 stands for spending from before the records.
CREATE TABLE transfer_months (
    account_id BIGINT NOT NULL,
    transfer_id BIGINT NOT NULL,
    month INTEGER NOT NULL,
    paid BIGINT NOT NULL,
    PRIMARY KEY (account_id, transfer_id, month)
);

CREATE TABLE tokens (
    id BIGINT PRIMARY KEY NOT NULL,
    public_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    accounts TEXT,
    secret_hash TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    revoked_seq BIGINT,
    revoked_at TIMESTAMP
);
CREATE INDEX tokens_by_revocation ON tokens (revoked_seq);

CREATE TABLE idempotency_answers (
    id BIGINT PRIMARY KEY NOT NULL,
    key_digest TEXT NOT NULL UNIQUE,
    request_digest TEXT NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    etag TEXT,
    body TEXT NOT NULL,
    learner_of TEXT,
    recorded_at TIMESTAMP NOT NULL
);
CREATE INDEX idempotency_answers_by_time ON idempotency_answers (recorded_at);

-- What is recorded stays as it was recorded.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER events_refuse_change BEFORE UPDATE OR DELETE ON events
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_refuse_change BEFORE UPDATE OR DELETE ON accounts
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_settings_refuse_change BEFORE UPDATE OR DELETE ON account_settings
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rule_rows_refuse_change BEFORE UPDATE OR DELETE ON rule_rows
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_refuse_change BEFORE UPDATE OR DELETE ON transfers
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_changes_refuse_change BEFORE UPDATE OR DELETE ON transfer_changes
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_schedules_refuse_change BEFORE UPDATE OR DELETE ON transfer_schedules
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER starts_refuse_change BEFORE UPDATE OR DELETE ON starts
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_refuse_change BEFORE UPDATE OR DELETE ON entries
FOR EACH ROW EXECUTE FUNCTION refuse_change();
