"""Every client API before every provider's format: what leaves on the wire, to the provider and to the client.

``rows/`` holds one file for each provider's format: a channel, what its upstream answers, and what is expected for each
client API. ``surfaces.py`` holds one value for each client API. ``python -m tests.matrix.record`` writes the
expectations of cells that have none yet; read them before they are committed.
"""
