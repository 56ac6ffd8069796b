"""Connections to providers: HTTP/1.1, TLS, proxies, WebSockets. It carries bytes only."""
