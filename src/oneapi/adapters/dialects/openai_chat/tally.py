"""The tally of a whole answer in OpenAI's format: chat, completions, embeddings, moderations, edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.openai_chat.usage import UsageReader, UsualCounts, usual_usage
from oneapi.adapters.dialects.openai_chat.wire import Chunk, texts_of
from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.usage import believed

if TYPE_CHECKING:
    from oneapi.domain.usage import Usage


class _Usual(msgspec.Struct):
    usage: UsualCounts


class _Reported(msgspec.Struct):
    usage: Any = None


#: Both find the usage and skip the rest: no text of an answer becomes an object.
_skim = msgspec.json.Decoder(_Usual).decode
_skim_any = msgspec.json.Decoder(_Reported).decode
_decode = msgspec.json.Decoder(Chunk).decode
_decode_any = msgspec.json.Decoder().decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def reply_tally(body: bytes) -> Tally:
    """Usage as reported, and the texts of all choices; unexpected shapes count as absent."""
    tally = Tally()
    tally.produced = tally.finished = True
    tally.usage = _usual_usage(body)
    if tally.usage is not None:
        return tally
    tally.usage = believed(_own_usage(body))
    if tally.usage is not None and tally.usage.is_complete:
        return tally
    try:
        reply = _decode(body)
    except _UNREADABLE:
        value = _odd(body)
        tally.usage = believed(read_usage(value.get("usage"))) if isinstance(value, dict) else None
        return tally
    tally.usage = believed(UsageReader().read(reply))
    if tally.usage is None or not tally.usage.is_complete:  # texts only matter if nobody counted
        for choice in reply.choices or ():
            tally.text += texts_of(choice)
    return tally


def _usual_usage(body: bytes) -> Usage | None:
    """The complete usage of a body that reports it as OpenAI does; None if that takes a closer look."""
    try:
        counts = _skim(body).usage
    except _UNREADABLE:
        return None
    return usual_usage(counts)


def _own_usage(body: bytes) -> Usage | None:
    """The usage of a body that has it in the usual place, under the provider's own names."""
    try:
        return read_usage(_skim_any(body).usage)
    except _UNREADABLE:
        return None


def _odd(body: bytes) -> object:
    try:
        return _decode_any(body)
    except _UNREADABLE:
        return None
