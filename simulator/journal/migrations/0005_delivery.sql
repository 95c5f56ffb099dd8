-- Invoices that left in a return: what a partner acknowledges, and what it may speak of.

ALTER TABLE invoice ADD COLUMN size INTEGER NOT NULL DEFAULT 0;  -- bytes of its file, unpacked

CREATE TABLE delivery (
  returned INTEGER NOT NULL REFERENCES returned (id),
  invoice  INTEGER NOT NULL REFERENCES invoice (id),
  PRIMARY KEY (invoice, returned)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_by_return ON delivery (returned);
