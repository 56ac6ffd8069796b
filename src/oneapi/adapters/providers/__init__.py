"""Everything about providers: one row each, and the pure functions that rows refer to."""
