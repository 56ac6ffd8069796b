"""Checks and normal forms of the texts in a channel's fields."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from oneapi.domain.errors.channels import BadBaseUrl, BadKey, NotJsonObject, NotJsonTexts, SealedKey
from oneapi.domain.routing.channels import SEALED

#: The most characters of a key; the longest in use, of service accounts, have about 2400.
LONGEST_KEY = 8192
BYTE_ORDER_MARK = "\ufeff"


def read_keys(text: str) -> list[str]:
    """The keys in ``text``, one per line; blank lines are ignored."""
    return [read_key(line) for line in text.split("\n") if line.strip(BYTE_ORDER_MARK + "\r\t ")]


def read_key(text: str) -> str:
    """``text`` without the spaces, quotes and byte order mark that copying leaves around a key. Raises Refusal."""
    key = text.strip(BYTE_ORDER_MARK + "\r\n\t ")
    if len(key) > 1 and key[0] == key[-1] and key[0] in "\"'":
        key = key[1:-1].strip()
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise BadKey
    if key.startswith(SEALED):
        raise SealedKey
    return key


def comma_list(text: str) -> str:
    """The comma-separated list, with each part trimmed and duplicates removed."""
    parts = (part.strip() for part in text.split(","))
    return ",".join(dict.fromkeys(part for part in parts if part))


def check_url(text: str) -> str:
    """The base URL, trimmed and without trailing slashes. Raises Refusal with the reason."""
    url = text.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadBaseUrl(problem=str(error)) from None
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise BadBaseUrl(problem="only printable ASCII characters, no blank, no backslash")
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise BadBaseUrl(problem="http(s)://host[:port][/path]")
    if "@" in parts.netloc:
        raise BadBaseUrl(problem="user:password@")
    if parts.query or parts.fragment:
        raise BadBaseUrl(problem="? #")
    return url.rstrip("/")


def place_of(url: str | None) -> object:
    """The parts of a URL that decide who receives the requests: scheme, host, port, and the path, which names tenants.

    A trailing slash or ``/v1`` makes no difference. An unreadable URL equals only itself.
    """
    try:
        parts = urlsplit(url or "")
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return url
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/").removesuffix("/v1").rstrip("/")


def check_object(field: str, text: str | None, *, of_texts: bool = False) -> None:
    """Raise Refusal unless ``text`` is empty or a JSON object; ``of_texts``: with only strings as values."""
    if not text:
        return
    try:
        value: Any = json.loads(text)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise NotJsonObject(field=field) from None
    if not isinstance(value, dict):
        raise NotJsonObject(field=field)
    if of_texts and not all(isinstance(item, str) for item in value.values()):
        raise NotJsonTexts(field=field)
