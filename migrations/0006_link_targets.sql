-- Owned by internal/auth: where the client that asked for a mailed link wants the browser to go in the end.
-- +goose Up
ALTER TABLE verifications ADD COLUMN callback_url TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE verifications DROP COLUMN callback_url;
