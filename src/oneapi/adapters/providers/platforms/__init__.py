"""Providers with their own forms of addresses, tokens or signatures: one file each."""
