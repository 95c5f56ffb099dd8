"""The HTTP control API on the console port."""
