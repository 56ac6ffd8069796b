"""Which headers pass through the gateway, in either direction.

Allow-lists for every protocol that the gateway understands. The proxy surface carries unknown protocols, so there
everything passes except headers that are known to be harmful.
"""

from __future__ import annotations

import re
from itertools import compress
from typing import TYPE_CHECKING

from oneapi import __version__
from oneapi.adapters.framing.sse import EVENT_STREAM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.requests import RelayRequest

JSON = "application/json"
_IS_JSON = re.compile(r"application/json(; *charset=utf-8)?", re.IGNORECASE)
#: The gateway's, not the client's; some providers' firewalls answer 403 to requests without one.
USER_AGENT = f"one-api/{__version__}"

#: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
#: Set by the transport, or meant for this gateway only.
_NOT_PROXIED = HOP_BY_HOP | {
    "accept-encoding",
    "authorization",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "x-real-ip",
}
_SHOWN = frozenset(
    {
        "content-type",
        "openai-model",
        "openai-processing-ms",
        "openai-version",
        "request-id",
        "retry-after",
        "retry-after-ms",
        "x-request-id",
        "x-should-retry",
    }
)
_SHOWN_PREFIXES = ("x-ratelimit-", "anthropic-ratelimit-")
_MOST_NAMES_KEPT = 1024
#: Cookies and CORS grants concern the gateway only, account names the operator; the content is already decoded.
_NOT_SHOWN_BY_PROXY = HOP_BY_HOP | {
    "alt-svc",
    "anthropic-organization-id",
    "content-encoding",
    "content-length",
    "openai-organization",
    "openai-project",
    "set-cookie",
    "strict-transport-security",
    "x-oneapi-request-id",
}


class _Shown(dict[str, bool]):
    """Whether clients see a header, by its name; a bounded cache."""

    def __missing__(self, name: str) -> bool:
        shown = name in _SHOWN or name.startswith(_SHOWN_PREFIXES)
        if len(self) >= _MOST_NAMES_KEPT:
            self.clear()
        self[name] = shown
        return shown


_is_shown = _Shown().__getitem__


def request_headers(request: RelayRequest) -> list[tuple[str, str]]:
    """The headers that an upstream receives: content type, user agent and accepted types.

    Idempotency keys are not forwarded: all clients of a channel share one account, and one could get another's answer.
    """
    given = request.headers.get("content-type", "")
    # The gateway ignores the label, so the upstream must not act on it either: bodies other than forms are JSON.
    kind = given if given == JSON or request.form or _IS_JSON.fullmatch(given) else JSON
    accept = request.headers.get("accept") or (EVENT_STREAM if request.stream else "")
    headers = [("content-type", kind), ("user-agent", USER_AGENT)]
    return [*headers, ("accept", accept)] if accept else headers


def response_headers(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The upstream's headers that a client sees."""
    return list(compress(headers.items(), map(_is_shown, headers)))


def proxied_request_headers(request: RelayRequest) -> list[tuple[str, str]]:
    """The client's headers except those about its connection, credentials and address."""
    named = {name.strip().lower() for name in request.headers.get("connection", "").split(",")}
    return [
        (name, value)
        for name, value in request.headers.items()
        if name not in _NOT_PROXIED and name not in named and not name.startswith("x-forwarded-")
    ]


def proxied_response_headers(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The upstream's headers except those about its connection, accounts, cookies, CORS grants and address."""
    named = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    return [
        (name, value)
        for name, value in headers.items()
        if name not in _NOT_SHOWN_BY_PROXY
        and name not in named
        and not name.startswith("access-control-")
        and not (name == "location" and "//" in value)
    ]
