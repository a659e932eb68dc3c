-- The newest that was told of each subscription, so that what was told earlier and comes later undoes nothing. `rank` orders
-- what was told in one second: that it began, changed, ended.
CREATE TABLE payment_marks (
    subscription TEXT PRIMARY KEY,
    at           BIGINT NOT NULL,
    rank         BIGINT NOT NULL
);
