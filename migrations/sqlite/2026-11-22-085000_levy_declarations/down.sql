DROP TABLE paye_share_parts;
DROP TABLE paye_shares;
DROP TABLE levy_outcomes;
DROP TABLE levy_submissions;
