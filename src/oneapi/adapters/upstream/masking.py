"""Taking a channel's secrets out of what an upstream says, in whatever form it repeats them."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneapi.domain.channels import Channel

#: Shorter texts than these are words and not secrets: regions, versions, parts of a key's form.
_SHORTEST_SECRET, _SHORTEST_SETTING = 6, 12
#: No piece of a key as long as this is shown.
PIECE = 8
HIDDEN = "***"
_SEPARATORS = re.compile(r"[|\s]+")
#: Values of a service account's key that everybody may read.
_PUBLIC = re.compile(r"https?://|service_account$|authorized_user$|googleapis\.com$")
_LOWER = {number: number + 32 for number in range(ord("A"), ord("Z") + 1)}
#: Keys of well-known forms, which some upstreams echo half-masked, and whatever stands where a key is expected.
_KEY_LIKE = re.compile(
    r"\b(?:sk|gsk|xai|pplx)[-_][\w*.-]{6,}|\bAIza[\w*-]{10,}|(?<=Bearer )[^\s\"',]+"
    r"|(?<=[?&]key=)[^&\s\"']+|(?<=[?&]access_token=)[^&\s\"']+|(?<=[?&]token=)[^&\s\"']+"
    r"|(?<=[?&]api_key=)[^&\s\"']+|(?<=[?&]client_secret=)[^&\s\"']+|(?<=[?&]signature=)[^&\s\"']+"
    r"|\b(?:org-|proj_)\w{8,}",
    re.IGNORECASE,
)


@record
class Secrets:
    """``keys`` are hidden down to every piece of them, in all usual encodings; ``texts`` only as a whole."""

    keys: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def secrets_of(channel: Channel) -> Secrets:
    """Everything of a channel that no client may read."""
    config = channel.config
    own = (channel.key, *(str(config.get(name) or "") for name in ("ak", "sk", "vertex_ai_adc")))
    keys = {part for text in own for part in _parts(text)}
    texts = {value for value in config.values() if isinstance(value, str) and len(value) >= _SHORTEST_SETTING}
    if channel.base_url:
        texts |= {channel.base_url, urlsplit(channel.base_url).netloc}
    texts |= {quote(text, safe="") for text in texts} | keys
    found = (text for text in texts if len(text) >= _SHORTEST_SECRET)
    return Secrets(
        tuple(sorted(key for key in keys if len(key) >= PIECE)), tuple(sorted(found, key=len, reverse=True))
    )


def masked(text: str, secrets: Secrets = Secrets()) -> str:  # noqa: B008  # immutable
    """``text`` without the given secrets, and without whatever looks like one."""
    for secret in secrets.texts:
        text = text.replace(secret, HIDDEN)
    if secrets.keys:
        text = _without_pieces(text, _pieces(secrets.keys))
    return _KEY_LIKE.sub(HIDDEN, text)


def _parts(key: str) -> Iterator[str]:
    """The secrets that a channel's key is made of: itself, what bars separate, the values of a JSON key."""
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
    """All texts of ``PIECE`` characters that give a part of ``keys`` away, in lower case."""
    spellings = (spelling.translate(_LOWER) for key in keys for spelling in _spellings(key))
    return frozenset(
        spelling[start : start + PIECE]
        for spelling in spellings
        for start in range(len(spelling) - PIECE + 1)
    )


def _spellings(key: str) -> Iterator[str]:
    """As it is, backwards, and encoded, wherever in a longer encoded text it may begin."""
    yield key
    yield key[::-1]
    yield quote(key, safe="")
    data = key.encode()
    yield data.hex()
    for lead in range(3):
        # What the neighbours of the key decide is left out: the first and the last four characters.
        encoded = base64.b64encode(bytes(lead) + data).decode()[4 if lead else 0 :].rstrip("=")
        yield encoded
        yield encoded.replace("+", "-").replace("/", "_")


def _without_pieces(text: str, pieces: frozenset[str]) -> str:
    lower = text.translate(_LOWER)
    shown: list[str] = []
    place = start = 0
    while place <= len(lower) - PIECE:
        if lower[place : place + PIECE] not in pieces:
            place += 1
            continue
        shown += (text[start:place], HIDDEN)
        while lower[place : place + PIECE] in pieces:
            place += 1
        place = start = place + PIECE - 1
    return "".join(shown) + text[start:]
