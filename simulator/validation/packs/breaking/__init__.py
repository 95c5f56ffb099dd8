"""How rules are broken: documents that they let pass, and changes that they do not.

`making.broken` makes a document that breaks one rule. The tables beside it say how, where the row of a
rule does not tell; the tests of the packs read the same tables.
"""
