"""The short-lived token that some upstreams want in the place of a key. Pure."""

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
    """``expires_at`` in unix seconds."""

    value: str = field(repr=False)
    expires_at: float


class ProviderTokenSource(Protocol):
    """Where the tokens of channels come from; pure."""

    def ask(self, channel: Channel, now: float) -> Outgoing:
        """Raises ChannelMisconfigured for credentials that cannot be used."""

    def read(self, heard: Heard, now: float) -> ProviderToken:
        """The token in an answer of any status. Raises UpstreamRefusal, or UpstreamGarbage if it holds none."""


def oauth_token(heard: Heard, now: float, *, error_type: str) -> ProviderToken:
    """The token in an answer of OAuth's, https://www.rfc-editor.org/rfc/rfc6749#section-5 ; raises as ``read``."""
    answer = heard.json()
    value, lifetime = text(answer.get("access_token")), count(answer.get("expires_in"))
    if value and lifetime:
        return ProviderToken(value, now + lifetime)
    error = text(answer.get("error"))
    if not error:
        raise UpstreamGarbage("the answer to a request for a token holds none")
    message = f"{error}: {text(answer.get('error_description'))}"
    raise UpstreamRefusal(401, message, type=error_type, code=error)
