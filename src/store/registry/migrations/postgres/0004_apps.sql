CREATE TABLE apps (
    id            TEXT PRIMARY KEY,
    key_id        TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    platform      TEXT NOT NULL,
    name          TEXT NOT NULL,
    client_id     TEXT NOT NULL,
    client_secret BYTEA NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE INDEX apps_of_key ON apps (key_id);

CREATE TRIGGER count_changes AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON apps
    FOR EACH STATEMENT EXECUTE FUNCTION count_registry_change();
