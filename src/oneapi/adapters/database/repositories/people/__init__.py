"""Users, their tokens and sessions, and what authentication reads."""
