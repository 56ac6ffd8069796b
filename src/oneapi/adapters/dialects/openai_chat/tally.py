"""What a whole answer in OpenAI's format cost: chat, completions, embeddings, moderations, edits."""

from __future__ import annotations

import msgspec

from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.openai_chat.wire import Chunk, read_usage, texts_of
from oneapi.domain.usage import Usage, believed


class _Details(msgspec.Struct):
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    audio_tokens: int = 0


class _Counts(msgspec.Struct):
    """A usage object as OpenAI writes it."""

    prompt_tokens: int
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None


class _Reported(msgspec.Struct):
    usage: _Counts


#: Finds the usage and makes nothing of the rest: no text of an answer becomes an object.
_skim = msgspec.json.Decoder(_Reported).decode
_decode = msgspec.json.Decoder(Chunk).decode
_decode_any = msgspec.json.Decoder().decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NO_DETAILS = _Details()


def reply_tally(body: bytes) -> Tally:
    """Usage as reported, and the texts of all choices; odd shapes count as absent."""
    tally = Tally()
    tally.produced = tally.finished = True
    tally.usage = believed(_usual_usage(body))
    if tally.usage is not None:
        return tally
    try:
        reply = _decode(body)
    except _UNREADABLE:
        value = _odd(body)
        tally.usage = believed(read_usage(value.get("usage"))) if isinstance(value, dict) else None
        return tally
    tally.usage = believed(read_usage(reply.usage))
    if tally.usage is None:  # the texts are of interest only where nobody counted
        for choice in reply.choices or ():
            tally.text += texts_of(choice)
    return tally


def _usual_usage(body: bytes) -> Usage | None:
    """The usage of a body that reports it as OpenAI does; None leaves it open whether there is any."""
    try:
        counts = _skim(body).usage
    except _UNREADABLE:
        return None
    prompt, completion = counts.prompt_tokens, counts.completion_tokens
    if prompt <= 0 or completion < 0:
        return None
    given, made = counts.prompt_tokens_details, counts.completion_tokens_details
    if given is None and made is None:
        return Usage(prompt, completion)
    given, made = given or _NO_DETAILS, made or _NO_DETAILS
    return Usage(
        prompt,
        completion,
        cached=max(0, given.cached_tokens),
        reasoning=max(0, made.reasoning_tokens),
        audio_in=max(0, given.audio_tokens),
        audio_out=max(0, made.audio_tokens),
    )


def _odd(body: bytes) -> object:
    try:
        return _decode_any(body)
    except _UNREADABLE:
        return None
