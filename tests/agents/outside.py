"""A proxy that refuses all calls of agents to other hosts, and records the hosts."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = "127.0.0.1,localhost,::1"


class Outside(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Refuse)
        #: The first lines of requests.
        self.called: list[str] = []

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that direct programs to this proxy."""
        url = f"http://127.0.0.1:{self.server_address[1]}"
        names = ("http_proxy", "https_proxy", "all_proxy")
        proxies = {each: url for name in names for each in (name, name.upper())}
        return proxies | {"no_proxy": LOOPBACK, "NO_PROXY": LOOPBACK, "NODE_USE_ENV_PROXY": "1"}


class _Refuse(socketserver.StreamRequestHandler):
    server: Outside

    def handle(self) -> None:
        line = self.rfile.readline(4096).decode("latin-1").strip()
        self.server.called.append(line)
        self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@contextlib.contextmanager
def outside() -> Iterator[Outside]:
    with Outside() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
