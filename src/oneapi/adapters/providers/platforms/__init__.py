"""Providers with addresses, tokens or signatures of their own: one file each."""
