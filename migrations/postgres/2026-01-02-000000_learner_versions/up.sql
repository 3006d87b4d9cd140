-- The number under which a learner was last recorded, changed or erased: a start's validator.
ALTER TABLE learners ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
UPDATE learners SET version = start_id;
