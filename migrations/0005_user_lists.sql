-- Owned by internal/auth: what makes lists of users fast.
-- search is what people are found by, name and e-mail in lower case; internal/auth keeps it. Text is ordered byte by
-- byte everywhere (on SQLite, COLLATE "C" is read as BINARY).
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
