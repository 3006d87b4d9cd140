-- What happens to a start after it was recorded, and beside it where that leaves each start.

ALTER TABLE starts ADD COLUMN change_of_employer BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE start_changes (
    seq BIGINT PRIMARY KEY NOT NULL,
    start_id BIGINT NOT NULL REFERENCES starts (id),
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    change TEXT NOT NULL,
    -- None where it counts for every day.
    changed_on DATE,
    amount BIGINT,
    start_on DATE,
    planned_end_on DATE,
    reason TEXT,
    recorded_by TEXT NOT NULL
);
CREATE INDEX start_changes_by_start ON start_changes (start_id, seq);
CREATE INDEX start_changes_by_account ON start_changes (account_id, seq);
-- Totals count the starts that had ended by a day from this index alone.
CREATE INDEX start_changes_by_day ON start_changes (account_id, changed_on, change, seq, start_id);

-- Where everything recorded leaves a start, whatever its day: kept in the transaction of its changes
-- and rebuilt by `verify`. Months are the first and the last in which it can earn anything; the price
-- is the dearest that it ever has, up to the funding band maximum.
CREATE TABLE start_lives (
    start_id BIGINT PRIMARY KEY NOT NULL REFERENCES starts (id),
    account_id BIGINT NOT NULL,
    start_on DATE NOT NULL,
    first_month INTEGER NOT NULL,
    last_month INTEGER NOT NULL,
    dearest_price BIGINT NOT NULL,
    version BIGINT NOT NULL,
    ended_on DATE,
    voided BOOLEAN NOT NULL
);
CREATE INDEX start_lives_by_month ON start_lives (account_id, last_month);
INSERT INTO start_lives (start_id, account_id, start_on, first_month, last_month, dearest_price, version, ended_on, voided)
SELECT id, account_id, start_on, CAST(to_char(start_on, 'YYYYMM') AS INTEGER), CAST(to_char(planned_end_on, 'YYYYMM') AS INTEGER),
    LEAST(agreed_price, COALESCE(funding_band_maximum, agreed_price)), id, NULL, FALSE
FROM starts;

CREATE TRIGGER start_changes_refuse_change BEFORE UPDATE OR DELETE ON start_changes
FOR EACH ROW EXECUTE FUNCTION refuse_change();
