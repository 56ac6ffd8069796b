"""The models that a caller may use."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from oneapi.domain.errors import UnknownModel
from oneapi.domain.models.profiles import UNKNOWN, ModelProfile, profile_of
from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.application.catalog import Catalog
    from oneapi.application.relay.authentication import Caller

#: The most names whose profiles are cached; finding one applies about twenty rules.
MOST_PROFILES = 10_000


@record
class Page:
    """A request for ``limit`` models after ``after_id``, or before ``before_id``, or from the beginning."""

    limit: int
    after_id: str = ""
    before_id: str = ""


@record
class Model:
    """A model; ``owner`` is its maker, None if unknown."""

    id: str
    owner: str | None = None
    profile: ModelProfile = UNKNOWN


@record
class ModelPage:
    """A page of models; ``more``: whether others follow in the direction of paging."""

    models: Sequence[Model]
    more: bool


class ModelLists:
    """Lists models. ``owners`` maps well-known models to their makers, in the order in which they are listed.

    ``profiles`` holds facts about models by name.
    """

    def __init__(
        self, catalog: Catalog, owners: Mapping[str, str], profiles: Mapping[str, ModelProfile]
    ) -> None:
        self._catalog = catalog
        self._owners = owners
        self._profile = lru_cache(MOST_PROFILES)(partial(profile_of, profiles=profiles))
        self._order = {model: position for position, model in enumerate(owners)}

    def usable(self, caller: Caller) -> list[Model]:
        """The models that the caller's token and group allow: well-known ones first, the others by name."""
        return [self._model(name) for name in self._names(caller)]

    def find(self, caller: Caller, model: str) -> Model:
        """The model of this name. Raises UnknownModel if it is neither well-known nor usable by the caller."""
        if model in self._owners or model in self._names(caller):
            return self._model(model)
        raise UnknownModel(model=model)

    def page(self, caller: Caller, page: Page) -> ModelPage:
        """A part of ``usable``."""
        names = self._names(caller)
        if page.before_id in names:
            end = names.index(page.before_id)
            start = max(0, end - page.limit)
            more = start > 0
        else:
            start = names.index(page.after_id) + 1 if page.after_id in names else 0
            end = start + page.limit
            more = end < len(names)
        return ModelPage([self._model(name) for name in names[start:end]], more)

    def _names(self, caller: Caller) -> Sequence[str]:
        served = self._catalog.current.models.get(caller.account.user.group, ())
        allowed = caller.account.token.models
        names = [model for model in served if not allowed or model in allowed.split(",")]
        return sorted(names, key=lambda model: (self._order.get(model, len(self._order)), model))

    def _model(self, name: str) -> Model:
        return Model(name, self._owners.get(name), self._profile(name))
