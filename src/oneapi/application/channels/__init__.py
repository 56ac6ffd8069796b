"""Channels: administration, health, balances, tests."""
