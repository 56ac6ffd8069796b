"""Users, their tokens and sessions, and how they sign in."""
