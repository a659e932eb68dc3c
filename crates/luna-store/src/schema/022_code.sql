-- Code that can be searched: files by whose and of which repository, and the pieces of each.
CREATE TABLE code_files (
    owner      TEXT NOT NULL,                -- an account's id; empty = the user's own
    repository TEXT NOT NULL,
    path       TEXT NOT NULL,
    digest     TEXT NOT NULL,                -- SHA-256 of its text
    size       BIGINT NOT NULL,
    indexed_at BIGINT NOT NULL,
    PRIMARY KEY (owner, repository, path)
);

CREATE TABLE code_pieces (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    owner      TEXT NOT NULL,
    repository TEXT NOT NULL,
    path       TEXT NOT NULL,
    number     BIGINT NOT NULL,              -- within its file, from 0
    name       TEXT,
    kind       TEXT NOT NULL,
    first_line BIGINT NOT NULL,
    last_line  BIGINT NOT NULL,
    text       TEXT NOT NULL,
    indexed    TEXT NOT NULL,                -- as it is searched: names taken apart
    FOREIGN KEY (owner, repository, path) REFERENCES code_files (owner, repository, path) ON DELETE CASCADE
);
CREATE INDEX code_pieces_by_file ON code_pieces (owner, repository, path);

CREATE VIRTUAL TABLE code_fts USING fts5 (
    indexed, content = 'code_pieces', content_rowid = 'seq', tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER code_fts_insert AFTER INSERT ON code_pieces BEGIN
    INSERT INTO code_fts (rowid, indexed) VALUES (new.seq, new.indexed);
END;
CREATE TRIGGER code_fts_delete AFTER DELETE ON code_pieces BEGIN
    INSERT INTO code_fts (code_fts, rowid, indexed) VALUES ('delete', old.seq, old.indexed);
END;
