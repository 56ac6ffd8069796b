"""The tables, their migration, and the limits of their columns."""
