CREATE TABLE service_keys (
    name   TEXT PRIMARY KEY,
    sealed BYTEA NOT NULL
);
