"""Ports for channels, their tests and their balances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import (
        Channel,
        ChannelChanges,
        ChannelFilter,
        ChannelFindings,
        ChannelRecord,
    )


class ChannelRepository(Protocol):
    """Channels with their abilities; each write is one transaction and bumps the version ``catalog``."""

    @property
    def longest(self) -> Mapping[str, int]:
        """Characters that a text may have, by field; one that is not named has no bound."""

    async def all(self) -> Sequence[ChannelRecord]: ...

    async def page(
        self, where: ChannelFilter, *, offset: int, limit: int, order: str
    ) -> Sequence[ChannelRecord]:
        """Channels by ``order``: one of ``CHANNEL_ORDERS``, descending with a leading ``-``; else newest first."""

    async def count(self, where: ChannelFilter) -> int: ...

    async def search(self, keyword: str) -> Sequence[ChannelRecord]:
        """Channels whose id is, or whose name starts with, ``keyword``; wildcards are taken literally."""

    async def get(self, channel_id: int) -> ChannelRecord | None: ...

    async def add(self, records: Sequence[ChannelRecord]) -> Sequence[int]:
        """The new ids; all or none."""

    async def update(self, channel_id: int, changes: ChannelChanges) -> ChannelRecord | None:
        """Set only these fields and rebuild the abilities; None if there is no such channel."""

    async def delete(self, channel_id: int) -> bool: ...

    async def delete_disabled(self) -> int: ...

    async def set_status(self, channel_id: int, status: int, *, only_from: int | None = None) -> bool:
        """Set status and abilities, with ``only_from`` only if that is the current status; whether anything changed."""

    async def note(self, channel_id: int, found: ChannelFindings) -> None:
        """Set only these fields, without bumping a version."""


class ProbeQuestion(Protocol):
    """The question of a channel test, in the wire format in which it is sent."""

    @property
    def streams(self) -> bool:
        """Whether a second try as a stream makes sense, as some upstreams refuse whole answers."""

    def request(self, model: str, prompt: str, *, stream: bool) -> RelayRequest: ...

    def answer(self, body: bytes, *, streamed: bool) -> str | None:
        """The model's answer in a whole answer or a stream; None if a client could not read it."""


class ProbeForm(Protocol):
    """Makes the questions for channel tests."""

    def __call__(self, model: str, upstream_model: str, /) -> ProbeQuestion | None:
        """The question for a model, given the client's and the upstream's name; None if testing it would cost money."""


class BalanceReader(Protocol):
    """Asks providers for the balance of an account."""

    def can_read(self, channel_type: int) -> bool:
        """Whether providers of that type report a balance."""

    def ends_service(self, channel_type: int) -> bool:
        """Whether an account without a balance no longer serves requests."""

    async def balance(self, channel: Channel) -> float:
        """The balance in the provider's unit. Raises UpstreamError or ChannelMisconfigured, never with the key.

        Raises CallerError for a type that reports none.
        """
