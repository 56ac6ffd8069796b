"""Requests that are not conversations, in forms of their own: one file a provider."""
