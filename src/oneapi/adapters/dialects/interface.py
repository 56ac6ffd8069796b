"""What a wire format has to offer: pure, synchronous, no sockets, no clock.

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
    """What a stream or a reply has shown so far; filled while its bytes pass."""

    __slots__ = ("finished", "produced", "taken", "text", "usage")

    def __init__(self) -> None:
        #: As the upstream reported it; the last report wins.
        self.usage: Usage | None = None
        #: Every delta that costs tokens, in order: content, reasoning, refusal, tool names and arguments.
        self.text: list[str] = []
        #: Characters of text that are no longer among it, since they have been counted.
        self.taken = 0
        #: Whether any content was passed on.
        self.produced = False
        #: Whether the upstream said that it was done (finish reason or end marker).
        self.finished = False


class StreamTranslator(Protocol):
    """Upstream events in, client-ready bytes out. The end marker is not among them."""

    tally: Tally

    def feed(self, event: ServerSentEvent) -> bytes:
        """The bytes for the client, possibly none. Raises UpstreamError for an error event."""

    def finish(self) -> bytes:
        """At the upstream's end: what is still owed. Raises UpstreamBroken if the answer is incomplete."""


class EventReader(Protocol):
    """Upstream side of a stream in one dialect."""

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        """Raises UpstreamError for an error event, UpstreamGarbage for one that cannot be understood."""

    def finish(self) -> tuple[ChatEvent, ...]:
        """Raises UpstreamBroken if the stream stopped before its end."""


class EventWriter(Protocol):
    """Client side of a stream in one dialect."""

    def feed(self, event: ChatEvent) -> bytes: ...

    def finish(self) -> bytes: ...


@frozen
class Pieces:
    """How a whole answer becomes the chunks of a stream and back, with all that only one format knows.

    ``usage`` writes what an answer cost whose upstream did not say.
    """

    joined: Callable[[Iterable[Mapping[str, Any]]], dict[str, Any]]
    parted: Callable[[Mapping[str, Any]], Iterable[dict[str, Any]]]
    usage: Callable[[Usage], dict[str, Any]]


class UpstreamDialect(Protocol):
    """One wire format of conversations, on the provider's side."""

    name: str
    #: What ends a stream on the wire; empty: its last byte.
    end_marker: bytes
    #: Images by URL must be fetched first: the provider takes them as data only.
    inlines_images: bool

    def write_request(
        self, request: ChatRequest, model: str, config: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        """The body for an upstream; ``config`` is the channel's.

        Raises UnsupportedFeature where the format cannot carry the meaning.
        """

    def read_reply(self, body: bytes) -> ChatReply:
        """Raises UpstreamGarbage, or an UpstreamRefusal for an error inside a success status."""

    def event_reader(self) -> EventReader: ...


class Dialect(UpstreamDialect, CountedFormat, Protocol):
    """One wire format of conversations, on either side of the gateway."""

    #: The list that an upstream's answer must have something in; empty: it needs none.
    essential: str
    #: Whether its clients give thoughts back, with their signatures.
    returns_thoughts: bool
    #: Whether its tap passes on what stands between events: comments and ids.
    passes_lines: bool
    #: Whether the body of a request names the model; otherwise the path does.
    names_model: bool
    #: None: whole answers and streams become one another by way of the canonical conversation.
    pieces: Pieces | None
    #: Whether answers get ids of this gateway's, as clients come back with them.
    own_ids: bool
    #: What ``own_history`` took out that the log row names.
    left_out: tuple[str, ...]

    def for_request(self, fields: Mapping[str, Any], account_mark: str = "") -> Dialect:
        """What answers one request, for formats whose answers depend on the words of the request.

        ``account_mark`` is of the account that answers in the same format; empty: it answers in another.
        """

    def read_request(self, fields: Mapping[str, Any]) -> ChatRequest:
        """Raises InvalidParameter for what the format does not allow."""

    def system_prompt(self, body: bytes, prompt: str) -> Mapping[str, Any]:
        """The members that ``body`` gets so that ``prompt`` stands in the place of the client's, or in front."""

    def own_history(self, body: bytes, fields: Mapping[str, Any], model: str) -> Mapping[str, Any]:
        """The members that ``body`` gets before it passes to an upstream of this format.

        They take out of the conversation what only another provider than that of ``model``, or another account with it,
        takes back. Raises EncryptedElsewhere where that leaves nothing.
        """

    def read_tally(self, body: bytes) -> Tally:
        """What a whole answer cost that passes as it is. Raises as ``read_reply`` does."""

    def passed(self, body: bytes) -> bytes:
        """A whole answer of an upstream of this format, as its client gets it."""

    def write_reply(self, reply: ChatReply) -> bytes: ...

    def event_writer(
        self, *, reply_id: str, model: str, created: int, include_usage: bool
    ) -> EventWriter: ...

    def tap(self, *, include_usage: bool) -> StreamTranslator:
        """For a client that speaks this dialect too.

        Without ``include_usage`` a chunk that only reports usage, and was asked for by the gateway, is not passed on.
        """

    def render_error(self, error: Mapping[str, Any], status: int = 0) -> bytes:
        """An error object (message, type, param, code) as an event of a stream; ``status`` is its HTTP status."""

    def broken_off(self, event: bytes) -> bytes:
        """What ends this request's stream where it breaks off, out of what ``render_error`` made of the error."""
