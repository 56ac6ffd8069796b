"""Facts about models, found by their names."""
