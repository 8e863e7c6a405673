-- Owned by internal/auth: the session that requested a mailed link. The link is deleted with it. Links that need no session,
-- such as those for a new password, have NULL.
-- +goose Up
-- The sessions that requested these links are unknown. The links live for a day at most and can be requested again.
DELETE FROM verifications WHERE purpose IN ('change_email', 'confirm_email_change', 'delete_account');
ALTER TABLE verifications ADD COLUMN session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE;
CREATE INDEX verifications_session_id ON verifications (session_id);

-- +goose Down
DROP INDEX verifications_session_id;
ALTER TABLE verifications DROP COLUMN session_id;
