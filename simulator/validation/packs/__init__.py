"""Rule packs: rules as data (``schemas/rules/packs``), compiled and run.

`rows` is what a pack says, `loading` reads it, `patterns` and `automaton` find what must not be
there and codes that are not of their list in one walk over the document, `stylesheet` makes one
XSLT 1.0 stylesheet of all tests, `model` has the rules that are Python functions (`models/`), and
`selection` compiles them together and `run` words what they find. docs/rules.md tells how to write a
rule.
"""
