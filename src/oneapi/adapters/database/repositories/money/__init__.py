"""Balances, credits and redemption codes."""
