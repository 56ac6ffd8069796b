"""Users, their tokens, and how they register and sign in."""
