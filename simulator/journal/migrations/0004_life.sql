-- The life of invoices: what any status says of one, the history, and the next step of its story.

ALTER TABLE invoice ADD COLUMN about TEXT;                        -- domain.flows.InvoiceStatus as JSON
ALTER TABLE invoice ADD COLUMN circuit TEXT NOT NULL DEFAULT '';  -- that it came by
ALTER TABLE invoice ADD COLUMN cadre TEXT NOT NULL DEFAULT '';    -- cadre de facturation
ALTER TABLE invoice ADD COLUMN step INTEGER NOT NULL DEFAULT 0;   -- of its story, taken so far
ALTER TABLE invoice ADD COLUMN due TEXT;                          -- of the next one; NULL: none
CREATE INDEX invoice_by_number ON invoice (space, number);
CREATE INDEX invoice_due ON invoice (flow, due) WHERE due IS NOT NULL;

CREATE TABLE status (
  id      INTEGER PRIMARY KEY,
  space   TEXT NOT NULL,
  invoice INTEGER NOT NULL REFERENCES invoice (id),
  entry   TEXT NOT NULL                 -- domain.lifevalues.Entry as JSON
) STRICT;
CREATE INDEX status_by_invoice ON status (invoice);

ALTER TABLE returned ADD COLUMN ack TEXT NOT NULL DEFAULT '';     -- what the partner said of it
