DROP INDEX starts_by_day;
