-- What is booked as lapsed is read from the index alone: totals of all accounts read all of it.
DROP INDEX entries_of_expiry;
CREATE INDEX entries_of_expiry ON entries (account_id, effective_on, seq, month, lot, amount) WHERE kind = 'expiry';
