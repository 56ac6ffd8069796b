"""What an upstream refused: whose fault it is, and what the caller may read of it."""
