DROP TABLE levy_outcomes;
DROP TABLE levy_submissions;
