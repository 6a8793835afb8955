-- COLLATE "C" orders by bytes, as SQLite does.
CREATE TABLE keys (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    secret_hash    BYTEA NOT NULL,
    first_party    BOOLEAN NOT NULL,
    any_callback   BOOLEAN NOT NULL,
    signing_secret BYTEA,
    created_at     BIGINT NOT NULL,
    revoked_at     BIGINT
);

CREATE TABLE callbacks (
    key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    url    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (key_id, url)
);

-- One row whose number goes up with every change, in the change's own transaction, whoever makes it.
CREATE TABLE registry_version (
    version BIGINT NOT NULL
);
INSERT INTO registry_version VALUES (1);

CREATE FUNCTION count_registry_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE registry_version SET version = version + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER count_changes AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON keys
    FOR EACH STATEMENT EXECUTE FUNCTION count_registry_change();
CREATE TRIGGER count_changes AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON callbacks
    FOR EACH STATEMENT EXECUTE FUNCTION count_registry_change();
