"""Protocol cores without input or output: each folder is a library of its own, usable alone."""
