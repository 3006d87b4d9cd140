DROP TABLE journal_profiles;
