-- Owned by internal/auth: the address that a mailed link redirects to in the end, chosen by the client that requested it.
-- +goose Up
ALTER TABLE verifications ADD COLUMN callback_url TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE verifications DROP COLUMN callback_url;
