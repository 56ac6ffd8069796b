"""Where requests go: everything that follows from channel, model and kind of work, resolved once and then cached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from oneapi.adapters.providers.choice import choose
from oneapi.adapters.providers.registry import spec_of
from oneapi.adapters.providers.urls import target_url
from oneapi.domain.requests import RAW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.providers.offers import Offer
    from oneapi.adapters.providers.quirks import Quirk
    from oneapi.adapters.providers.specs import ProviderSpec
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel
    from oneapi.domain.work import Work

#: The most cached destinations; beyond that the cache starts anew. Clients choose the names of models.
MOST_KEPT = 4096


@frozen(eq=False)
class Destination:
    """What requests for one model have in common on one channel.

    Attributes:
        given: The channel as it is stored.
        channel: The same with the operator's settings for its type.
        quirks: Those of the offer that change bodies for this model.
        fixed_url: The URL of every request without a query; None where it depends on the request.
    """

    given: Channel
    spec: ProviderSpec
    offer: Offer
    channel: Channel
    quirks: tuple[Quirk, ...]
    fixed_url: str | None

    def url(self, request: RelayRequest, model: str) -> str:
        """Raises ChannelMisconfigured or a CallerError."""
        if self.fixed_url is not None and not request.query:
            return self.fixed_url
        return target_url(self.spec, self.offer, self.channel, request, model)


@frozen(eq=False)
class Destinations:
    """``settings`` are the operator's for whole channel types, under the names that rows know."""

    settings: Mapping[str, str]
    #: Keyed by the channel's identity, as a change replaces the channel; the entry keeps it alive, so no id is reused.
    _kept: dict[tuple[int, str, str, Work, str], Destination] = field(factory=dict, init=False)

    def find(self, request: RelayRequest, channel: Channel, model: str) -> Destination:
        """Raises UnsupportedEndpoint, ChannelMisconfigured, or InvalidParameter for a model that no URL can name."""
        key = (id(channel), model, request.model, request.work, request.dialect)
        found = self._kept.get(key)
        if found is None:
            found = self._found(request, channel, model)
            if not request.query:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                self._kept[key] = found
        return found

    def _found(self, request: RelayRequest, given: Channel, model: str) -> Destination:
        spec, channel = spec_of(given.type), given
        if spec.uses_settings or channel.other:
            channel = spec.configured(channel, self.settings)
        offer = choose(spec, channel, model, request.work, request.dialect)
        quirks = tuple(quirk for quirk in offer.quirks if quirk.serves(request.model, model))
        is_fixed = (
            isinstance(offer.path, str)
            and offer.dialect != RAW
            and offer.procedure is None
            and not request.query
        )
        url = target_url(spec, offer, channel, request, model) if is_fixed else None
        return Destination(given, spec, offer, channel, quirks, url)
