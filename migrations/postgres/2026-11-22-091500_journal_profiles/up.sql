-- How journals for finance systems are laid out: made once under a name, and never changed.

CREATE TABLE journal_profiles (
    seq BIGINT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    -- JSON, as this version writes it: columns, codes, forms and lines.
    layout TEXT NOT NULL
);

CREATE TRIGGER journal_profiles_refuse_change BEFORE UPDATE OR DELETE ON journal_profiles
FOR EACH ROW EXECUTE FUNCTION refuse_change();
