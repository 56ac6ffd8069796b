"""SQL that changes quota columns by an amount, and keeps them integers within the bounds of balances on every product.

``quota - ?`` alone overflows on PostgreSQL and MySQL, and becomes a REAL on SQLite, if a column or a sum is large
enough. One such row would keep all charges of its batch from being written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal

from oneapi.domain.money.quota import LARGEST_BALANCE

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement


def lowered(column: str) -> str:
    """SQL that subtracts an amount from ``column``; its parameters come from ``lowering``."""
    return (
        f"{column} = CASE WHEN COALESCE({column}, 0) < ? THEN -{LARGEST_BALANCE} "
        f"WHEN {column} > ? THEN {LARGEST_BALANCE} ELSE COALESCE({column}, 0) - ? END"
    )


def lowering(amount: int) -> tuple[int, int, int]:
    """The parameters of ``lowered``; a negative amount raises the column."""
    bounded = _bounded(amount)
    return bounded - LARGEST_BALANCE, bounded + LARGEST_BALANCE, bounded


def raised(column: Column[int], amount: int) -> ColumnElement[Any]:
    """The expression ``column`` plus ``amount``."""
    bounded, now = _bounded(amount), func.coalesce(column, 0)
    return case(
        (now < -LARGEST_BALANCE - bounded, literal(-LARGEST_BALANCE)),
        (now > LARGEST_BALANCE - bounded, literal(LARGEST_BALANCE)),
        else_=now + bounded,
    )


def _bounded(amount: int) -> int:
    """Limit ``amount`` to the distance between the two bounds of a balance."""
    return min(max(amount, -2 * LARGEST_BALANCE), 2 * LARGEST_BALANCE)
