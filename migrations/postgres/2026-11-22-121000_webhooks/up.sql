-- Addresses that are told of changes, and that they are told no more.

CREATE TABLE webhooks (
    id BIGINT PRIMARY KEY NOT NULL,
    public_id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    accounts TEXT,
    events TEXT,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE webhook_removals (
    seq BIGINT PRIMARY KEY NOT NULL,
    webhook_id BIGINT NOT NULL REFERENCES webhooks (id)
);

-- How far each was told, and how it went: no part of what is recorded. The ledger's own sequence is
-- what waits to be told. A lease keeps two processes from telling at once. It goes with the webhook,
-- and so does the secret.
CREATE TABLE webhook_deliveries (
    webhook_id BIGINT PRIMARY KEY NOT NULL REFERENCES webhooks (id),
    secret TEXT NOT NULL,
    delivered_seq BIGINT NOT NULL,
    delivered_at TIMESTAMP,
    failures BIGINT NOT NULL,
    last_error TEXT,
    next_at TIMESTAMP,
    leased_by TEXT,
    leased_until TIMESTAMP
);

CREATE TRIGGER webhooks_refuse_change BEFORE UPDATE OR DELETE ON webhooks
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER webhook_removals_refuse_change BEFORE UPDATE OR DELETE ON webhook_removals
FOR EACH ROW EXECUTE FUNCTION refuse_change();
