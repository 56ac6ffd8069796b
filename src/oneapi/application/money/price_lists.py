"""Price lists: what models cost a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.application.money.metering import REFUSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from oneapi.application.catalog import Catalog
    from oneapi.domain.money.pricing import Price


@frozen
class PricedModel:
    """A model and its price; ``owner`` is its maker, None if unknown."""

    name: str
    owner: str | None
    price: Price


class PriceLists:
    """Makes price lists; ``owners`` maps well-known models to their makers."""

    def __init__(self, catalog: Catalog, owners: Mapping[str, str]) -> None:
        self._catalog = catalog
        self._owners = owners

    def of_group(self, group: str) -> Iterator[PricedModel]:
        """Every model served to ``group``, with its price on the channels that are tried first."""
        now = self._catalog.current
        for name in now.models.get(group, ()):
            channel = now.routes[group, name][0][0]
            upstream = channel.upstream_model(name)
            price = now.prices.price(upstream, channel.type, group, "" if upstream == name else name)
            if price.known or now.options.unpriced_model_policy not in REFUSING:
                yield PricedModel(name, self._owners.get(name), price)

    def group_ratio(self, group: str) -> Decimal:
        """The factor on every price for users of ``group``."""
        return self._catalog.current.prices.group_ratio(group)

    @property
    def open_to_guests(self) -> bool:
        """Whether anybody may see a new user's prices, which is so if anybody may register."""
        return self._catalog.current.options.register_enabled
