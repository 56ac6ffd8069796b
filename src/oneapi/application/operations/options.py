"""Management of the operator's options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.money.pricing import shown_ratios
from oneapi.domain.options import check_option, list_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.application.audit import Actor, AuditTrail
    from oneapi.application.catalog import Catalog
    from oneapi.application.ports.operations import OptionRepository
    from oneapi.domain.money.pricing import Tables


class ManageOptions:
    """Lists and sets options; changes take effect at once on every node."""

    def __init__(
        self, options: OptionRepository, catalog: Catalog, tables: Tables, audit: AuditTrail
    ) -> None:
        self._options = options
        self._catalog = catalog
        self._tables = tables
        self._audit = audit

    def listed(self) -> Mapping[str, str]:
        """Key -> text of every option that may be shown; the model ratios include the unchanged defaults."""
        snapshot = self._catalog.current
        return list_options(snapshot.options, snapshot.stored, shown_ratios(snapshot.options, self._tables))

    async def put(self, actor: Actor, key: str, value: str) -> None:
        """Set an option. Raises BadOption, or UnknownOption for an unknown key."""
        before = self._catalog.current
        check_option(key, value, before.options)
        await self._options.put({key: value})
        await self._catalog.refresh()
        await self._audit.record(
            actor, "option.update", f"option {key}", {key: before.stored.get(key)}, {key: value}
        )
