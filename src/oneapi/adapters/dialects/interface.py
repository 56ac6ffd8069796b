"""The interface of a wire format: pure and synchronous, without sockets or a clock.

Requests, replies and streams pass through the canonical conversation of ``domain/chat.py`` when client and
upstream speak different dialects, and through a ``Tap`` - bytes unchanged - when they speak the same.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

from oneapi.domain.counting import CountedFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatEvent, ChatReply, ChatRequest
    from oneapi.domain.usage import Usage


class Tally:
    """The usage and text of a stream or a reply so far; updated as its bytes pass."""

    __slots__ = ("finished", "produced", "taken", "text", "usage")

    def __init__(self) -> None:
        #: As reported by the upstream; the last report wins.
        self.usage: Usage | None = None
        #: Every delta that costs tokens, in order: content, reasoning, refusal, tool names and arguments.
        self.text: list[str] = []
        #: Characters of text removed from ``text`` because they have already been counted.
        self.taken = 0
        #: Whether any content was passed on.
        self.produced = False
        #: Whether the upstream reported the end of the answer (finish reason or end marker).
        self.finished = False


class StreamTranslator(Protocol):
    """Upstream events in, bytes for the client out. The end marker is not included."""

    tally: Tally

    def feed(self, event: ServerSentEvent) -> bytes:
        """The bytes for the client, possibly empty. Raises UpstreamError for an error event."""

    def finish(self) -> bytes:
        """The remaining bytes at the upstream's end. Raises UpstreamBroken if the answer is incomplete."""


class EventReader(Protocol):
    """Upstream side of a stream in one dialect."""

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        """Raises UpstreamError for an error event, UpstreamGarbage for one that cannot be parsed."""

    def finish(self) -> tuple[ChatEvent, ...]:
        """Raises UpstreamBroken if the stream stopped before its end."""


class EventWriter(Protocol):
    """Client side of a stream in one dialect."""

    def feed(self, event: ChatEvent) -> bytes: ...

    def finish(self) -> bytes: ...


@frozen
class Pieces:
    """Converts a whole answer to the chunks of a stream and back, keeping fields that only this format has.

    ``usage`` writes the usage of an answer whose upstream did not report it.
    """

    joined: Callable[[Iterable[Mapping[str, Any]]], dict[str, Any]]
    parted: Callable[[Mapping[str, Any]], Iterable[dict[str, Any]]]
    usage: Callable[[Usage], dict[str, Any]]


class UpstreamDialect(Protocol):
    """One wire format of conversations, on the provider's side."""

    name: str
    #: Ends a stream on the wire; empty if the stream ends with its last byte.
    end_marker: bytes
    #: Whether images by URL must be fetched first, because the provider only accepts them as data.
    inlines_images: bool

    def write_request(
        self, request: ChatRequest, model: str, config: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        """The body for an upstream; ``config`` is the channel's.

        Raises UnsupportedFeature where the format cannot express the request.
        """

    def read_reply(self, body: bytes) -> ChatReply:
        """Raises UpstreamGarbage, or UpstreamRefusal for an error inside a success status."""

    def event_reader(self) -> EventReader: ...


class Dialect(UpstreamDialect, CountedFormat, Protocol):
    """One wire format of conversations, on either side of the gateway."""

    #: The list that must not be empty in an upstream's answer; empty if the format requires none.
    essential: str
    #: Whether its clients send thoughts back, with their signatures.
    returns_thoughts: bool
    #: Whether its tap passes on the lines between events: comments and ids.
    passes_lines: bool
    #: Whether the body of a request names the model; otherwise the path does.
    names_model: bool
    #: None: whole answers and streams are converted into each other through the canonical conversation.
    pieces: Pieces | None
    #: Whether the gateway assigns its own ids to answers, because clients refer to them later.
    own_ids: bool
    #: What ``own_history`` removed, as named in the log row.
    left_out: tuple[str, ...]

    def for_request(self, fields: Mapping[str, Any], account_mark: str = "") -> Dialect:
        """The dialect for answering one request, for formats whose answers depend on the request's fields.

        ``account_mark`` identifies the account if it answers in the same format; empty if it answers in another.
        """

    def read_request(self, fields: Mapping[str, Any]) -> ChatRequest:
        """Raises InvalidParameter for requests that the format does not allow."""

    def system_prompt(self, body: bytes, prompt: str) -> Mapping[str, Any]:
        """The members to set in ``body`` so that ``prompt`` replaces the client's system prompt or precedes it."""

    def own_history(self, body: bytes, fields: Mapping[str, Any], model: str) -> Mapping[str, Any]:
        """The members to set in ``body`` before it passes to an upstream of this format.

        They remove the parts of the conversation that only another provider than that of ``model``, or another account
        with it, accepts back. Raises EncryptedElsewhere if nothing would remain.
        """

    def read_tally(self, body: bytes) -> Tally:
        """The tally of a whole answer that passes unchanged. Raises as ``read_reply`` does."""

    def passed(self, body: bytes) -> bytes:
        """The whole answer of an upstream of this format, as its client receives it."""

    def write_reply(self, reply: ChatReply) -> bytes: ...

    def event_writer(
        self, *, reply_id: str, model: str, created: int, include_usage: bool
    ) -> EventWriter: ...

    def tap(self, *, include_usage: bool) -> StreamTranslator:
        """The translator for a client that also speaks this dialect.

        Without ``include_usage``, chunks that only report usage, requested by the gateway, are not passed on.
        """

    def render_error(self, error: Mapping[str, Any], status: int = 0) -> bytes:
        """An error object (message, type, param, code) as a stream event; ``status`` is its HTTP status."""

    def broken_off(self, event: bytes) -> bytes:
        """What ends this request's stream when it breaks off; ``event`` is the error as ``render_error`` wrote it."""
