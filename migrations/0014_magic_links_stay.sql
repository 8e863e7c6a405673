-- Owned by internal/auth/magiclink: what was mailed to an address outlives the user, because it counts the wrong codes.
-- Otherwise the next sign-up with the address, which deletes a pending user, would give a stranger new guesses.
-- +goose Up
-- SQLite cannot change a foreign key. What was mailed lives for minutes and can be asked for again.
DROP TABLE magic_links;
CREATE TABLE magic_links (
    address      TEXT PRIMARY KEY,
    user_id      TEXT REFERENCES users (id) ON DELETE SET NULL,
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
