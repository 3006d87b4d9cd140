-- Months as they were closed, and what the funds of their account did not cover.

-- The lot that lapsed, and the earning that was paid: its month and what it is for.
ALTER TABLE entries ADD COLUMN lot INTEGER;
ALTER TABLE entries ADD COLUMN earned_month INTEGER;
ALTER TABLE entries ADD COLUMN earned_kind TEXT;
CREATE INDEX entries_of_expiry ON entries (account_id, effective_on) WHERE kind = 'expiry';

-- The levy account that a provider has of its own in this ledger.
ALTER TABLE providers ADD COLUMN levy_account_id BIGINT;

CREATE TABLE closed_months (
    seq BIGINT PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    month INTEGER NOT NULL,
    source TEXT NOT NULL,
    paid BIGINT NOT NULL,
    transferred BIGINT NOT NULL,
    government BIGINT NOT NULL,
    employer BIGINT NOT NULL,
    expired BIGINT NOT NULL,
    expired_earlier BIGINT NOT NULL,
    UNIQUE (account_id, month)
);

-- What of a start's earning the funds did not cover, by the close that found it: co-invested, or
-- passed on to the levy account of the provider.
CREATE TABLE co_investments (
    seq BIGINT NOT NULL,
    place INTEGER NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    start_id BIGINT NOT NULL REFERENCES starts (id),
    provider_id BIGINT REFERENCES providers (id),
    earned_month INTEGER NOT NULL,
    earned_kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    employer_percent TEXT NOT NULL,
    government BIGINT NOT NULL,
    employer BIGINT NOT NULL,
    passed_to BIGINT REFERENCES accounts (id),
    PRIMARY KEY (seq, place)
);
CREATE INDEX co_investments_by_start ON co_investments (start_id);
CREATE INDEX co_investments_passed ON co_investments (passed_to, seq) WHERE passed_to IS NOT NULL;

-- What a close gave notice of.
CREATE TABLE notices (
    seq BIGINT PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    month INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT,
    due_on DATE,
    provider_id BIGINT REFERENCES providers (id),
    transfer_id BIGINT REFERENCES transfers (id)
);
CREATE INDEX notices_by_account ON notices (account_id, month);

CREATE TRIGGER closed_months_refuse_change BEFORE UPDATE OR DELETE ON closed_months
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER co_investments_refuse_change BEFORE UPDATE OR DELETE ON co_investments
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notices_refuse_change BEFORE UPDATE OR DELETE ON notices
FOR EACH ROW EXECUTE FUNCTION refuse_change();
