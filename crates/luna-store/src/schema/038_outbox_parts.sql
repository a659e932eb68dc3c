-- How many parts of a long message were sent before the service failed: they are not sent again.
ALTER TABLE channel_outbox ADD COLUMN parts_sent INTEGER NOT NULL DEFAULT 0;
