"""What models cost a group."""

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
    """``owner``: who makes the model, None where that is not known."""

    name: str
    owner: str | None
    price: Price


class PriceLists:
    """``owners`` maps the well-known models to who makes them."""

    def __init__(self, catalog: Catalog, owners: Mapping[str, str]) -> None:
        self._catalog = catalog
        self._owners = owners

    def of_group(self, group: str) -> Iterator[PricedModel]:
        """Every model that is served to ``group``, with its price on the channels that are tried first."""
        now = self._catalog.current
        for name in now.models.get(group, ()):
            channel = now.routes[group, name][0][0]
            upstream = channel.upstream_model(name)
            price = now.prices.price(upstream, channel.type, group, "" if upstream == name else name)
            if price.known or now.options.unpriced_model_policy not in REFUSING:
                yield PricedModel(name, self._owners.get(name), price)

    def group_ratio(self, group: str) -> Decimal:
        """What every price is multiplied by for users of ``group``."""
        return self._catalog.current.prices.group_ratio(group)

    @property
    def open_to_guests(self) -> bool:
        """Whether anybody may see what a new user would: where anybody may become one."""
        return self._catalog.current.options.register_enabled
