"""Wire protocols as sans-IO cores: bytes in, events out; no socket, no clock, no logger."""
