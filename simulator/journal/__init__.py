"""The record of a node: one SQLite file, a folder of large blobs, one writer."""
