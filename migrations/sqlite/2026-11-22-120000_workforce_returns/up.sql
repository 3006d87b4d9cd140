-- Head counts of a body's employees and apprentices, by the year of the public sector target, which
-- runs from 1 April and is stored by the calendar year it begins in. The last one recorded counts.

CREATE TABLE workforce_returns (
    seq INTEGER PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    year INTEGER NOT NULL,
    employees_start BIGINT NOT NULL,
    employees_end BIGINT NOT NULL,
    employees_new BIGINT NOT NULL,
    apprentices_start BIGINT NOT NULL,
    apprentices_end BIGINT NOT NULL,
    apprentices_new BIGINT NOT NULL
);
CREATE INDEX workforce_returns_by_account ON workforce_returns (account_id, year, seq);

CREATE TRIGGER workforce_returns_refuse_update BEFORE UPDATE ON workforce_returns
BEGIN SELECT RAISE(ABORT, 'workforce_returns is append-only'); END;
CREATE TRIGGER workforce_returns_refuse_delete BEFORE DELETE ON workforce_returns
BEGIN SELECT RAISE(ABORT, 'workforce_returns is append-only'); END;
