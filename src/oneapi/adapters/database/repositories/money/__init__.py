"""Balances, additions to them, and redemption codes."""
