"""Which of a row's offers serves a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.providers.urls import base_url
from oneapi.domain.errors import UnimplementedEndpoint, UnsupportedEndpoint
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.providers.offers import Offer
    from oneapi.adapters.providers.specs import ProviderSpec
    from oneapi.domain.routing.channels import Channel

#: Errors for work that the original One API does not know.
_NOT_OFFERED: Mapping[Work, type[UnsupportedEndpoint]] = {
    Work.RETOUCH: UnimplementedEndpoint,
    Work.VARY: UnimplementedEndpoint,
    Work.COMPACT: UnimplementedEndpoint,
}


def choose(spec: ProviderSpec, channel: Channel, model: str, work: Work, client: str) -> Offer:
    """The offer in the ``client``'s format, so that bytes pass unchanged; otherwise the row's first offer.

    Only offers for ``model``, as the upstream knows it, and for the channel's base URL count. Raises
    UnsupportedEndpoint if there is none, ChannelMisconfigured for an invalid base URL or setting.
    """
    for offer in spec.wanted.get((work, client), ()):
        if offer.is_general or _is_offered(offer, spec, channel, model):
            return offer
    raise not_offered(work)


def _is_offered(offer: Offer, spec: ProviderSpec, channel: Channel, model: str) -> bool:
    if offer.models is not None and not offer.models(model):
        return False
    if offer.channels is not None and not offer.channels(channel):
        return False
    return not offer.is_second or offer.stands_at(base_url(spec, channel), channel.config)


def not_offered(work: Work) -> UnsupportedEndpoint:
    """The error for unsupported ``work``, named after OpenAI's path, which clients know."""
    return _NOT_OFFERED.get(work, UnsupportedEndpoint)(feature=PATHS.get(work, work.value).lstrip("/"))
