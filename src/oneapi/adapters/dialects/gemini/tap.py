"""The tap for Gemini's format on both sides: bytes pass through while it reads their usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.gemini.reply import refuse_error, usage_of
from oneapi.adapters.dialects.gemini.wire import EVENT, either
from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.narrow import decoded, fields_of, items_of, text
from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.framing.events import ServerSentEvent


class Tap:
    """Implements ``StreamTranslator`` between two sides of the same format."""

    def __init__(self) -> None:
        self.tally = Tally()

    def feed(self, event: ServerSentEvent) -> bytes:
        if not event.data:
            return b""
        take(self.tally, decoded(event.data))
        return EVENT % event.data.replace(b"\n", b"\ndata: ")

    def finish(self) -> bytes:
        if not self.tally.finished:
            raise UpstreamBroken("the stream ended without a finish reason")
        return b""


def read_tally(body: bytes) -> Tally:
    """The tally of a whole answer, which may be empty because the prompt was blocked: the client gets it unchanged."""
    tally = Tally()
    answer = decoded(body)
    take(tally, answer)
    if not tally.finished and not items_of(answer.get("candidates")):
        raise UpstreamGarbage("an answer without candidates")
    tally.produced = tally.finished = True
    tally.usage = usage_of(answer)
    return tally


def take(tally: Tally, answer: Mapping[str, Any]) -> None:
    """Count one event of an answer. Raises UpstreamRefusal for one that reports an error."""
    refuse_error(answer)
    for candidate in items_of(answer.get("candidates")):
        for part in items_of(fields_of(candidate.get("content")).get("parts")):
            _add(tally, part)
        if candidate.get("finishReason"):
            tally.finished = True
    if fields_of(answer.get("promptFeedback")).get("blockReason"):
        tally.finished = tally.produced = True
    usage = usage_of(answer)
    # Early events count only the prompt, which is not enough to bill a client that disconnects then.
    if usage is not None and (usage.completion or tally.finished):
        tally.usage = usage


def _add(tally: Tally, part: Mapping[str, Any]) -> None:
    tally.produced = True
    if told := text(part.get("text")):
        tally.text.append(told)
    elif call := fields_of(either(part, "functionCall")):
        tally.text += (text(call.get("name")), as_json(call.get("args")))
