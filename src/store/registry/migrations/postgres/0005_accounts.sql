ALTER TABLE keys ADD COLUMN record_accounts BOOLEAN NOT NULL DEFAULT FALSE;

-- One row an account of a key, whichever OAuth app it was proven through: an id that differs by app is another id.
-- Rows come with every confirmation, and nobody caches them: they are no change that registry_version counts.
CREATE TABLE accounts (
    id           TEXT COLLATE "C" PRIMARY KEY,
    key_id       TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    platform     TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    username     TEXT NOT NULL,
    profile_id   TEXT,
    scopes       TEXT NOT NULL,
    status       TEXT NOT NULL,
    connected_at BIGINT NOT NULL,
    verified_at  BIGINT NOT NULL,
    UNIQUE (key_id, platform, account_id)
);

CREATE INDEX accounts_of_key ON accounts (key_id, id);
