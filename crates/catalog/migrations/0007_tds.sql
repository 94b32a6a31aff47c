-- Where T-SQL clients reach each master that serves them.

CREATE TABLE tds_addresses (
    host TEXT NOT NULL,
    port BIGINT NOT NULL,
    last_online_time BIGINT NOT NULL,
    PRIMARY KEY (host, port)
);
