"""The row of a channel type: everything that this program knows about a provider."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from oneapi.adapters.dialects import HOSTS, SURFACES
from oneapi.adapters.dialects.reranking import RERANKINGS
from oneapi.adapters.providers.auth import BEARER, OF_THE_ROW
from oneapi.adapters.providers.error_codes import NO_CODES
from oneapi.domain.requests import RAW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.adapters.providers.auth import Auth
    from oneapi.adapters.providers.balances import BalanceSource
    from oneapi.adapters.providers.error_codes import ErrorCodes
    from oneapi.adapters.providers.offers import Offer
    from oneapi.domain.routing.channel_types import ConfigField, KeyForm, Words
    from oneapi.domain.routing.channels import Channel
    from oneapi.domain.work import Work


@frozen(kw_only=True)
class ProviderSpec:
    """One channel type.

    Attributes:
        number: The channel type, as stored with channels.
        label: The name shown to people.
        docs: URL of the provider's API documentation.
        offers: The work that the provider does; see ``offers.py``.
        base_url: The default for channels without one. If empty, each needs its own, unless ``host`` computes it.
        base_url_required: The channel form requires a base URL.
        host: Computes the base URL of a channel without one, for providers whose URL depends on the channel.
        owner: The owner that lists of models name for models served only by such channels.
        auth: How requests are authenticated; an offer may have its own way.
        key: The form of keys that are more than one word.
        config: The fields that a channel's ``config`` may have.
        other: The field of ``config`` that a channel's deprecated field ``other`` fills.
        uses_settings: The operator's settings for the channel type supply fields missing from ``config``.
        balance: How to query the balance of an account.
        errors: The provider's own error codes.
        dropped_on_ai_gateway: The beginning of paths that is omitted on that host; see ``urls.py``.
    """

    number: int
    id: str
    label: Words
    docs: str
    offers: tuple[Offer, ...]
    base_url: str = ""
    base_url_required: bool = False
    host: Callable[[Channel], str] | None = None
    owner: str = "openai"
    auth: Auth = BEARER
    key: KeyForm | None = None
    config: tuple[ConfigField, ...] = ()
    other: str = ""
    uses_settings: bool = False
    balance: BalanceSource | None = None
    errors: ErrorCodes = NO_CODES
    dropped_on_ai_gateway: str = ""

    #: The offers for each kind of work and each client format, in order of preference.
    wanted: Mapping[tuple[Work, str], tuple[Offer, ...]] = field(init=False, repr=False)

    @wanted.default
    def _wanted(self) -> Mapping[tuple[Work, str], tuple[Offer, ...]]:
        offers = [
            evolve(offer, auth=self.auth) if offer.auth is OF_THE_ROW else offer for offer in self.offers
        ]
        return MappingProxyType(
            {
                (work, client): _in_order([offer for offer in offers if offer.work is work], client)
                for work in self.works
                for client in (*SURFACES, *RERANKINGS, RAW)
            }
        )

    @property
    def works(self) -> frozenset[Work]:
        """All kinds of work that the provider does."""
        return frozenset(offer.work for offer in self.offers)

    def configured(self, channel: Channel, settings: Mapping[str, str]) -> Channel:
        """``channel`` with gaps in its ``config`` filled from ``other``, then from the operator's settings."""
        config = dict(channel.config)
        if self.other and channel.other and not config.get(self.other):
            config[self.other] = channel.other
        return evolve(channel, config={**settings, **config} if self.uses_settings else config)


def _in_order(offers: Sequence[Offer], client: str) -> tuple[Offer, ...]:
    """Offers that take the bytes of the format ``client`` first, then those that take translations."""
    passing = [offer for offer in offers if _passes(client, offer.dialect)]
    others = [offer for offer in offers if not (offer.untranslated or _passes(client, offer.dialect))]
    return (*passing, *others)


def _passes(client: str, dialect: str) -> bool:
    """Whether an upstream of ``dialect`` takes the bytes of the format ``client``."""
    return dialect == client or (dialect in HOSTS and HOSTS[dialect].carried == client)
