"""Prices, holds and charges, and redemption codes."""
