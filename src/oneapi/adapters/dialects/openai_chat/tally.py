"""What a whole answer in OpenAI's format cost: chat, completions, embeddings, moderations, edits."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.openai_chat.usage import UsageReader
from oneapi.adapters.dialects.openai_chat.wire import Chunk, texts_of
from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.usage import Usage, believed

_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Details(msgspec.Struct):
    cached_tokens: _Count = 0
    reasoning_tokens: _Count = 0
    audio_tokens: _Count = 0
    image_tokens: _Count = 0
    cache_write_tokens: _Count = 0
    cached_tokens_details: None = None
    cache_creation: None = None
    cache_creation_tokens: None = None
    cache_creation_input_tokens: None = None
    cache_creation_token_details: None = None
    cached_creation_tokens: None = None


class _Counts(msgspec.Struct):
    """A usage object as OpenAI writes it: one with any other provider's words does not decode."""

    prompt_tokens: Annotated[int, msgspec.Meta(gt=0)]
    completion_tokens: _Count = 0
    total_tokens: _Count = 0
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    input_tokens: None = None
    output_tokens: None = None
    cached_tokens: None = None
    prompt_cache_hit_tokens: None = None
    cache_read_input_tokens: None = None
    cache_creation_input_tokens: None = None
    cache_creation: None = None
    cache_creation_token_details: None = None
    input_tokens_details: None = None
    output_tokens_details: None = None
    prompt_audio_seconds: None = None
    seconds: None = None
    reasoning_tokens: None = None


class _Usual(msgspec.Struct):
    usage: _Counts


class _Reported(msgspec.Struct):
    usage: Any = None


#: Both find the usage and make nothing of the rest: no text of an answer becomes an object.
_skim = msgspec.json.Decoder(_Usual).decode
_skim_any = msgspec.json.Decoder(_Reported).decode
_decode = msgspec.json.Decoder(Chunk).decode
_decode_any = msgspec.json.Decoder().decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NO_DETAILS = _Details()


def reply_tally(body: bytes) -> Tally:
    """Usage as reported, and the texts of all choices; odd shapes count as absent."""
    tally = Tally()
    tally.produced = tally.finished = True
    tally.usage = believed(reported_usage(body))
    if tally.usage is not None and tally.usage.is_complete:
        return tally
    try:
        reply = _decode(body)
    except _UNREADABLE:
        value = _odd(body)
        tally.usage = believed(read_usage(value.get("usage"))) if isinstance(value, dict) else None
        return tally
    tally.usage = believed(UsageReader().read(reply))
    if tally.usage is None or not tally.usage.is_complete:  # texts are of interest only where nobody counted
        for choice in reply.choices or ():
            tally.text += texts_of(choice)
    return tally


def reported_usage(body: bytes) -> Usage | None:
    """What the top level of a JSON answer of any endpoint reports; None if it is no JSON, or reports nothing."""
    return _usual_usage(body) or _own_usage(body)


def _usual_usage(body: bytes) -> Usage | None:
    """The usage of a body that reports it as OpenAI does; None leaves it open whether there is any."""
    try:
        counts = _skim(body).usage
    except _UNREADABLE:
        return None
    prompt, completion = counts.prompt_tokens, counts.completion_tokens
    if counts.total_tokens > prompt + completion:
        return None
    given, made = counts.prompt_tokens_details, counts.completion_tokens_details
    if given is None and made is None:
        return Usage(prompt, completion)
    given, made = given or _NO_DETAILS, made or _NO_DETAILS
    if made.reasoning_tokens > completion:
        return None
    return Usage(
        prompt,
        completion,
        min(given.cached_tokens, prompt),
        made.reasoning_tokens,
        min(given.audio_tokens, prompt),
        min(made.audio_tokens, completion),
        min(given.image_tokens, prompt),
        min(made.image_tokens, completion),
        min(given.cache_write_tokens, prompt),
    )


def _own_usage(body: bytes) -> Usage | None:
    """The usage of a body that has it in the usual place, in words of its own."""
    try:
        return read_usage(_skim_any(body).usage)
    except _UNREADABLE:
        return None


def _odd(body: bytes) -> object:
    try:
        return _decode_any(body)
    except _UNREADABLE:
        return None
