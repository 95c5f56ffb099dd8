-- A large flow is decided block by block; a restart goes on where it stopped. Its returns have the
-- state `held` until the report on it has left.

ALTER TABLE flow ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0; -- decided so far
ALTER TABLE invoice ADD COLUMN line TEXT; -- of the report: domain.flows.ErrorLine as JSON, if refused

-- A deposit asks how often its partner used its name: without this it reads all flows of the partner.
DROP INDEX flow_by_name;
CREATE INDEX flow_by_name ON flow (space, name);
CREATE INDEX flow_by_partner_and_name ON flow (space, partner, name);
