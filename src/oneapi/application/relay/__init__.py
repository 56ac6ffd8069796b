"""Serve a client's request: authenticate it, choose a channel, deliver the answer, bill it."""
