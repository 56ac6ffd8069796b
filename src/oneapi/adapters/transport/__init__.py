"""Connections of every call that leaves: HTTP/1.1, TLS, proxies, WebSockets. It carries bytes only."""
