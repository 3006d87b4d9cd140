DROP INDEX transfer_changes_by_provider;
ALTER TABLE transfer_changes DROP COLUMN provider_id;
