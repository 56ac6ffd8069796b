"""Users, their tokens and sessions, and the accounts that authentication reads."""
