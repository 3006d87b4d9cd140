-- What PAYE schemes told HMRC, a row a submission, and what became of each, a row each time that was
-- decided: a submission waits once at the most. The payroll month is stored by its label.

CREATE TABLE levy_submissions (
    id INTEGER PRIMARY KEY NOT NULL,
    submission BIGINT NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    paye_scheme TEXT NOT NULL,
    payroll_month INTEGER NOT NULL,
    year_to_date BIGINT,
    no_payment BOOLEAN NOT NULL,
    submitted_at TIMESTAMP NOT NULL,
    english_fraction TEXT
);
CREATE INDEX levy_submissions_by_account ON levy_submissions (account_id, id);
CREATE INDEX levy_submissions_by_scheme ON levy_submissions (paye_scheme, id);

CREATE TABLE levy_outcomes (
    seq INTEGER PRIMARY KEY NOT NULL,
    submission_id BIGINT NOT NULL REFERENCES levy_submissions (id),
    processed_on DATE NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    declared BIGINT,
    top_up BIGINT,
    english_fraction TEXT,
    measured_from BIGINT,
    entry_id BIGINT REFERENCES entries (seq)
);
CREATE INDEX levy_outcomes_by_submission ON levy_outcomes (submission_id, seq);

-- Whom a PAYE scheme is shared with, from a payroll month on: of several from the same month the
-- last recorded counts.
CREATE TABLE paye_shares (
    seq INTEGER PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    paye_scheme TEXT NOT NULL,
    begins INTEGER NOT NULL
);
CREATE INDEX paye_shares_by_account ON paye_shares (account_id, seq);

CREATE TABLE paye_share_parts (
    seq BIGINT NOT NULL REFERENCES paye_shares (seq),
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    percent TEXT NOT NULL,
    PRIMARY KEY (seq, place)
);

-- What is recorded stays as it was recorded.
CREATE TRIGGER levy_submissions_refuse_update BEFORE UPDATE ON levy_submissions
BEGIN SELECT RAISE(ABORT, 'levy_submissions is append-only'); END;
CREATE TRIGGER levy_submissions_refuse_delete BEFORE DELETE ON levy_submissions
BEGIN SELECT RAISE(ABORT, 'levy_submissions is append-only'); END;
CREATE TRIGGER levy_outcomes_refuse_update BEFORE UPDATE ON levy_outcomes
BEGIN SELECT RAISE(ABORT, 'levy_outcomes is append-only'); END;
CREATE TRIGGER levy_outcomes_refuse_delete BEFORE DELETE ON levy_outcomes
BEGIN SELECT RAISE(ABORT, 'levy_outcomes is append-only'); END;
CREATE TRIGGER paye_shares_refuse_update BEFORE UPDATE ON paye_shares
BEGIN SELECT RAISE(ABORT, 'paye_shares is append-only'); END;
CREATE TRIGGER paye_shares_refuse_delete BEFORE DELETE ON paye_shares
BEGIN SELECT RAISE(ABORT, 'paye_shares is append-only'); END;
CREATE TRIGGER paye_share_parts_refuse_update BEFORE UPDATE ON paye_share_parts
BEGIN SELECT RAISE(ABORT, 'paye_share_parts is append-only'); END;
CREATE TRIGGER paye_share_parts_refuse_delete BEFORE DELETE ON paye_share_parts
BEGIN SELECT RAISE(ABORT, 'paye_share_parts is append-only'); END;
