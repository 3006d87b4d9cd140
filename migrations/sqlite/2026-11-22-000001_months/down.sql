DROP TABLE notices;
DROP TABLE co_investments;
DROP TABLE closed_months;
DROP INDEX account_settings_of_providers;
ALTER TABLE account_settings DROP COLUMN provider_id;
DROP INDEX entries_of_expiry;
ALTER TABLE entries DROP COLUMN earned_kind;
ALTER TABLE entries DROP COLUMN earned_month;
ALTER TABLE entries DROP COLUMN lot;
