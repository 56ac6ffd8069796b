"""Short-lived tokens that some upstreams require instead of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from oneapi.adapters.dialects.narrow import count, text
from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Heard, Outgoing
    from oneapi.domain.routing.channels import Channel


@frozen
class ProviderToken:
    """A short-lived token; ``expires_at`` is in unix seconds."""

    value: str = field(repr=False)
    expires_at: float


class ProviderTokenSource(Protocol):
    """Writes requests for the tokens of channels and reads the answers, without I/O. ``now`` is in unix seconds."""

    def ask(self, channel: Channel, now: float) -> Outgoing:
        """The request for a new token. Raises ChannelMisconfigured if the channel's credentials cannot be used."""

    def read(self, heard: Heard, now: float) -> ProviderToken:
        """The token in an answer of any status. Raises UpstreamRefusal for an error, else UpstreamGarbage."""


def oauth_token(heard: Heard, now: float, *, error_type: str) -> ProviderToken:
    """The token in an OAuth answer, https://www.rfc-editor.org/rfc/rfc6749#section-5; raises as ``read`` does."""
    answer = heard.json()
    value, lifetime = text(answer.get("access_token")), count(answer.get("expires_in"))
    if value and lifetime:
        return ProviderToken(value, now + lifetime)
    error = text(answer.get("error"))
    if not error:
        raise UpstreamGarbage("the answer to a request for a token has no token")
    message = f"{error}: {text(answer.get('error_description'))}"
    raise UpstreamRefusal(401, message, type=error_type, code=error)
