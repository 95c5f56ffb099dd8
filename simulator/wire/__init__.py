"""Sans-IO protocol cores: bytes in, values out; no socket, no clock, nothing of ours above."""
