-- How journals for finance systems are laid out: made once under a name, and never changed.

CREATE TABLE journal_profiles (
    seq INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    -- JSON, as this version writes it: columns, codes, forms and lines.
    layout TEXT NOT NULL
);

CREATE TRIGGER journal_profiles_refuse_update BEFORE UPDATE ON journal_profiles
BEGIN SELECT RAISE(ABORT, 'journal_profiles is append-only'); END;
CREATE TRIGGER journal_profiles_refuse_delete BEFORE DELETE ON journal_profiles
BEGIN SELECT RAISE(ABORT, 'journal_profiles is append-only'); END;
