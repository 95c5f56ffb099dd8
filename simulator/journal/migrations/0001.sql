-- Books, events, work and small blobs of a node. Every table knows its space.
-- Instants are UTC texts of fixed width, so that text order is time order.

CREATE TABLE space (
  name     TEXT PRIMARY KEY,
  mode     TEXT NOT NULL,               -- real, frozen, running
  business TEXT NOT NULL,               -- anchor of the business clock
  wall     TEXT NOT NULL,
  rate     REAL NOT NULL
) STRICT;

CREATE TABLE raccordement (
  space TEXT NOT NULL,
  code  TEXT NOT NULL,                  -- code application
  body  TEXT NOT NULL,                  -- domain.raccordement.Raccordement as JSON
  PRIMARY KEY (space, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE structure (
  space      TEXT NOT NULL,
  identifier TEXT NOT NULL,             -- SIRET
  body       TEXT NOT NULL,             -- domain.raccordement.Structure as JSON
  PRIMARY KEY (space, identifier)
) STRICT, WITHOUT ROWID;

CREATE TABLE blob (
  id     INTEGER PRIMARY KEY,
  space  TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size   INTEGER NOT NULL,
  data   BLOB,                          -- NULL: a file of that name in blobs/
  UNIQUE (space, sha256)
) STRICT;

CREATE TABLE flow (
  id         INTEGER PRIMARY KEY,       -- the journal number people type
  space      TEXT NOT NULL,
  partner    TEXT NOT NULL,
  stream     TEXT NOT NULL,
  protocol   TEXT NOT NULL,
  name       TEXT NOT NULL,             -- as received
  stem       TEXT,                      -- 41 characters, once the name is registered as received
  identifier TEXT NOT NULL,             -- 25 characters, '' when the name cannot be read
  interface  TEXT NOT NULL,             -- '' when the name cannot be read
  report     TEXT NOT NULL,             -- name that its report will have, '' if it gets none
  sha256     TEXT NOT NULL,
  size       INTEGER NOT NULL,
  received   TEXT NOT NULL,
  state      TEXT NOT NULL,             -- IN_RECU, IN_EN_COURS_TRAITEMENT_CPP, IN_INTEGRE, ...
  verdict    TEXT NOT NULL DEFAULT ''   -- accepted, partial, rejected, irrecevable
) STRICT;
CREATE UNIQUE INDEX flow_received_once ON flow (space, stem) WHERE stem IS NOT NULL;
CREATE INDEX flow_by_name ON flow (space, name);
CREATE INDEX flow_by_report ON flow (space, partner, report);
CREATE INDEX flow_by_identifier ON flow (space, identifier);

CREATE TABLE invoice (
  id        INTEGER PRIMARY KEY,
  space     TEXT NOT NULL,
  flow      INTEGER NOT NULL REFERENCES flow (id),
  member    TEXT NOT NULL,
  number    TEXT NOT NULL,
  supplier  TEXT NOT NULL,
  recipient TEXT NOT NULL,
  status    TEXT NOT NULL,              -- code of the last status, '' before any
  verdict   TEXT NOT NULL,              -- accepted, rejected
  triptych  TEXT                        -- key of uniqueness, only while the invoice stands
) STRICT;
CREATE UNIQUE INDEX invoice_once ON invoice (space, triptych) WHERE triptych IS NOT NULL;
CREATE INDEX invoice_by_flow ON invoice (flow);

CREATE TABLE returned (
  id        INTEGER PRIMARY KEY,
  space     TEXT NOT NULL,
  partner   TEXT NOT NULL,
  flow      INTEGER REFERENCES flow (id), -- the deposit it answers
  name      TEXT NOT NULL,
  interface TEXT NOT NULL,
  body      TEXT NOT NULL,              -- domain.flows.Return as JSON
  state     TEXT NOT NULL,              -- composing, waiting, delivered, failed, purged
  issued    TEXT NOT NULL,
  sha256    TEXT,
  size      INTEGER
) STRICT;
CREATE INDEX returned_waiting ON returned (space, partner, state);
CREATE INDEX returned_by_flow ON returned (flow);
CREATE INDEX returned_by_name ON returned (space, name);

CREATE TABLE sequence (
  space     TEXT NOT NULL,
  partner   TEXT NOT NULL,
  interface TEXT NOT NULL,
  last      INTEGER NOT NULL,
  PRIMARY KEY (space, partner, interface)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  seq      INTEGER PRIMARY KEY,
  space    TEXT NOT NULL,
  stream   TEXT NOT NULL,
  position INTEGER NOT NULL,
  type     TEXT NOT NULL,
  at       TEXT NOT NULL,               -- business time
  wall     TEXT NOT NULL,
  cause    INTEGER REFERENCES event (seq),
  flow     INTEGER REFERENCES flow (id),
  session  TEXT NOT NULL DEFAULT '',    -- label of the connection it came by
  body     TEXT NOT NULL,
  UNIQUE (space, stream, position)
) STRICT;
CREATE INDEX event_by_flow ON event (flow);

CREATE TABLE work (
  id      INTEGER PRIMARY KEY AUTOINCREMENT, -- a late answer must never meet another row
  space   TEXT NOT NULL,
  lane    TEXT NOT NULL,
  due     TEXT,                         -- business time; NULL: now
  kind    TEXT NOT NULL,                -- judge, compose, push, purge
  state   TEXT NOT NULL,                -- ready, running (in doubt after a crash)
  subject INTEGER NOT NULL,             -- number of the flow or return
  attempt INTEGER NOT NULL DEFAULT 0,
  cause   INTEGER REFERENCES event (seq)
) STRICT;
CREATE INDEX work_by_subject ON work (subject);
CREATE INDEX work_by_lane ON work (space, lane);
