"""How much the texts of an order may hold, wherever one is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.domain.errors.administration import TooLong, TooMany

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_count(field: str, text: str | None, most: int) -> None:
    """Raise Refusal for a comma list of more than ``most`` entries."""
    if text and text.count(",") >= most:
        raise TooMany(field=field, most=most)


def check_lengths(values: Mapping[str, Any], longest: Mapping[str, int]) -> None:
    """Raise Refusal for a text with more characters than its column takes."""
    for name, most in longest.items():
        if len(values.get(name) or "") > most:
            raise TooLong(field=name, most=most)
