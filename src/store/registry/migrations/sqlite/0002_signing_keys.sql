-- A chain: each key but the first names the one it follows, and no key is followed twice, so that of any number of
-- instances that make the next key one succeeds.
CREATE TABLE signing_keys (
    kid          TEXT PRIMARY KEY,
    follows      TEXT NOT NULL UNIQUE,
    public_key   BLOB NOT NULL,
    seed         BLOB,
    created_at   INTEGER NOT NULL,
    active_from  INTEGER NOT NULL,
    withdrawn_at INTEGER
) STRICT;
