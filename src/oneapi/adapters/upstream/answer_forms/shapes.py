"""The forms of answers in OpenAI's format for each kind of work: whole, as a stream, and conversions between the two.

Conversations are converted through ``domain/chat.py`` instead; see ``whole_and_stream.py``.
"""

from __future__ import annotations

import base64
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
from attrs import evolve, frozen

from oneapi.adapters.dialects.narrow import fields_of, items_of, text
from oneapi.adapters.dialects.openai_chat.tap import DONE
from oneapi.adapters.upstream.answer_forms.media_tap import ONE_FAILED, PREVIEW
from oneapi.domain.errors import UpstreamBroken
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from oneapi.domain.requests import RelayRequest

Fields = dict[str, Any]
#: Members that the event of a finished picture has beside the picture, and a whole answer beside its list.
_OF_PICTURES = ("background", "output_format", "quality", "size")
#: Names of the events of finished pictures: for drawing and for retouching.
DRAWN, RETOUCHED = "image_generation.completed", "image_edit.completed"
_NULL = msgspec.Raw(b"null")
_NOTHING = (b"null", b'""')
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_items = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


@frozen
class Shape:
    """The form of answers to one kind of work.

    Attributes:
        member: The list of items in a whole answer; empty if it has none.
        needs: Names of which at least one item must have at least one; empty if nothing is required.
        joined: (parts of a stream, whether its end marker came) -> the whole answer. May raise UpstreamBroken if parts
            are missing.
        pieces: A whole answer -> the events of a stream, each a name (empty for none) and its data.
        passes_only: Requests are never translated: only a provider of the client's own format can serve them.
        is_prompted: Requests take the channel's system prompt.
        chunked: Streams consist of chunks that report usage on request, and end with a marker. Other streams have a
            last event instead.
        passes_unread: Whole answers are bytes that pass without being read.
        has_vectors: Items are vectors, as lists of numbers or in base64.
        of_picture: (the bytes of a picture, unix seconds) -> the whole answer, for upstreams that answer with the
            picture alone.
    """

    member: str
    needs: tuple[str, ...] = ()
    joined: Callable[[Sequence[Fields], bool], Fields] = lambda parts, _ended: parts[-1]
    pieces: Callable[[Fields], Iterable[tuple[str, Fields]]] = lambda answer: (("", answer),)
    passes_only: bool = False
    is_prompted: bool = False
    chunked: bool = False
    passes_unread: bool = False
    has_vectors: bool = False
    of_picture: Callable[[bytes, int], Fields] | None = None

    def holds(self, body: bytes) -> bool:
        """Whether at least one item has one of ``needs``; values are not decoded."""
        if not self.needs:
            return True
        try:
            items = _decode_items(_decode_members(body)[self.member])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
            return False
        return any(bytes(item.get(name, _NULL)) not in _NOTHING for item in items for name in self.needs)


# --- completions -------------------------------------------------------------------------------


def _joined_completion(parts: Sequence[Fields], ended: bool) -> Fields:  # noqa: FBT001  # as in ``Shape``
    whole: Fields = {}
    choices: dict[int, Fields] = {}
    for part in parts:
        whole |= {name: value for name, value in part.items() if value is not None and name != "choices"}
        for piece in items_of(part.get("choices")):
            index = piece.get("index")
            index = index if isinstance(index, int) else 0
            choice = choices.setdefault(
                index, {"index": index, "text": "", "logprobs": None, "finish_reason": None}
            )
            choice["text"] += text(piece.get("text")) or text(fields_of(piece.get("delta")).get("content"))
            choice["finish_reason"] = piece.get("finish_reason") or choice["finish_reason"]
            choice["logprobs"] = _longer(choice["logprobs"], piece.get("logprobs"))
    if not ended and not any(choice["finish_reason"] for choice in choices.values()):
        raise UpstreamBroken("the stream ended without a finish reason and without its end marker")
    return {**whole, "object": "text_completion", "choices": [choices[index] for index in sorted(choices)]}


def _longer(known: Any, more: Any) -> Any:
    """Two pieces of a text's log probabilities as one; lists are joined by name."""
    if not isinstance(known, dict) or not isinstance(more, dict):
        return known if more is None else more
    return {
        name: known[name] + value if isinstance(value, list) and isinstance(known.get(name), list) else value
        for name, value in {**known, **more}.items()
    }


def _completion_chunks(answer: Fields) -> Iterable[tuple[str, Fields]]:
    """The chunks of a completion; the last reports the usage, if it is known."""
    head = {name: value for name, value in answer.items() if name not in ("choices", "usage")}
    yield "", {**head, "choices": answer["choices"]}
    if answer.get("usage") is not None:
        yield "", {**head, "choices": [], "usage": answer["usage"]}


