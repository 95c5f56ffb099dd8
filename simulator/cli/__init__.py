"""The command line: one module a noun; a verb imports what it needs when it runs."""
