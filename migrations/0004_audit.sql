-- Owned by internal/audit: the audit trail. Rows of audit_events are never changed. Names, IP addresses and notes are in
-- audit_private; its rows are deleted with the account.
-- +goose Up
CREATE TABLE audit_events (
    seq             BIGINT PRIMARY KEY,
    at              TIMESTAMP NOT NULL,
    event           TEXT NOT NULL,
    actor_id        TEXT NOT NULL,
    impersonator_id TEXT NOT NULL,
    subject_id      TEXT NOT NULL,
    detail          TEXT NOT NULL,
    times           BIGINT NOT NULL,
    private         TEXT NOT NULL,
    mac             TEXT NOT NULL
);
CREATE INDEX audit_events_at ON audit_events (at, seq);
CREATE INDEX audit_events_event ON audit_events (event, at, seq, times);
CREATE INDEX audit_events_actor ON audit_events (actor_id, at, seq);
CREATE INDEX audit_events_impersonator ON audit_events (impersonator_id, at, seq);
CREATE INDEX audit_events_subject ON audit_events (subject_id, at, seq);
CREATE INDEX audit_events_deleted ON audit_events (subject_id) WHERE event = 'user_deleted';

CREATE TABLE audit_private (
    seq        BIGINT NOT NULL,
    owner_id   TEXT NOT NULL,
    salt       TEXT NOT NULL,
    name       TEXT NOT NULL,
    ip_address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    note       TEXT NOT NULL,
    PRIMARY KEY (seq, owner_id)
);
CREATE INDEX audit_private_owner ON audit_private (owner_id);

CREATE TABLE audit_head (
    id          INTEGER PRIMARY KEY,
    seq         BIGINT NOT NULL,
    link        TEXT NOT NULL,
    pruned_seq  BIGINT NOT NULL,
    pruned_link TEXT NOT NULL,
    broken_seq  BIGINT NOT NULL,
    mac         TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, link, pruned_seq, pruned_link, broken_seq, mac) VALUES (1, 0, '', 0, '', 0, '');

-- +goose Down
DROP TABLE audit_head;
DROP TABLE audit_private;
DROP TABLE audit_events;
