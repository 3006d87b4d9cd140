-- The provider that took over from the one before; none in other changes of a transfer.
ALTER TABLE transfer_changes ADD COLUMN provider_id BIGINT REFERENCES providers (id);
CREATE INDEX transfer_changes_by_provider ON transfer_changes (provider_id) WHERE provider_id IS NOT NULL;
