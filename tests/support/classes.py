"""Classes of a module."""

from __future__ import annotations

import sys
from typing import TypeVar

T = TypeVar("T")


def subclasses(kind: type[T]) -> list[type[T]]:
    """Those that can be named: attrs makes slotted classes anew, and the first ones exist until they are collected."""
    return [
        each
        for each in kind.__subclasses__()
        if vars(sys.modules[each.__module__]).get(each.__name__) is each
    ]
