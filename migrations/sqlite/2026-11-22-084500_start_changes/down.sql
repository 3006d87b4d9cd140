DROP TABLE start_lives;
DROP TABLE start_changes;
ALTER TABLE starts DROP COLUMN change_of_employer;
