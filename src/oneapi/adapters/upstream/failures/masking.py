"""Removes a channel's secrets from an upstream's texts, in whatever form they are repeated."""

from __future__ import annotations

import base64
import html
import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneapi.domain.routing.channels import Channel

#: Texts shorter than this are words, not secrets: regions, versions, parts of a key's format.
_SHORTEST_SECRET, _SHORTEST_SETTING = 6, 12
#: No piece of a key of this many characters is ever shown.
PIECE = 8
HIDDEN = "***"
_SEPARATORS = re.compile(r"[|\s]+")
#: Public values in a service account's key.
_PUBLIC = re.compile(r"https?://|service_account$|authorized_user$|googleapis\.com$")
_LOWER = {number: number + 32 for number in range(ord("A"), ord("Z") + 1)}
#: Ways to write one character as several, in lower case; each layer of JSON doubles the backslashes, each of percent
#: encoding adds a "25" and each of HTML an "amp;". What a run of backslashes means is the same for any length of it,
#: because a key is read by the same rule as the text.
_ESCAPE = re.compile(
    r"\\+(?:u(?P<unicode>[0-9a-f]{4})|x(?P<code>[0-9a-f]{2})|(?P<quoting>(?=[\"'/]))|)"
    r"|%(?:25)*(?P<percent>[0-9a-f]{2})"
    r"|&(?:amp;)*(?P<entity>\#x[0-9a-f]{1,6}|\#[0-9]{1,7}|amp|apos|quot|lt|gt);"
)
#: Nested escapes of one kind are resolved in one pass; this bounds the time for kinds that alternate.
_MOST_PASSES = 8
#: Keys of well-known forms, which some upstreams echo half-masked, and anything where a key is expected.
_KEY_LIKE = re.compile(
    r"\b(?:sk|gsk|xai|pplx)[-_][\w*.-]{6,}|\bAIza[\w*-]{10,}|(?<=Bearer )[^\s\"',]+"
    r"|(?<=[?&]key=)[^&\s\"']+|(?<=[?&]access_token=)[^&\s\"']+|(?<=[?&]token=)[^&\s\"']+"
    r"|(?<=[?&]api_key=)[^&\s\"']+|(?<=[?&]client_secret=)[^&\s\"']+|(?<=[?&]signature=)[^&\s\"']+"
    r"|\b(?:org-|proj_)\w{8,}",
    re.IGNORECASE,
)


@record
class Secrets:
    """Every piece of ``keys`` is hidden, in all usual encodings; ``texts`` are hidden only as a whole.

    Both are found in upper or lower case, and however often they are escaped.
    """

    keys: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def secrets_of(channel: Channel) -> Secrets:
    """Everything in a channel that clients must not see."""
    config = channel.config
    own = (channel.key, *(str(config.get(name) or "") for name in ("ak", "sk", "vertex_ai_adc")))
    keys = {part for text in own for part in _parts(text)}
    texts = {value for value in config.values() if isinstance(value, str) and len(value) >= _SHORTEST_SETTING}
    if channel.base_url:
        texts |= {channel.base_url, urlsplit(channel.base_url).netloc}
    return Secrets(
        tuple(sorted(key for key in keys if len(key) >= PIECE)),
        tuple(sorted(text for text in texts | keys if len(text) >= _SHORTEST_SECRET)),
    )


def masked(text: str, secrets: Secrets = Secrets()) -> str:  # noqa: B008  # immutable
    """``text`` without the given secrets, and without anything that looks like one."""
    return _KEY_LIKE.sub(HIDDEN, _without(text, secrets))


def _parts(key: str) -> Iterator[str]:
    """The secrets in a channel's key: the key itself, its parts between bars, the values of a JSON key."""
    key = key.strip()
    start = key.find("{")
    values = _object(key[start:]) if start >= 0 else None
    if values is None:
        yield key
        yield from _SEPARATORS.split(key)
        return
    yield from _SEPARATORS.split(key[:start])
    for value in values.values():
        if isinstance(value, str) and not _PUBLIC.search(value):
            yield from (line for line in value.split("\n") if not line.startswith("-----"))


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


