-- Totals count the starts that had begun by a day: from this index alone.
CREATE INDEX starts_by_day ON starts (account_id, start_on, id);
