"""What a channel type is: one row of the catalog."""

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
    """One channel type: everything that this program knows about one provider.

    Attributes:
        number: The channel type, as channels are stored with it.
        label: Its name for people.
        docs: Where the provider documents its API.
        offers: What it does; see ``offers.py``.
        base_url: Of channels that bring none. Empty: each must bring its own, unless ``host`` makes it.
        base_url_required: The form of a channel asks for one.
        host: The base URL of a channel that brings none, where it is not the same for all.
        owner: Who is said to own models that only such channels serve.
        auth: What proves who is calling.
        key: What a key looks like, if it is more than one word.
        config: What a channel's ``config`` may hold.
        other: The value of ``config`` that the deprecated field ``other`` of a channel stands for.
        uses_settings: The operator's settings for the whole channel type stand in for what ``config`` lacks.
        balance: How to ask what is left on an account.
        errors: The provider's own error codes.
        dropped_on_ai_gateway: What stands before the usual part of paths and is left out on that host; see ``urls.py``.
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

    #: The offers for each kind of work and each format that clients speak, in the order in which they are wanted.
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
        """All kinds of work that it does."""
        return frozenset(offer.work for offer in self.offers)

    def configured(self, channel: Channel, settings: Mapping[str, str]) -> Channel:
        """``channel`` with what stands in for what its ``config`` lacks: ``other``, then the operator's settings."""
        config = dict(channel.config)
        if self.other and channel.other and not config.get(self.other):
            config[self.other] = channel.other
        return evolve(channel, config={**settings, **config} if self.uses_settings else config)


def _in_order(offers: Sequence[Offer], client: str) -> tuple[Offer, ...]:
    """Those first that take the bytes of the format ``client``."""
    passing = [offer for offer in offers if _passes(client, offer.dialect)]
    others = [offer for offer in offers if not (offer.untranslated or _passes(client, offer.dialect))]
    return (*passing, *others)


def _passes(client: str, dialect: str) -> bool:
    """Whether bytes of the format ``client`` pass to an upstream of ``dialect``."""
    return dialect == client or (dialect in HOSTS and HOSTS[dialect].carried == client)
