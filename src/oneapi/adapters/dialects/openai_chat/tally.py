"""What a whole answer in OpenAI's format cost: chat, completions, embeddings, moderations, edits."""

from __future__ import annotations

import msgspec

from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.openai_chat.wire import Chunk, read_usage, texts_of

_decode = msgspec.json.Decoder(Chunk).decode
_decode_any = msgspec.json.Decoder().decode


def reply_tally(body: bytes) -> Tally:
    """Usage as reported, and the texts of all choices; odd shapes count as absent."""
    tally = Tally()
    tally.produced = tally.finished = True
    try:
        reply = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = _odd(body)
        tally.usage = read_usage(value.get("usage")) if isinstance(value, dict) else None
        return tally
    tally.usage = read_usage(reply.usage)
    if tally.usage is None:  # the texts are of interest only where nobody counted
        for choice in reply.choices or ():
            tally.text += texts_of(choice)
    return tally


def _odd(body: bytes) -> object:
    try:
        return _decode_any(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
