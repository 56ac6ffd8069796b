"""Immutable values that are made for every request.

They are frozen for mypy only. At run time they are ordinary attrs classes, because a frozen one sets each field with a
function call, and a request sets about seventy fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import frozen as record
else:
    from attrs import define

    record = define(unsafe_hash=True)

__all__ = ["record"]
