ALTER TABLE learners DROP COLUMN version;
