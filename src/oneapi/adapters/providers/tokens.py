"""The short-lived token that some upstreams want in the place of a key. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Heard, Outgoing
    from oneapi.domain.channels import Channel


@frozen
class Token:
    """``expires_at`` in unix seconds."""

    value: str = field(repr=False)
    expires_at: float


class TokenSource(Protocol):
    """Where the tokens of channels come from; pure."""

    def ask(self, channel: Channel, now: float) -> Outgoing:
        """Raises ChannelMisconfigured for credentials that cannot be used."""

    def read(self, heard: Heard, now: float) -> Token:
        """The token in an answer of any status. Raises UpstreamRefusal, or UpstreamGarbage if it holds none."""
