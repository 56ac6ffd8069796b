"""Which models a caller may use, in the forms that OpenAI and Anthropic list them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.domain.errors import UnknownModel
from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.application.catalog import Catalog
    from oneapi.application.relay.authentication import Caller

CREATED = 1626777600
#: The same as Anthropic's clients read it.
CREATED_AT = "2021-07-20T15:59:46Z"
CUSTOM_OWNER = "custom"
PERMISSION = {
    "id": "modelperm-LwHkVFn8AcMItP432fKKDIKJ",
    "object": "model_permission",
    "created": CREATED,
    "allow_create_engine": True,
    "allow_sampling": True,
    "allow_logprobs": True,
    "allow_search_indices": False,
    "allow_view": True,
    "allow_fine_tuning": False,
    "organization": "*",
    "group": None,
    "is_blocking": False,
}


@record
class Page:
    """``limit`` models behind ``after_id``, or before ``before_id``; without either from the beginning."""

    limit: int
    after_id: str = ""
    before_id: str = ""


class ModelLists:
    """``owners`` maps the well-known models to who makes them, in the order in which they are listed."""

    def __init__(self, catalog: Catalog, owners: Mapping[str, str]) -> None:
        self._catalog = catalog
        self._owners = owners
        self._order = {model: position for position, model in enumerate(owners)}

    def usable(self, caller: Caller) -> list[dict[str, Any]]:
        """What the caller's token and group allow: well-known models first, the others by name."""
        return [self._entry(model) for model in self._names(caller)]

    def find(self, caller: Caller, model: str) -> dict[str, Any]:
        """Raises UnknownModel for what is neither well known nor usable."""
        if model in self._owners or model in self._names(caller):
            return self._entry(model)
        raise UnknownModel(model=model)

    def page(self, caller: Caller, page: Page) -> dict[str, Any]:
        """A part of ``usable`` as Anthropic lists models: https://platform.claude.com/docs/en/api/models/list."""
        names = self._names(caller)
        if page.before_id in names:
            end = names.index(page.before_id)
            start = max(0, end - page.limit)
            more = start > 0
        else:
            start = names.index(page.after_id) + 1 if page.after_id in names else 0
            end = start + page.limit
            more = end < len(names)
        shown = names[start:end]
        return {
            "data": [described(model) for model in shown],
            "has_more": more,
            "first_id": shown[0] if shown else None,
            "last_id": shown[-1] if shown else None,
        }

    def describe(self, caller: Caller, model: str) -> dict[str, Any]:
        """As ``find``, in Anthropic's form."""
        return described(self.find(caller, model)["id"])

    def _names(self, caller: Caller) -> Sequence[str]:
        served = self._catalog.current.models.get(caller.account.user.group, ())
        allowed = caller.account.token.models
        names = [model for model in served if not allowed or model in allowed.split(",")]
        return sorted(names, key=lambda model: (self._order.get(model, len(self._order)), model))

    def _entry(self, model: str) -> dict[str, Any]:
        return model_entry(model, self._owners.get(model))


def model_entry(model: str, owner: str | None) -> dict[str, Any]:
    """``owner`` None: nobody that we know."""
    return {
        "id": model,
        "object": "model",
        "created": CREATED,
        "owned_by": owner or CUSTOM_OWNER,
        "permission": [PERMISSION] if owner else None,
        "root": model,
        "parent": None,
    }


def described(model: str) -> dict[str, Any]:
    """One model as Anthropic describes it; of sizes and capabilities nothing is known here."""
    return {
        "type": "model",
        "id": model,
        "display_name": model,
        "created_at": CREATED_AT,
        "lifecycle": "active",
        "max_input_tokens": None,
        "max_tokens": None,
        "capabilities": None,
        "line": None,
        "deprecated_at": None,
        "retires_at": None,
    }
