"""Channels, their health, and the order in which a request tries them."""
