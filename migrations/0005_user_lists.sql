-- Owned by internal/auth: indexes for lists of users.
-- search has name and e-mail in lower case; internal/auth updates it. Texts are sorted by bytes (on SQLite, internal/database
-- replaces COLLATE "C" by BINARY).
-- +goose Up
ALTER TABLE users ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE users SET search = LOWER(name || ' ' || email);
CREATE INDEX users_created_at ON users (created_at, id);
CREATE INDEX users_by_name ON users (name COLLATE "C", id);
CREATE INDEX users_by_email ON users (email COLLATE "C", id);
CREATE INDEX users_role ON users (role);
CREATE INDEX users_banned ON users (banned);
CREATE INDEX users_email_verified ON users (email_verified);

-- +goose Down
DROP INDEX users_email_verified;
DROP INDEX users_banned;
DROP INDEX users_role;
DROP INDEX users_by_email;
DROP INDEX users_by_name;
DROP INDEX users_created_at;
ALTER TABLE users DROP COLUMN search;
