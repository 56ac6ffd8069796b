"""What administrators can choose from: groups, and the models of a group, of a channel type, and of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.application.relay.models import Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.application.catalog import Catalog
    from oneapi.domain.money.pricing import Tables
    from oneapi.domain.routing.channel_types import ChannelType


class OfferedModels:
    """Lists choices. ``by_type``: channel type -> the models that its form offers; ``built_in``: (model, maker)."""

    def __init__(
        self,
        catalog: Catalog,
        tables: Tables,
        *,
        types: Mapping[int, ChannelType],
        by_type: Mapping[str, Sequence[str] | None],
        built_in: Sequence[tuple[str, str]],
    ) -> None:
        self._catalog = catalog
        self._tables = tables
        self._types = types
        self.by_type = by_type
        self._built_in = built_in

    def groups(self) -> list[str]:
        """Groups that have a ratio."""
        ratios = self._catalog.current.options.group_ratio
        return sorted(self._tables.group_ratio if ratios is None else ratios)

    def models_of(self, group: str) -> Sequence[str]:
        """Models that an enabled channel serves to ``group``, sorted."""
        return self._catalog.current.models.get(group, ())

    def channel_types(self) -> list[tuple[ChannelType, Sequence[str]]]:
        """Every channel type with the models that its form offers, by number."""
        return [(known, self.by_type.get(str(number)) or ()) for number, known in sorted(self._types.items())]

    def built_in(self) -> list[Model]:
        """The built-in models; a model of several makers appears once for each."""
        return [Model(name, owner) for name, owner in self._built_in]
