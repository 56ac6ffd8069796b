"""A relay that answers every request and records the callers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from oneapi.application.ports.relay import Reply
    from oneapi.application.relay.authentication import Caller
    from oneapi.domain.requests import RelayRequest


@define
class FakeRelay:
    """Stands in for ``Relay``; ``served`` are the callers with their requests."""

    served: list[tuple[Caller, RelayRequest]] = field(factory=list)

    def admit(self, caller: Caller, _model: str) -> Caller:
        """Everybody, to everything."""
        return caller

    async def serve(self, caller: Caller, request: RelayRequest, reply: Reply, _request_id: str) -> None:
        self.served.append((caller, request))
        await reply.whole(200, (), b"{}")
