"""Ports for relayed requests: the provider, the client, and stored responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.errors import GatewayError
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel
    from oneapi.domain.stored_responses import References, StoredResponse
    from oneapi.domain.usage import Usage


class UpstreamAnswer(Protocol):
    """A provider's accepted answer, already in the client's dialect.

    ``headers`` have passed the allow-list; their names are in lower case. For a stream, ``next`` returns bytes for the
    client as they arrive, **without** the final ``end_marker``, and raises an UpstreamError if the upstream fails. For
    any other answer it returns the body.
    """

    status: int
    headers: Sequence[tuple[str, str]]
    streaming: bool
    #: Whether it is no stream of events, and passes on as it comes all the same: sound, say.
    in_pieces: bool
    end_marker: bytes
    #: Parameters of the client that were not sent to the provider, because their loss is harmless.
    left_out: tuple[str, ...]

    async def next(self) -> bytes:
        """The next piece; empty at the end."""

    async def read(self) -> bytes:
        """All pieces together."""

    def broken_off(self, event: bytes) -> bytes:
        """The bytes that end a broken stream; ``event`` is the error in the client's dialect."""

    @property
    def usage(self) -> Usage | None:
        """The usage reported so far; None if the upstream has reported none."""

    @property
    def produced(self) -> bool:
        """Whether any content has been returned."""

    @property
    def text_size(self) -> int:
        """Characters of text returned and not yet taken."""

    def take_text(self) -> str:
        """The text returned since the last call: content, reasoning, tool calls, refusals."""

    async def close(self) -> None:
        """Return the connection to the pool, or close it if the answer was not read to its end."""


class ResponseForm(Protocol):
    """Reads and continues stored responses, in the format that supports them."""

    def asks_to_keep(self, request: RelayRequest) -> bool: ...

    def refers(self, request: RelayRequest) -> References: ...

    def affinity(self, request: RelayRequest) -> str:
        """A key shared by the requests of one conversation."""

    def account_mark(self, request: RelayRequest) -> str:
        """The mark of the account that encrypted what ``request`` holds; empty: none did."""

    def continued(
        self,
        request: RelayRequest,
        turns: Sequence[bytes],
        referenced: Sequence[bytes],
        *,
        keeps: bool | None,
    ) -> RelayRequest:
        """``request`` preceded by the contents of earlier ``turns``, with the items of ``referenced`` that it names.

        Its answer will say whether the gateway ``keeps`` it (None: it has none that could be kept). Raises
        InvalidParameter for an item that is not there.
        """

    def answer_in(self, piece: bytes) -> bytes:
        """The whole response contained in the last piece of a stream; empty for any other piece."""

    def content(
        self, request: RelayRequest, answer: bytes, events: bytes, now: int
    ) -> tuple[str, bytes, tuple[str, ...]]:
        """Id, content and items, as ``StoredResponse`` has them, of ``answer``, a whole response to ``request``.

        ``events`` are those of its stream, if clients may want them again.
        """

    def asks_for_background(self, request: RelayRequest) -> bool: ...

    def in_background(self, request: RelayRequest) -> RelayRequest:
        """``request`` for a stream, without the wish to wait for nothing."""

    def under_way(
        self, request: RelayRequest, response_id: str, now: int, failure: GatewayError | None
    ) -> bytes:
        """A response without output: queued, or failed."""

    def was_in_background(self, content: bytes) -> bool: ...

    def is_over(self, content: bytes) -> bool: ...

    def id_of(self, content: bytes) -> str: ...

    def seen_at(self, content: bytes) -> int:
        """When the process that makes a response showed a sign of life, in unix seconds."""

    def failed(self, error: GatewayError) -> Mapping[str, object]:
        """What a response says that ended with ``error``."""

    def cancelled(self) -> Mapping[str, object]: ...

    def ended(self, content: bytes, outcome: Mapping[str, object]) -> bytes:
        """``content`` whose response says ``outcome``."""

    def named(self, piece: bytes, response_id: str) -> bytes:
        """The events of ``piece`` with this id for their response."""

    def renamed(self, answer: bytes, response_id: str) -> bytes: ...

    def outcome_in(self, piece: bytes) -> bytes:
        """As ``answer_in``, also for a response that failed."""

    def after(self, events: bytes, number: int) -> tuple[bytes, int]:
        """Those of ``events`` after the one with this ``number``, and the number of the last one."""

    def told_again(self, content: bytes, number: int) -> bytes:
        """The events of a response that is over after the one with this ``number``.

        If they were not kept, because they were too long or their process ended, one event contains the response.
        """


class Upstream(Protocol):
    async def call(self, request: RelayRequest, channel: Channel, model: str) -> UpstreamAnswer:
        """Send ``request`` to ``channel`` under the upstream's name ``model``.

        Returns once the upstream has accepted. Raises UpstreamError, or UnsupportedFeature before anything was sent.
        """


class ResponseStore(Protocol):
    """Stored responses. Those of other users, and expired ones, are never returned."""

    async def add(self, response: StoredResponse) -> None:
        """Store ``response``, replacing one of this user with the same id."""

    async def find(self, user_id: int, ids: Sequence[str], *, now: int) -> Sequence[StoredResponse]:
        """Those of ``ids`` that exist, without their items."""

    async def with_items(self, user_id: int, items: Sequence[str], *, now: int) -> Sequence[str]:
        """The ids of the responses that contain any of ``items``."""

    async def turns(
        self, user_id: int, last: str, *, now: int, most: int, largest: int
    ) -> Sequence[StoredResponse]:
        """The conversation that ends with ``last``, oldest turn first; empty if a turn is missing.

        Only the end of a conversation with more than ``most`` turns or ``largest`` bytes.
        """

    async def delete(self, user_id: int, response_id: str) -> bool:
        """Delete a response; whether it existed."""

    async def trim(self, user_id: int, *, largest: int) -> int:
        """Delete the oldest of a user who keeps more than ``largest`` bytes; the number of them."""

    async def sweep(self, now: int, *, largest: int) -> int:
        """Delete expired responses, and the oldest of users who exceed ``largest`` bytes; returns how many."""


class TokenCounter(Protocol):
    async def count_prompt(self, request: RelayRequest, model: str) -> int: ...

    async def count_text(self, text: str, model: str) -> int: ...


class ClientLeft(Exception):
    """The client closed its connection; nothing more can be sent."""


class Reply(Protocol):
    """The client's side of one request.

    If the client leaves, any method raises ClientLeft, or the awaiting task is cancelled.
    """

    async def start(self, status: int, headers: Sequence[tuple[str, str]], *, events: bool) -> None:
        """Send the head of an answer that follows in pieces; ``events``: as server-sent events."""

    async def send(self, data: bytes) -> None:
        """Send a piece; an empty one sends nothing."""

    def error_event(self, error: GatewayError) -> bytes:
        """The event that ends a broken stream, in the client's format."""

    async def finish(self) -> None: ...

    def cut(self) -> None:
        """Break the connection, so that the client does not take what it has for the whole answer."""

    async def whole(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None: ...
