-- What went over the wire, raw, and what was read of it. A message that was accepted is known by its
-- label for ever: when it comes again it gets the answer that it got.

CREATE TABLE wire (
  id        INTEGER PRIMARY KEY,
  space     TEXT NOT NULL,
  partner   TEXT NOT NULL,              -- '' for a stranger
  protocol  TEXT NOT NULL,
  direction TEXT NOT NULL,              -- in, out
  label     TEXT NOT NULL,              -- Message-ID, or label of the session
  accepted  TEXT,                       -- the label again, once the message was accepted
  outcome   TEXT NOT NULL,
  facts     TEXT NOT NULL,              -- JSON
  request   TEXT,                       -- sha256 of the bytes that the caller sent
  answer    TEXT,                       -- sha256 of the bytes that came back
  returned  INTEGER REFERENCES returned (id), -- the return that was pushed
  at        TEXT NOT NULL,
  wall      TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX wire_accepted_once ON wire (space, partner, protocol, accepted)
  WHERE accepted IS NOT NULL;
CREATE INDEX wire_by_returned ON wire (returned);
CREATE INDEX wire_by_partner ON wire (space, partner);

ALTER TABLE flow ADD COLUMN wire INTEGER REFERENCES wire (id); -- what brought it
CREATE INDEX flow_by_wire ON flow (wire);
ALTER TABLE returned ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0; -- pushes begun
