"""The tables, their migration, and what their columns can hold."""
