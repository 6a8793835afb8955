CREATE TABLE apps (
    id            TEXT PRIMARY KEY,
    key_id        TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    platform      TEXT NOT NULL,
    name          TEXT NOT NULL,
    client_id     TEXT NOT NULL,
    client_secret BLOB NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX apps_of_key ON apps (key_id);
