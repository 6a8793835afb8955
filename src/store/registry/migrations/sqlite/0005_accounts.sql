ALTER TABLE keys ADD COLUMN record_accounts INTEGER NOT NULL DEFAULT 0;

-- One row an account of a key, whichever OAuth app it was proven through: an id that differs by app is another id.
CREATE TABLE accounts (
    id           TEXT PRIMARY KEY,
    key_id       TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    platform     TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    username     TEXT NOT NULL,
    profile_id   TEXT,
    scopes       TEXT NOT NULL,
    status       TEXT NOT NULL,
    connected_at INTEGER NOT NULL,
    verified_at  INTEGER NOT NULL,
    UNIQUE (key_id, platform, account_id)
) STRICT;

CREATE INDEX accounts_of_key ON accounts (key_id, id);
