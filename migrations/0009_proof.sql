-- Owned by internal/auth: how the user of a session was proved, and who owes a second factor.
-- +goose Up
ALTER TABLE sessions ADD COLUMN amr TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN second_factor BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE users DROP COLUMN second_factor;
ALTER TABLE sessions DROP COLUMN amr;
