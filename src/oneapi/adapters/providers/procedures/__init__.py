"""Procedures: requests in a provider's own form, or that take several calls. One file per provider."""
