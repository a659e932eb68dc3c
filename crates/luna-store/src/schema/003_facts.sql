-- What Luna remembers of her user. A row with ended_at was superseded and is kept as history; forgetting deletes rows.
CREATE TABLE facts (
    seq           INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    content       TEXT NOT NULL,
    indexed       TEXT NOT NULL,                     -- the content with who and when, as it is searched
    sameness      TEXT NOT NULL,                     -- equal for facts that say the same
    attribute     TEXT,                              -- equal for facts of which only one can hold
    confidence    DOUBLE PRECISION NOT NULL,
    importance    DOUBLE PRECISION NOT NULL,
    source        TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_accessed BIGINT NOT NULL,
    superseded_by TEXT,
    ended_at      BIGINT
);
CREATE UNIQUE INDEX facts_by_sameness ON facts (sameness) WHERE ended_at IS NULL;
CREATE INDEX facts_by_attribute ON facts (attribute) WHERE ended_at IS NULL;
CREATE INDEX facts_by_use ON facts (last_accessed DESC) WHERE ended_at IS NULL;
CREATE INDEX facts_by_successor ON facts (superseded_by);

CREATE VIRTUAL TABLE facts_fts USING fts5 (
    indexed, content = 'facts', content_rowid = 'seq', tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER facts_fts_insert AFTER INSERT ON facts WHEN new.ended_at IS NULL BEGIN
    INSERT INTO facts_fts (rowid, indexed) VALUES (new.seq, new.indexed);
END;
CREATE TRIGGER facts_fts_delete AFTER DELETE ON facts WHEN old.ended_at IS NULL BEGIN
    INSERT INTO facts_fts (facts_fts, rowid, indexed) VALUES ('delete', old.seq, old.indexed);
END;
CREATE TRIGGER facts_fts_update AFTER UPDATE OF indexed, ended_at ON facts BEGIN
    INSERT INTO facts_fts (facts_fts, rowid, indexed) SELECT 'delete', old.seq, old.indexed WHERE old.ended_at IS NULL;
    INSERT INTO facts_fts (rowid, indexed) SELECT new.seq, new.indexed WHERE new.ended_at IS NULL;
END;

-- Vectors that took a network to make, so that a start need not make them again.
CREATE TABLE fact_vectors (
    fact   TEXT NOT NULL REFERENCES facts (id) ON DELETE CASCADE,
    engine TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (fact, engine)
);
