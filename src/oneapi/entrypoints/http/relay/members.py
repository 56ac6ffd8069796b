"""The top level of a JSON request: scanned, and normalised so that all parsers read it alike.

A request is priced by what our parser reads, but executed by what the upstream's parser reads. Of duplicate keys, some
parsers take the first and some the last (https://www.rfc-editor.org/rfc/rfc8259#section-4), and some match keys
case-insensitively (https://pkg.go.dev/encoding/json#Unmarshal).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from oneapi.domain.records import record
from oneapi.entrypoints.http.bodies import check_values, decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Members = Mapping[str, msgspec.Raw]

#: Every field that the gateway reads, prices or limits, and those that multiply an upstream's work.
FIELDS = frozenset(
    """
    audio background best_of dimensions echo encoding_format frame_count frequency_penalty function_call functions
    image images input input_fidelity instruction instructions language logit_bias logprobs mask
    max_completion_tokens max_tokens messages metadata modalities model moderation n output_compression
    output_format parallel_tool_calls partial_images prediction presence_penalty prompt quality reasoning
    reasoning_effort response_format seed service_tier size speed stop store stream stream_format stream_options
    style suffix svg system temperature thinking tool_choice tools top_k top_logprobs top_p truncation user
    verbosity voice web_search_options
    """.split()
)
_OPTIONS = "stream_options"
_OPTION_FIELDS = frozenset({"include_usage"})
_BLANK = rb"[ \t\r\n]*"
_OPENING = re.compile(_BLANK + rb"\{")
_KEY = re.compile(_BLANK + rb'"([^"\\]*)"' + _BLANK + b":" + _BLANK)
_COMMA = re.compile(_BLANK + b",")
_CLOSING = re.compile(_BLANK + rb"\}" + _BLANK + rb"\Z")

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw] | None).decode
_encode = msgspec.json.Encoder().encode


@record
class Scanned:
    """The normalised ``body``, and the bytes of the values at its top level."""

    body: bytes
    members: Members


def scan(body: bytes, fields: frozenset[str] = FIELDS) -> Scanned:
    """Remove all but the last of duplicate keys, and keys that differ from one of ``fields`` only in case.

    A body without such keys keeps its bytes. Raises MalformedRequest, TooManyValues.
    """
    check_values(body)
    members: dict[str, msgspec.Raw] = decoded(body, _decode)
    if not members:
        return Scanned(body, members)
    names = "".join(members)
    kept = members
    if not (names.isascii() and names.islower()) and (odd := _variants(members, fields)):
        kept = {name: value for name, value in members.items() if name not in odd}
    if _OPTIONS in members:
        kept = _with_options(kept)
    if kept is not members or not _is_plain(body, members, names):
        body = _encode(kept)
    return Scanned(body, kept)


def _with_options(members: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """``members`` with the stream options normalised like the top level."""
    given = bytes(members[_OPTIONS])
    options = scan(given, _OPTION_FIELDS).body if given.startswith(b"{") else given
    return members if options is given else members | {_OPTIONS: msgspec.Raw(options)}


def _variants(names: Iterable[str], fields: frozenset[str]) -> set[str]:
    """The names that equal one of ``fields`` only for a case-insensitive parser."""
    return {name for name in names if name not in fields and name.casefold() in fields}


def _is_plain(body: bytes, members: Members, names: str) -> bool:
    """Whether each member appears in ``body`` once, and no key is escaped."""
    # A body without spaces of this length has room only for the members, their quotes, colons and commas.
    compact = 1 + 4 * len(members) + len(names) + sum(map(len, members.values()))
    return (compact == len(body) and names.isascii()) or _stands_once(body, members)


def _stands_once(body: bytes, members: Members) -> bool:
    found = _OPENING.match(body)
    for name, value in members.items():
        key = _KEY.match(body, found.end()) if found else None
        if key is None or key[1] != name.encode() or not body.startswith(value, key.end()):
            return False
        after = key.end() + len(value)
        found = _COMMA.match(body, after)
    return found is None and _CLOSING.match(body, after) is not None
