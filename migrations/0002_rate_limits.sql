-- Owned by internal/ratelimit: counters that all instances share. They have hashes and IP addresses, no names.
-- +goose Up
CREATE TABLE rate_limits (
    key        TEXT NOT NULL,
    member     TEXT NOT NULL DEFAULT '',
    count      INTEGER NOT NULL,
    last_at    TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    PRIMARY KEY (key, member)
);
CREATE INDEX rate_limits_expires_at ON rate_limits (expires_at);

-- +goose Down
DROP TABLE rate_limits;
