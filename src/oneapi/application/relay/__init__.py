"""Serving a client's request: authenticate, choose a channel, deliver the answer, bill it."""
