-- Owned by internal/mail: the outbox. due_at is the time of the next attempt, NULL after the last.
-- +goose Up
CREATE TABLE mails (
    id         TEXT PRIMARY KEY,
    recipient  TEXT NOT NULL,
    subject    TEXT NOT NULL,
    text       TEXT NOT NULL,
    html       TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    due_at     TIMESTAMP,
    sent_at    TIMESTAMP,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX mails_due_at ON mails (due_at);
CREATE INDEX mails_created_at ON mails (created_at);

-- +goose Down
DROP TABLE mails;
