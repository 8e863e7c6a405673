-- Owned by internal/auth/twofactor: when a recovery code was made, NULL for one that is older than this column.
-- +goose Up
ALTER TABLE recovery_codes ADD COLUMN created_at TIMESTAMP;

-- +goose Down
ALTER TABLE recovery_codes DROP COLUMN created_at;