@lru_cache(maxsize=64)
def _pieces(keys: tuple[str, ...]) -> frozenset[str]:
    """All strings of ``PIECE`` characters that reveal a part of ``keys``, in lower case."""
    spellings = (spelling for key in keys for spelling in _spellings(key))
    return frozenset(
        view[start : start + PIECE]
        for spelling in spellings
        for view, _ in _views(spelling)
        for start in range(len(view) - PIECE + 1)
    )


@lru_cache(maxsize=64)
def _wholes(texts: tuple[str, ...]) -> frozenset[str]:
    """``texts`` in every form that can occur in a view."""
    views = (view for text in texts for view, _ in _views(text))
    return frozenset(view for view in views if len(view) >= _SHORTEST_SECRET)


def _spellings(key: str) -> Iterator[str]:
    """The key unchanged, reversed, and encoded at every offset at which it can begin in a longer encoded text."""
    yield key
    yield key[::-1]
    yield quote(key, safe="")
    data = key.encode()
    yield data.hex()
    for lead in range(3):
        # Leave out the first and last four characters, which depend on the text around the key.
        encoded = base64.b64encode(bytes(lead) + data).decode()[4 if lead else 0 :].rstrip("=")
        yield encoded
        yield encoded.replace("+", "-").replace("/", "_")


def _without(text: str, secrets: Secrets) -> str:
    pieces, wholes = _pieces(secrets.keys), _wholes(secrets.texts)
    hidden = bytearray(len(text))
    for view, origins in _views(text):
        for start, end in _places(view, pieces, wholes):
            first, last = origins[start], origins[end]
            hidden[first:last] = b"\1" * (last - first)
    if not any(hidden):
        return text
    edges = (0, *(place for place in range(1, len(text)) if hidden[place] != hidden[place - 1]), len(text))
    return "".join(HIDDEN if hidden[start] else text[start:end] for start, end in pairwise(edges))


def _places(view: str, pieces: frozenset[str], wholes: frozenset[str]) -> Iterator[tuple[int, int]]:
    if pieces:
        for start in range(len(view) - PIECE + 1):
            if view[start : start + PIECE] in pieces:
                yield start, start + PIECE
    for whole in wholes:
        start = view.find(whole)
        while start >= 0:
            yield start, start + len(whole)
            start = view.find(whole, start + len(whole))


def _views(text: str) -> Iterator[tuple[str, Sequence[int]]]:
    """``text`` in lower case, then with its escapes resolved repeatedly until nothing changes.

    Each view comes with the offsets in ``text`` at which its characters begin, and the end offset.
    """
    view = text.translate(_LOWER)
    origins: Sequence[int] = range(len(text) + 1)
    yield view, origins
    for _ in range(_MOST_PASSES):
        resolved, origins = _resolved(view, origins)
        if resolved == view:
            return
        view = resolved
        yield view, origins


def _resolved(view: str, origins: Sequence[int]) -> tuple[str, Sequence[int]]:
    parts: list[str] = []
    places: list[int] = []
    end = 0
    for escape in _ESCAPE.finditer(view):
        meant = _meant(escape)
        parts += (view[end : escape.start()], meant)
        places += origins[end : escape.start()]
        places += [origins[escape.start()]] * len(meant)
        end = escape.end()
    return "".join((*parts, view[end:])), [*places, *origins[end:]]


def _meant(escape: re.Match[str]) -> str:
    """The character that an escape represents, in lower case; empty for a backslash that quotes the next one."""
    if number := escape["unicode"] or escape["code"] or escape["percent"]:
        return chr(int(number, 16)).translate(_LOWER)
    if entity := escape["entity"]:
        return html.unescape(f"&{entity};").translate(_LOWER)
    return "" if escape["quoting"] is not None else "\\"