# --- pictures ----------------------------------------------------------------------------------


def _joined_images(parts: Sequence[Fields], _ended: bool) -> Fields:  # noqa: FBT001  # as in ``Shape``
    whole: Fields = {}
    data: list[tuple[int, Fields]] = []
    for part in parts:
        if PREVIEW in part or text(part.get("type")).endswith(ONE_FAILED):
            continue
        whole |= {name: part[name] for name in (*_OF_PICTURES, "usage") if part.get(name) is not None}
        whole["created"] = part.get("created_at") or part.get("created") or whole.get("created")
        for item in items_of(part.get("data")) or [
            part
        ]:  # an upstream may send a whole answer as the only event
            picture = {name: item[name] for name in ("b64_json", "url", "revised_prompt") if item.get(name)}
            if picture:
                index = part.get("image_index")
                data.append((index if isinstance(index, int) else len(data), picture))
    return {**whole, "data": [picture for _, picture in sorted(data, key=lambda entry: entry[0])]}


def _image_events(name: str, answer: Fields) -> Iterable[tuple[str, Fields]]:
    """https://platform.openai.com/docs/api-reference/images-streaming."""
    told = {name: answer[name] for name in _OF_PICTURES if name in answer}
    pictures = items_of(answer.get("data"))
    for number, picture in enumerate(pictures, 1):
        event = {"type": name, "created_at": answer.get("created"), **told, **picture}
        if number == len(pictures) and answer.get("usage") is not None:
            event["usage"] = answer["usage"]
        yield name, event


def _of_picture(picture: bytes, now: int) -> Fields:
    return {"created": now, "data": [{"b64_json": base64.b64encode(picture).decode()}]}


# --- all ---------------------------------------------------------------------------------------

_PICTURES = Shape(
    "data",
    needs=("url", "b64_json"),
    joined=_joined_images,
    pieces=partial(_image_events, DRAWN),
    of_picture=_of_picture,
)
_TEXT = Shape("choices", joined=_joined_completion, pieces=_completion_chunks, chunked=True)
SHAPES: Mapping[Work, Shape] = MappingProxyType(
    {
        Work.CONVERSE: Shape("choices", chunked=True, is_prompted=True),
        Work.COMPLETE: _TEXT,
        Work.EDIT: _TEXT,
        Work.EMBED: Shape("data", needs=("embedding",), has_vectors=True),
        Work.MODERATE: Shape("results"),
        Work.COUNT: Shape("", is_prompted=True, passes_only=True),
        Work.COMPACT: Shape("", is_prompted=True, passes_only=True),
        Work.SPEAK: Shape("", passes_unread=True),
        Work.TRANSCRIBE: Shape(""),
        Work.TRANSLATE: Shape(""),
        Work.DRAW: _PICTURES,
        Work.RETOUCH: evolve(_PICTURES, pieces=partial(_image_events, RETOUCHED)),
        Work.VARY: _PICTURES,
    }
)


#: The values of ``response_format`` that are known here: https://platform.openai.com/docs/api-reference
_FORMS: Mapping[Work, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys((Work.DRAW, Work.RETOUCH, Work.VARY), frozenset({"url", "b64_json"})),
        Work.SPEAK: frozenset({"mp3", "opus", "aac", "flac", "wav", "pcm"}),
    }
)


def asks_for_another_form(request: RelayRequest) -> bool:
    """Whether the client asked for a form of answer that only the provider knows, so the answer cannot be checked."""
    known = _FORMS.get(request.work)
    wanted = request.fields.get("response_format")
    return known is not None and isinstance(wanted, str) and wanted not in known


def parts_of(datas: Iterable[bytes]) -> list[Fields]:
    """The JSON objects among the data of events up to the end marker. Raises UpstreamBroken if there are none."""
    parts = []
    for data in datas:
        if data.startswith(DONE):
            break
        try:
            value = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(value, dict):
            parts.append(value)
    if not parts:
        raise UpstreamBroken("the stream ended before it held an answer")
    return parts


def streamed(events: Iterable[tuple[str, Fields]]) -> bytes:
    """``events``, each a name (empty for none) and its data, as the bytes of a stream."""
    return b"".join(
        (b"event: %b\ndata: %b\n\n" % (name.encode(), data) if name else b"data: %b\n\n" % data)
        for name, data in ((name, msgspec.json.encode(fields)) for name, fields in events)
    )
