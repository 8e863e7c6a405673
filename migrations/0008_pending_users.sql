-- Owned by internal/auth: which accounts anybody may have made of an address. Accounts from before are nobody's to replace.
-- +goose Up
ALTER TABLE users ADD COLUMN pending BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX users_pending ON users (created_at) WHERE pending;
CREATE INDEX verifications_email ON verifications (email, purpose);

-- +goose Down
DROP INDEX verifications_email;
DROP INDEX users_pending;
ALTER TABLE users DROP COLUMN pending;
