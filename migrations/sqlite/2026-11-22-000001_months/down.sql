DROP TABLE notices;
DROP TABLE co_investments;
DROP TABLE closed_months;
ALTER TABLE providers DROP COLUMN levy_account_id;
DROP INDEX entries_of_expiry;
ALTER TABLE entries DROP COLUMN earned_kind;
ALTER TABLE entries DROP COLUMN earned_month;
ALTER TABLE entries DROP COLUMN lot;
