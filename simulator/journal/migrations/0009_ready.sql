-- The order in which returns were ready to leave. Those of a large flow are numbered before the report that
-- they wait for.

ALTER TABLE returned ADD COLUMN ready INTEGER; -- event that says so; NULL: not yet
UPDATE returned SET ready = (
  SELECT max(e.seq) FROM event e
  WHERE e.space = returned.space AND e.stream = returned.partner || '/' || returned.name
    AND e.type = 'ReturnReady'
);
