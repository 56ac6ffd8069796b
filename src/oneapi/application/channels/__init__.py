"""Channels: management, health, balances and tests."""
