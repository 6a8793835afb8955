CREATE TABLE keys (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    secret_hash    BLOB NOT NULL,
    first_party    INTEGER NOT NULL,
    any_callback   INTEGER NOT NULL,
    signing_secret BLOB,
    created_at     INTEGER NOT NULL,
    revoked_at     INTEGER
) STRICT;

CREATE TABLE callbacks (
    key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    url    TEXT NOT NULL,
    PRIMARY KEY (key_id, url)
) STRICT, WITHOUT ROWID;
