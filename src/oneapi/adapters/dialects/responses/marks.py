"""Content encrypted for one account of a provider, marked with that account while it passes through a client.

No other account can read it: it answers 400, or thinks without it. Clients therefore receive the account with it, as
``MARK.CONTENT``, and a request that passes to an upstream keeps only what this upstream can read.
https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.narrow import items_of, text
from oneapi.adapters.dialects.responses.reasoning import HIDDEN, SIGNED
from oneapi.adapters.dialects.responses.wire import NAME
from oneapi.adapters.dialects.thoughts import origin_of
from oneapi.domain.errors import EncryptedElsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_KEY = b'"encrypted_content"'
#: No JSON string can contain the key and a colon: its quotes would be escaped.
_VALUE = re.compile(rb'("encrypted_content"\s*:\s*")(?=[^"])')
_MARK = re.compile(rf"{NAME}-([0-9a-f]+)\.")
REASONING = "reasoning"
#: Items that replace a whole conversation.
COMPACTED = ("compaction", "compaction_summary")
#: Items that follow from a thought and refer to it by their ids.
LED_TO = frozenset({"message", "function_call", "custom_tool_call"})
FOREIGN = "reasoning of another account"

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


def marked(data: bytes, account_mark: str) -> bytes:
    """``data``, an upstream's JSON, with ``account_mark`` in front of all encrypted content."""
    if not account_mark or _KEY not in data:
        return data
    return _VALUE.sub(rb"\g<1>%b." % origin_of(NAME, "", account_mark).encode(), data)


def account_mark_in(fields: Mapping[str, Any]) -> str:
    """The mark of the account that encrypted the last such content in a request; empty if nothing is marked."""
    for item in reversed(items_of(fields.get("input"))):
        if found := _MARK.match(text(item.get("encrypted_content"))):
            return found[1]
    return ""


def own_input(
    body: bytes, fields: Mapping[str, Any], account_mark: str
) -> tuple[Sequence[msgspec.Raw | dict[str, Any]] | None, tuple[str, ...]]:
    """The items of ``body`` that the account can read (None: unchanged), and the names of what is left out.

    Unchanged items keep their bytes. Raises EncryptedElsewhere for a conversation that only another account can read.
    """
    if b'"reasoning"' not in body and _KEY not in body:
        return None, ()
    items = items_of(fields.get("input"))
    if not any(item.get("type") == REASONING or "encrypted_content" in item for item in items):
        return None, ()
    raw = _decode_items(_decode(body)["input"])
    own = list(_own(zip(items, raw, strict=True), origin_of(NAME, "", account_mark) + "."))
    changed = len(own) != len(raw) or any(one is not other for one, other in zip(own, raw, strict=True))
    return (own if changed else None), ((FOREIGN,) if len(own) != len(raw) else ())


def _own(
    items: Iterator[tuple[dict[str, Any], msgspec.Raw]], mark: str
) -> Iterator[msgspec.Raw | dict[str, Any]]:
    ours = re.compile(_VALUE.pattern + re.escape(mark.encode()))
    bereft = False
    for item, raw in items:
        kind, content = item.get("type"), text(item.get("encrypted_content"))
        if content.startswith(mark):
            bereft = False
            yield msgspec.Raw(ours.sub(rb"\1", bytes(raw)))
        elif _is_foreign(content):
            if kind in COMPACTED:
                raise EncryptedElsewhere
            bereft = True
        elif kind == REASONING and not content and not items_of(item.get("content")):
            bereft = True  # the upstream would look for it in its own store, which is empty
        elif bereft and kind in LED_TO and "id" in item:
            yield {name: value for name, value in item.items() if name != "id"}
        else:
            bereft = bereft and kind in LED_TO
            yield raw


def _is_foreign(content: str) -> bool:
    return content.startswith((SIGNED, HIDDEN)) or _MARK.match(content) is not None
