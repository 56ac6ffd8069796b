"""Admin routes for users, their sessions and tokens."""
