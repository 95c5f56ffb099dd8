"""The invoice factory: one neutral specimen, written in every syntax of the exchange.

`model` is what an invoice is to say and `figures` what it comes to; `variety` draws one by lot from a
seed. A writer for each syntax (`ubl`, `cii`, `cpp`, `facturx`) gives a frame and a line, `streaming`
puts them together piece by piece, `factory` is the table of all of them, `envelope` packs many.
Parties, accounts and texts are invented.
"""
