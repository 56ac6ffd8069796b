"""Changes to stored values: each field holds its new value, or UNSET if it stays as it is."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import attrs

if TYPE_CHECKING:
    from attrs import AttrsInstance

V = TypeVar("V")
Changes = TypeVar("Changes", bound="AttrsInstance")


class Unset(Enum):
    """The type of UNSET, which is falsy."""

    UNSET = "unset"

    def __bool__(self) -> Literal[False]:
        return False


#: Marks a field that stays as it is.
UNSET: Final = Unset.UNSET
#: Metadata of fields that can never be empty: as in the original, their zero value also means "as it was".
KEPT_WHEN_EMPTY: Final = {"kept when empty": True}


def named(changes: AttrsInstance) -> dict[str, Any]:
    """The fields that ``changes`` sets, with their new values."""
    values = ((field.name, getattr(changes, field.name)) for field in attrs.fields(type(changes)))
    return {name: value for name, value in values if value is not UNSET}


def without_empty(changes: Changes) -> Changes:
    """``changes`` with UNSET for each zero value that means "as it was"."""
    kept = (field.name for field in attrs.fields(type(changes)) if field.metadata == KEPT_WHEN_EMPTY)
    cleared: Any = {name: UNSET for name in kept if not getattr(changes, name)}
    return attrs.evolve(changes, **cleared)  # type: ignore[misc]  # an attrs class, as the bound says


def otherwise(value: V | Unset, stored: V) -> V:
    """``value``, or ``stored`` if ``value`` is UNSET."""
    return stored if isinstance(value, Unset) else value


def where_new(value: V | Unset, stored: V) -> V | Unset:
    """``value``, or UNSET if it equals the stored value."""
    return UNSET if value == stored else value
