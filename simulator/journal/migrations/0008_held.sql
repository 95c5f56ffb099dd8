-- Invoices that wait for the platform of their recipient to be connected (NON_TRANSMISE).

ALTER TABLE invoice ADD COLUMN held TEXT;  -- business instant since when; NULL: it does not wait
CREATE INDEX invoice_held ON invoice (space, recipient, flow) WHERE held IS NOT NULL;
