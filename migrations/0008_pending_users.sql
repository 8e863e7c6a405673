-- Owned by internal/auth: accounts whose address is not verified. A later sign-up may replace them. Older accounts are not
-- marked, so none is replaced.
-- +goose Up
ALTER TABLE users ADD COLUMN pending BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX users_pending ON users (created_at) WHERE pending;
CREATE INDEX verifications_email ON verifications (email, purpose);

-- +goose Down
DROP INDEX verifications_email;
DROP INDEX users_pending;
ALTER TABLE users DROP COLUMN pending;
