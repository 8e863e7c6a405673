-- Owned by internal/auth/magiclink: what was mailed to an address last. An address without an account has a row as
-- well, of which nothing was mailed, so that wrong codes are answered alike. Addresses and secrets are hashes.
-- +goose Up
CREATE TABLE magic_links (
    address      TEXT PRIMARY KEY,
    user_id      TEXT REFERENCES users (id) ON DELETE CASCADE,
    token_hash   TEXT NOT NULL UNIQUE,
    code_mac     TEXT NOT NULL,
    callback_url TEXT NOT NULL DEFAULT '',
    guesses      INTEGER NOT NULL DEFAULT 0,
    missed       INTEGER NOT NULL DEFAULT 0,
    locked_until TIMESTAMP,
    ended        BOOLEAN NOT NULL DEFAULT FALSE,
    expires_at   TIMESTAMP NOT NULL
);
CREATE INDEX magic_links_user ON magic_links (user_id);
CREATE INDEX magic_links_expires_at ON magic_links (expires_at);

-- +goose Down
DROP TABLE magic_links;
