"""An upstream in memory: the behaviour of each channel is scripted, and requests are recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from oneapi.application.ports.relay import ClientLeft
from oneapi.domain.errors import UpstreamUnreachable

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel
    from oneapi.domain.usage import Usage


@define
class FakeAnswer:
    """Gives ``pieces``, each of which is its own text; an exception among them is raised.

    ``gate``: waits for it before the last.
    """

    pieces: Sequence[bytes | Exception] = (b"hello",)
    usage: Usage | None = None
    streaming: bool = False
    in_pieces: bool = False
    status: int = 200
    headers: Sequence[tuple[str, str]] = (("content-type", "application/json"),)
    left_out: tuple[str, ...] = ()
    end_marker: bytes = b"[END]"
    gate: asyncio.Event | None = None
    produced: bool = False
    closed: bool = False
    _text: str = ""
    _given: int = 0

    @property
    def text_size(self) -> int:
        return len(self._text)

    def take_text(self) -> str:
        text, self._text = self._text, ""
        return text

    async def next(self) -> bytes:
        if self._given == len(self.pieces):
            return b""
        if self.gate is not None and self._given == len(self.pieces) - 1:
            await self.gate.wait()
        piece = self.pieces[self._given]
        self._given += 1
        if isinstance(piece, Exception):
            raise piece
        self.produced = True
        self._text += piece.decode()
        return piece

    async def read(self) -> bytes:
        pieces = []
        while piece := await self.next():
            pieces.append(piece)
        return b"".join(pieces)

    def broken_off(self, event: bytes) -> bytes:
        return event

    async def close(self) -> None:
        self.closed = True


@define
class FakeUpstream:
    """Channel id -> what its next calls do; a channel without a script cannot be reached."""

    scripts: dict[int, list[FakeAnswer | Exception]] = field(factory=dict)
    calls: list[tuple[int, str]] = field(factory=list)

    def will(self, channel_id: int, *outcomes: FakeAnswer | Exception) -> None:
        self.scripts.setdefault(channel_id, []).extend(outcomes)

    async def call(self, request: RelayRequest, channel: Channel, model: str) -> FakeAnswer:  # noqa: ARG002
        self.calls.append((channel.id, model))
        script = self.scripts.get(channel.id)
        outcome = script.pop(0) if script else UpstreamUnreachable("no script")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@define
class FakeCounter:
    """Counts words."""

    prompt: int = 7

    async def count_prompt(self, request: RelayRequest, model: str) -> int:  # noqa: ARG002
        return self.prompt

    async def count_text(self, text: str, model: str) -> int:  # noqa: ARG002
        return len(text.split())


@define
class FakeReply:
    """The pieces that reached the client, which leaves after ``leaves_after`` of them."""

    sent: list[bytes] = field(factory=list)
    status: int = 0
    finished: bool = False
    was_cut: bool = False
    leaves_after: int | None = None

    async def start(self, status: int, headers: Sequence[tuple[str, str]], *, events: bool) -> None:  # noqa: ARG002
        self.status = status

    async def send(self, data: bytes) -> None:
        if self.leaves_after is not None and len(self.sent) >= self.leaves_after:
            raise ClientLeft
        self.sent.append(data)

    def error_event(self, error: Exception) -> bytes:
        return f"[ERROR {type(error).__name__}]".encode()

    async def finish(self) -> None:
        self.finished = True

    def cut(self) -> None:
        self.was_cut = True

    async def whole(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:  # noqa: ARG002
        self.status, self.finished = status, True
        self.sent.append(body)
