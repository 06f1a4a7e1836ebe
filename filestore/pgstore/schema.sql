-- What pgstore keeps in PostgreSQL, version 1. Migrate runs this file once, on an empty schema.
--
-- Every change of an account locks its row in accounts first, and so changes of one account
-- come one after the other, whichever server makes them. There are no triggers, no functions,
-- no extensions, and no foreign keys: what belongs to an account begins its key with the
-- number of it, so that every table can be partitioned by account.

CREATE TABLE schema_version (
    version int NOT NULL
);

CREATE TABLE accounts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text COLLATE "C" NOT NULL UNIQUE, -- the address of an account, or /$Mount of a domain
    files      bigint NOT NULL DEFAULT 0,        -- what is stored
    bytes      bigint NOT NULL DEFAULT 0,
    held_files bigint NOT NULL DEFAULT 0,        -- the sum of its uploads
    held_bytes bigint NOT NULL DEFAULT 0,
    locks      bigint NOT NULL DEFAULT 0,        -- how many it has in locks, ended ones too
    last_dir   bigint NOT NULL DEFAULT 0,        -- the number of its newest directory
    stored     timestamptz                       -- when something was stored first
) WITH (fillfactor = 50);                        -- so that a new version of a row fits beside the old one

-- Files, directories, and sidecars that wait for one (kind 0). A row says in which directory it is,
-- not under which path: a rename changes one row, whatever is below it.
CREATE TABLE entries (
    account       bigint NOT NULL,
    parent        bigint NOT NULL,               -- the number of its directory; 0: the top
    name          text COLLATE "C" NOT NULL,     -- the last segment
    kind          smallint NOT NULL,             -- 0: waiting sidecar, 1: file, 2: directory
    dir           bigint NOT NULL,               -- the number of a directory, counted by account
    height        int NOT NULL,                  -- how many levels, and how many bytes of names, there are below
    reach         int NOT NULL,                  -- it at most: a directory that moves need not be walked
    size          bigint NOT NULL,
    modified      timestamptz NOT NULL,
    tag           text NOT NULL,                 -- entity tag of a file
    content       bytea,                         -- of a small file
    body          text COLLATE "C",              -- of a large file: the key in bodies
    side_size     bigint,                        -- NULL: no sidecar
    side_modified timestamptz,
    side_tag      text,
    side_content  bytea,
    PRIMARY KEY (account, parent, name)
);

-- Contents of large files. They never change. One that nothing refers to is removed some time after
-- it was needed last.
CREATE TABLE bodies (
    account bigint NOT NULL,
    key     text COLLATE "C" NOT NULL,           -- random; with S3 the name of the object
    place   smallint NOT NULL,                   -- 0: chunks, 1: S3
    upload  text,                                -- of S3, while it is written in parts
    refs    bigint NOT NULL,                     -- how many entries have it
    needed  timestamptz NOT NULL,                -- when it was last known to be needed without being referred to
    dying   boolean NOT NULL DEFAULT false,      -- being removed: nothing may refer to it any more
    PRIMARY KEY (account, key)
);
CREATE INDEX bodies_unused ON bodies (needed) WHERE refs = 0;

CREATE TABLE chunks (
    account bigint NOT NULL,
    body    text COLLATE "C" NOT NULL,
    number  int NOT NULL,
    content bytea NOT NULL,                      -- 256 KiB, but for the last
    PRIMARY KEY (account, body, number)
);

-- Uploads on their way, with the room that they hold. A server that lives renews them.
CREATE TABLE uploads (
    account bigint NOT NULL,
    id      text COLLATE "C" NOT NULL,
    files   bigint NOT NULL,
    bytes   bigint NOT NULL,
    expires timestamptz NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX uploads_expires ON uploads (expires);

CREATE TABLE locks (
    account bigint NOT NULL,
    token   text COLLATE "C" NOT NULL,
    number  bigint NOT NULL,                     -- in the order of their making
    name    text COLLATE "C" NOT NULL,
    shared  boolean NOT NULL,
    deep    boolean NOT NULL,
    owner   text NOT NULL,
    note    text NOT NULL,
    expires timestamptz NOT NULL,
    PRIMARY KEY (account, token)
);

CREATE TABLE notes (
    account bigint NOT NULL,
    name    text COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (account, name)
);

-- One row for each change, written with it. When the answer to a commit is lost, it tells whether
-- the change was made. Keys begin with the time, and old ones are removed.
CREATE TABLE commits (
    token bytea PRIMARY KEY,
    made  boolean NOT NULL                       -- false: the change was not made, and never will be
);

INSERT INTO schema_version VALUES (1);
