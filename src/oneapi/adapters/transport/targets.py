"""The target of a URL, and the header of a request to it as sent on the wire."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from attrs import frozen

from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f]")
_NOT_IN_VALUE = re.compile(r"[\r\n\0]")
_BODIED = frozenset({"POST", "PUT", "PATCH"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


#: Headers of the connection rather than of the request, which only the transport sets.
_OWNED = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te",
     "trailer", "transfer-encoding", "upgrade"}
)  # fmt: skip


@frozen(eq=False)
class Target:
    """A parsed URL; the transport caches one for each URL."""

    scheme: str
    host: str
    port: int
    #: The value of the Host header, which signatures cover.
    authority: str
    path: str
    #: An Authorization made from user and password in the URL, for requests that have no other.
    authorization: str | None

    @classmethod
    def parse(cls, url: str) -> Target:
        """Parse ``url``. Raises InvalidParameter, whose message contains neither the query nor credentials."""
        if _NOT_IN_URL.search(url):
            raise InvalidParameter("url", "the upstream's URL contains a space or a control character")
        try:
            parts = urlsplit(url)
            port = parts.port
            host = (
                (parts.hostname or "")
                .encode("ascii" if (parts.hostname or "").isascii() else "idna")
                .decode()
            )
        except ValueError as error:
            raise InvalidParameter("url", "the upstream's URL cannot be read") from error
        if parts.scheme not in _DEFAULT_PORTS or not host or port == 0:
            raise InvalidParameter("url", "the upstream's URL must be http:// or https:// and name a host")
        authority = f"[{host}]" if ":" in host else host
        if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
            authority += f":{port}"
        path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_PATH_SAFE)
        authorization = None
        if parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = "Basic " + base64.b64encode(pair.encode()).decode()
        return cls(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], authority, path, authorization)

    @property
    def name(self) -> str:
        """Host and port, for error messages."""
        return self.authority

    @property
    def absolute(self) -> str:
        """The request target for an HTTP proxy."""
        return f"{self.scheme}://{self.authority}{self.path}"


#: Every printable ASCII character: percent-encoding is preserved, and only other characters are encoded.
_PATH_SAFE = "".join(map(chr, range(0x21, 0x7F)))


def request_head(
    method: str,
    target: Target,
    headers: Sequence[tuple[str, str]],
    body: bytes | None,
    *,
    request_target: str,
    proxy_authorization: str | None = None,
) -> bytes:
    """The header of a request in bytes, including the empty line at its end.

    Framing headers of the caller are dropped, and set here. Raises InvalidParameter, whose message contains no value,
    for anything that would not arrive as a single header of this name.
    """
    start = _start(method, target, request_target, proxy_authorization, tuple(headers))
    if body is None and method not in _BODIED:
        return start + b"\r\n"
    return b"%bContent-Length: %d\r\n\r\n" % (start, len(body) if body else 0)


@lru_cache(maxsize=1024)  # a channel sends the same headers with every request
def _start(
    method: str,
    target: Target,
    request_target: str,
    proxy_authorization: str | None,
    headers: tuple[tuple[str, str], ...],
) -> bytes:
    lines = [f"{method} {request_target} HTTP/1.1", f"Host: {target.authority}"]
    names = {name.lower() for name, _ in headers}
    lines += [f"{name}: {value}" for name, value in headers if name.lower() not in _OWNED]
    if "accept-encoding" not in names:
        lines.append("Accept-Encoding: identity")
    if target.authorization and "authorization" not in names:
        lines.append(f"Authorization: {target.authorization}")
    if proxy_authorization:
        lines.append(f"Proxy-Authorization: {proxy_authorization}")
    _check(method, headers)
    try:
        return "\r\n".join([*lines, ""]).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise InvalidParameter("header", "a header contains characters that cannot be sent") from None


def _check(method: str, headers: tuple[tuple[str, str], ...]) -> None:
    if not _TOKEN.fullmatch(method):
        raise InvalidParameter("method", f"{method[:20]!r} is not an HTTP method")
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            raise InvalidParameter("header", f"{name[:40]!r} cannot be the name of a header")
        if _NOT_IN_VALUE.search(value):
            raise InvalidParameter(name, f"the header {name!r} contains a line break or a NUL character")
