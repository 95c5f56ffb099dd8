"""The neutral invoice: the terms of EN 16931 by name, read from UBL or from CII.

`model`, `groups` and `parties` have the groups (BG), `fields` the values in them (BT), `ubl` and
`cii` say where each term stands in a syntax, `reading` does it. Rules look at the model, never at
the syntax behind it.
"""
