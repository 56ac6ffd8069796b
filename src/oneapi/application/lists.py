"""Limits on the length of texts to be stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.changes import named
from oneapi.domain.errors.administration import TooLong, TooMany

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attrs import AttrsInstance


def check_count(field: str, text: str | None, most: int) -> None:
    """Raise Refusal for a comma-separated list of more than ``most`` entries."""
    if text and text.count(",") >= most:
        raise TooMany(field=field, most=most)


def check_lengths(changes: AttrsInstance, longest: Mapping[str, int]) -> None:
    """Raise Refusal for a text with more characters than ``longest`` allows for its field."""
    values = named(changes)
    for name, most in longest.items():
        if len(values.get(name) or "") > most:
            raise TooLong(field=name, most=most)
