-- Owned by internal/mail.
-- +goose Up
CREATE TABLE mails (
    id         TEXT PRIMARY KEY,
    recipient  TEXT NOT NULL,
    subject    TEXT NOT NULL,
    text       TEXT NOT NULL,
    url        TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX mails_created_at ON mails (created_at);

-- +goose Down
DROP TABLE mails;
