-- Statuses that are gathered: when their return leaves, and the other deposits that it answers.

ALTER TABLE returned ADD COLUMN leaves TEXT; -- business instant until which it takes more; NULL: none
CREATE INDEX returned_gathering ON returned (space, partner, interface, leaves)
  WHERE leaves IS NOT NULL;

CREATE TABLE answers (
  flow     INTEGER NOT NULL REFERENCES flow (id),
  returned INTEGER NOT NULL REFERENCES returned (id), -- besides the deposit in `returned.flow`
  PRIMARY KEY (flow, returned)
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_by_return ON answers (returned);
