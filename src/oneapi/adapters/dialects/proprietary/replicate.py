"""Language models on Replicate: a prompt in, a stream of text fragments out.

https://replicate.com/docs/topics/predictions/streaming
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import count, decoded, fields_of, refuse, text, text_only
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Choice,
    Finished,
    FinishReason,
    Started,
    Text,
    TextDelta,
)
from oneapi.domain.errors import UpstreamBroken, UpstreamRefusal
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest

#: The original's value for clients that set none.
DEFAULT_MAX_TOKENS = 500


class Replicate:
    """Implements ``UpstreamDialect``."""

    name = "replicate"
    end_marker = b"event: done\ndata: {}\n\n"
    inlines_images = False

    def write_request(
        self,
        request: ChatRequest,
        model: str,  # noqa: ARG002  # the URL contains it
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        """The request with the parameters that all models share; the others keep each model's defaults."""
        refuse(request)
        sampling = request.sampling
        turns = [f"{message.role.value}: {text_only(message.parts)}\n" for message in request.messages]
        return {
            "input": {
                "prompt": "".join(turns),
                "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
                "min_tokens": 0,
                "temperature": 1 if sampling.temperature is None else sampling.temperature,
                "top_p": 1 if sampling.top_p is None else sampling.top_p,
                "top_k": sampling.top_k or 0,
                "presence_penalty": sampling.presence_penalty or 0,
                "frequency_penalty": sampling.frequency_penalty or 0,
                "stop_sequences": ",".join(sampling.stop),
                "system_prompt": "",
                "prompt_template": "",
            }
        }

    def read_reply(self, body: bytes) -> ChatReply:
        """Read a prediction that has succeeded."""
        prediction = decoded(body)
        output = prediction.get("output")
        told = "".join(map(text, output)) if isinstance(output, list) else text(output)
        metrics = fields_of(prediction.get("metrics"))
        usage = Usage(count(metrics.get("input_token_count")), count(metrics.get("output_token_count")))
        return ChatReply(
            "", "", (Choice((Text(told),), FinishReason.STOP),), usage=usage if usage.total else None
        )

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``; the data of an event ``output`` is a plain fragment of the answer."""

    def __init__(self) -> None:
        self._started = self._done = False

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(event))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._done:
            raise UpstreamBroken("the stream ended before its event done")
        return ()

    def _events(self, event: ServerSentEvent) -> Iterator[ChatEvent]:
        match event.name:
            case b"output":
                if not self._started:
                    self._started = True
                    yield Started()
                yield TextDelta(event.data.decode(errors="replace"))
            case b"error":
                raise UpstreamRefusal(502, text(decoded(event.data).get("detail")) or "the prediction failed")
            case b"done" if not self._done:
                self._done = True
                yield Finished(FinishReason.STOP)
