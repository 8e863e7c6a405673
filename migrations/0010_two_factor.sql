-- Owned by internal/auth/twofactor. two_factors.secret is sealed; the other secrets are hashes.
-- +goose Up
CREATE TABLE two_factors (
    user_id      TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       TEXT NOT NULL,
    last_step    BIGINT NOT NULL DEFAULT 0,
    confirmed_at TIMESTAMP,
    failures     INTEGER NOT NULL DEFAULT 0,
    locked_until TIMESTAMP,
    created_at   TIMESTAMP NOT NULL
);

CREATE TABLE recovery_codes (
    id        TEXT PRIMARY KEY,
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL UNIQUE
);
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);

CREATE TABLE trusted_devices (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash   TEXT NOT NULL UNIQUE,
    user_agent   TEXT NOT NULL,
    ip_address   TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP NOT NULL
);
CREATE INDEX trusted_devices_user ON trusted_devices (user_id);
CREATE INDEX trusted_devices_expires_at ON trusted_devices (expires_at);

CREATE TABLE second_steps (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    remember   BOOLEAN NOT NULL DEFAULT FALSE,
    amr        TEXT NOT NULL,
    new_device BOOLEAN NOT NULL DEFAULT FALSE,
    failures   INTEGER NOT NULL DEFAULT 0,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX second_steps_user ON second_steps (user_id);
CREATE INDEX second_steps_expires_at ON second_steps (expires_at);

-- +goose Down
UPDATE users SET second_factor = FALSE; -- nothing could prove it any more
UPDATE sessions SET amr = REPLACE(amr, ' otp mfa', '');
DROP TABLE second_steps;
DROP TABLE trusted_devices;
DROP TABLE recovery_codes;
DROP TABLE two_factors;
