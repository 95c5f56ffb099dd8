-- A large flow is decided block by block; a restart goes on where it stopped.

ALTER TABLE flow ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0; -- decided so far
ALTER TABLE invoice ADD COLUMN line TEXT; -- of the report: domain.flows.ErrorLine as JSON, if refused
