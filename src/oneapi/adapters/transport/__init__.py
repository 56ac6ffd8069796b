"""Connections for all outgoing calls: HTTP/1.1, TLS, proxies and WebSockets. It transports bytes only."""
