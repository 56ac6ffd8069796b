"""Changes to what is stored: values of which each field is either what it becomes, or UNSET."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import attrs

if TYPE_CHECKING:
    from attrs import AttrsInstance

V = TypeVar("V")
Changes = TypeVar("Changes", bound="AttrsInstance")


class Unset(Enum):
    """The type of UNSET, which is false."""

    UNSET = "unset"

    def __bool__(self) -> Literal[False]:
        return False


#: Stands for a field that stays as it is.
UNSET: Final = Unset.UNSET
#: Metadata of fields whose zero value means "as it was" too, as in the original: nothing is without them.
KEPT_WHEN_EMPTY: Final = {"kept when empty": True}


def named(changes: AttrsInstance) -> dict[str, Any]:
    """What ``changes`` sets, by field."""
    values = ((field.name, getattr(changes, field.name)) for field in attrs.fields(type(changes)))
    return {name: value for name, value in values if value is not UNSET}


def without_empty(changes: Changes) -> Changes:
    """``changes`` with UNSET for each zero value that means "as it was"."""
    kept = (field.name for field in attrs.fields(type(changes)) if field.metadata == KEPT_WHEN_EMPTY)
    cleared: Any = {name: UNSET for name in kept if not getattr(changes, name)}
    return attrs.evolve(changes, **cleared)  # type: ignore[misc]  # an attrs class, as the bound says


def otherwise(value: V | Unset, stored: V) -> V:
    """``value``, or ``stored`` where that stays."""
    return stored if isinstance(value, Unset) else value


def where_new(value: V | Unset, stored: V) -> V | Unset:
    """``value``, or UNSET where it is what is stored."""
    return UNSET if value == stored else value
