"""Embedding vectors: lists of numbers, or the base64 of little-endian 32-bit floats.

https://platform.openai.com/docs/api-reference/embeddings/create (``encoding_format``). OpenAI's own clients request
base64 by default and decode any answer as such: a list silently becomes zeros.
"""

from __future__ import annotations

import base64
import binascii
import struct
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.patch import patch
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BASE64 = "base64"
#: Values of ``encoding_format`` that mean lists. All others are specific to one provider, and its vectors pass unread.
_LISTED = (None, "float")
_FLOAT = 4
_LIST, _TEXT = b'["'


class _Vector(msgspec.Struct):
    embedding: msgspec.Raw


class _Vectors(msgspec.Struct):
    data: list[_Vector]


class _Items(msgspec.Struct):
    data: list[msgspec.Raw]


_skim = msgspec.json.Decoder(_Vectors).decode
_decode_items = msgspec.json.Decoder(_Items).decode
_decode_numbers = msgspec.json.Decoder(list[float]).decode
_decode_text = msgspec.json.Decoder(str).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def vectors_of(body: bytes) -> list[msgspec.Raw] | None:
    """All vectors of an answer as raw JSON; None if an item has none."""
    try:
        vectors = [item.embedding for item in _skim(body).data]
    except _UNREADABLE:
        return None
    complete = vectors and all(memoryview(vector)[0] in (_LIST, _TEXT) for vector in vectors)
    return vectors if complete else None


def as_asked(body: bytes, vectors: Sequence[msgspec.Raw], wanted: object) -> bytes:
    """``body`` with its ``vectors`` in the ``wanted`` encoding; unchanged if they have it already.

    Raises UpstreamGarbage for a vector that is neither a list nor base64.
    """
    turned: Callable[[msgspec.Raw], Any]
    if wanted == BASE64:
        strange, turned = _LIST, _coded
    elif wanted in _LISTED:
        strange, turned = _TEXT, _listed
    else:
        return body
    if all(memoryview(vector)[0] != strange for vector in vectors):
        return body
    items = [
        msgspec.Raw(patch(bytes(item), {"embedding": turned(vector)}))
        if memoryview(vector)[0] == strange
        else item
        for item, vector in zip(_decode_items(body).data, vectors, strict=True)
    ]
    return patch(body, {"data": items})


def coded(numbers: Sequence[Any]) -> str:
    """``numbers`` in base64. Raises UpstreamGarbage if one is not a number."""
    try:
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    except (struct.error, OverflowError):
        raise UpstreamGarbage("a vector contains something other than numbers") from None


def as_numbers(vector: Any) -> list[float]:
    """``vector``, which may be base64, as a list. Raises UpstreamGarbage if it is neither."""
    if isinstance(vector, str):
        return _unpacked(vector)
    try:
        numbers = msgspec.convert(vector, list[float])
    except msgspec.ValidationError:
        numbers = []
    if not numbers:
        raise UpstreamGarbage("the answer lacks a vector")
    return numbers


def _coded(vector: msgspec.Raw) -> str:
    try:
        return coded(_decode_numbers(vector))
    except _UNREADABLE:
        raise UpstreamGarbage("a vector contains something other than numbers") from None


def _listed(vector: msgspec.Raw) -> list[float]:
    try:
        return _unpacked(_decode_text(vector))
    except _UNREADABLE:
        raise UpstreamGarbage("a vector is not the base64 of 32-bit floats") from None


def _unpacked(vector: str) -> list[float]:
    try:
        data = base64.b64decode(vector, validate=True)
        return list(struct.unpack(f"<{len(data) // _FLOAT}f", data))
    except (ValueError, binascii.Error, struct.error):
        raise UpstreamGarbage("a vector is not the base64 of 32-bit floats") from None
