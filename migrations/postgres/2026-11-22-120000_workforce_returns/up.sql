-- Head counts of a body's employees and apprentices, by the year of the public sector target, which
-- runs from 1 April and is stored by the calendar year it begins in. The last one recorded counts.

CREATE TABLE workforce_returns (
    seq BIGINT PRIMARY KEY NOT NULL,
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

CREATE TRIGGER workforce_returns_refuse_change BEFORE UPDATE OR DELETE ON workforce_returns
FOR EACH ROW EXECUTE FUNCTION refuse_change();
