"""Changes top-level keys of a JSON object and nothing else: every other value keeps its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


def patch(body: bytes, changes: Mapping[str, Any]) -> bytes:
    """``body`` with these keys set; ``msgspec.UNSET`` removes a key, ``msgspec.Raw`` is inserted unchanged."""
    fields: dict[str, Any] = dict(_decode(body)) if body.strip() not in (b"", b"null") else {}
    for key, value in changes.items():
        if value is msgspec.UNSET:
            fields.pop(key, None)
        else:
            fields[key] = value
    return _encode(fields)


def add(body: bytes, name: str, value: Any) -> bytes:
    """``body``, a non-empty object without a member ``name``, with that member added; nothing is parsed."""
    end = body.rindex(b"}")
    member = b',"%b":%b' % (name.encode(), _encode(value))
    return b"".join((memoryview(body)[:end], member, body[end:]))


def raw_messages(body: bytes) -> list[msgspec.Raw]:
    """The messages of a chat request, each as its original bytes."""
    messages = _decode(body).get("messages")
    return _decode_list(messages) if messages is not None else []
