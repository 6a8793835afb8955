-- A chain: each key but the first names the one it follows, and no key is followed twice, so that of any number of
-- instances that make the next key one succeeds.
CREATE TABLE signing_keys (
    kid          TEXT COLLATE "C" PRIMARY KEY,
    follows      TEXT NOT NULL UNIQUE,
    public_key   BYTEA NOT NULL,
    seed         BYTEA,
    created_at   BIGINT NOT NULL,
    active_from  BIGINT NOT NULL,
    withdrawn_at BIGINT
);

CREATE TRIGGER count_changes AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON signing_keys
    FOR EACH STATEMENT EXECUTE FUNCTION count_registry_change();
