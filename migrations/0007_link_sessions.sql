-- Owned by internal/auth: the session that asked for a mailed link. The link ends with it, however it ends. NULL is for
-- links that stand on their own, such as those for a new password.
-- +goose Up
-- The sessions that asked for these are not known; they live for a day at most, and can be asked for again.
DELETE FROM verifications WHERE purpose IN ('change_email', 'confirm_email_change', 'delete_account');
ALTER TABLE verifications ADD COLUMN session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE;
CREATE INDEX verifications_session_id ON verifications (session_id);

-- +goose Down
DROP INDEX verifications_session_id;
ALTER TABLE verifications DROP COLUMN session_id;
