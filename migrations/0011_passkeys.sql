-- Owned by internal/auth/passkey.
-- +goose Up
-- The name by which authenticators know a user: random, and the same for all passkeys of the user.
CREATE TABLE passkey_handles (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    handle  TEXT NOT NULL UNIQUE
);

CREATE TABLE passkeys (
    id              TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    credential_id   TEXT NOT NULL UNIQUE,
    public_key      TEXT NOT NULL,
    counter         BIGINT NOT NULL,
    backup_eligible BOOLEAN NOT NULL,
    backed_up       BOOLEAN NOT NULL,
    transports      TEXT NOT NULL,
    aaguid          TEXT NOT NULL,
    created_at      TIMESTAMP NOT NULL,
    last_used_at    TIMESTAMP
);
CREATE INDEX passkeys_user_id ON passkeys (user_id);

-- Challenges that an answer was given to. Until it expires, none of them counts again.
CREATE TABLE passkey_challenges (
    challenge  TEXT PRIMARY KEY,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX passkey_challenges_expires_at ON passkey_challenges (expires_at);

-- +goose Down
UPDATE sessions SET amr = 'pop' WHERE amr = 'pop mfa'; -- what proved the second factor is gone
DROP TABLE passkey_challenges;
DROP TABLE passkeys;
DROP TABLE passkey_handles;
