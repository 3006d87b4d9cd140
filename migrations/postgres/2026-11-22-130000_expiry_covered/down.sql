DROP INDEX entries_of_expiry;
CREATE INDEX entries_of_expiry ON entries (account_id, effective_on) WHERE kind = 'expiry';
