-- +goose Up
CREATE TABLE "paper_clips" (
    id            TEXT PRIMARY KEY,
    owner_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- opt:owned
    "trade_name"  TEXT COLLATE "C" NOT NULL,
    "wire_gauge"  TEXT COLLATE "C" NOT NULL,
    "box_label"   TEXT COLLATE "C" NOT NULL,
    "sales_pitch" TEXT NOT NULL,
    "care_hint"   TEXT NOT NULL,
    "bend_count"  BIGINT NOT NULL,
    "spare_count" BIGINT,
    "zinc_coated" BOOLEAN NOT NULL,
    "made_on"     TIMESTAMP NOT NULL,
    "sold_on"     TIMESTAMP,
    search        TEXT NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    updated_at    TIMESTAMP NOT NULL
);
CREATE INDEX paper_clips_owner_id ON "paper_clips" (owner_id, created_at, id); -- opt:owned
CREATE INDEX paper_clips_created_at ON "paper_clips" (created_at, id); -- opt:everyone
--opt:shared CREATE INDEX paper_clips_created_at ON "paper_clips" (created_at, id);

-- +goose Down
DROP TABLE "paper_clips";
