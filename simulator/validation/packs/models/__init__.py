"""Model rules, a module or more for each pack; ``pack.toml`` names them."""
