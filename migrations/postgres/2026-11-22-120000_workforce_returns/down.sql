DROP TABLE workforce_returns;
