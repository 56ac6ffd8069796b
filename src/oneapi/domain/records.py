"""Values that nobody changes, made for every request.

mypy holds all code to it. At run time they are attrs classes whose fields could be set: attrs fills a frozen one with a
call for each field, and a request makes some seventy fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import frozen as record
else:
    from attrs import define

    record = define(unsafe_hash=True)

__all__ = ["record"]
