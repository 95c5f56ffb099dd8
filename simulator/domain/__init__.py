"""Values and pure rules of the exchange; imports nothing else of the project."""
