DROP TABLE webhook_deliveries;
DROP TABLE webhook_removals;
DROP TABLE webhooks;
