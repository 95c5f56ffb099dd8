-- What somebody wants to go wrong, the deposits that it met, and the returns that go out again.

CREATE TABLE fault (
  id    INTEGER PRIMARY KEY AUTOINCREMENT, -- a number that people type is never given twice
  space TEXT NOT NULL,
  body  TEXT NOT NULL,                     -- domain.faults.Fault as JSON
  left  INTEGER                            -- how often it is still met; NULL: until it is taken away
) STRICT;

ALTER TABLE flow ADD COLUMN fault TEXT;                             -- that met it, domain.faults.Fault
ALTER TABLE returned ADD COLUMN again INTEGER NOT NULL DEFAULT 0;   -- deliveries to be repeated
