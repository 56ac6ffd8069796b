"""Channel types as the form of a channel needs to know them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class Words:
    """One text in both languages."""

    zh: str
    en: str


@frozen
class ConfigField:
    """A value in a channel's ``config``; a ``secret`` one is never shown again."""

    name: str
    label: Words
    required: bool = True
    secret: bool = False
    default: str = ""


@frozen
class KeyForm:
    """What a key looks like: ``text`` shows it, ``hint`` explains it, ``pattern`` matches all of it; empty: any does.

    ``config`` names the values that a key consists of where the form asks for them one by one.
    """

    text: str = ""
    hint: Words | None = None
    pattern: str = ""
    config: tuple[str, ...] = ()

    def fits(self, key: str, config: Mapping[str, Any]) -> bool:
        """Whether a channel can work with ``key``, or without it."""
        matches = not self.pattern or re.fullmatch(self.pattern, key) is not None
        return matches or self.composed(config) is not None

    def composed(self, config: Mapping[str, Any]) -> str | None:
        """The key that these values make, in one line; None if one is missing."""
        parts = [config.get(name) for name in self.config]
        if not parts or not all(isinstance(part, str) and part.strip() for part in parts):
            return None
        return "|".join(" ".join(str(part).split()) for part in parts)


@frozen(kw_only=True)
class ChannelType:
    """``base_url`` is the default, empty where every channel must bring its own or none is used.

    ``other`` is the value of ``config`` that the deprecated field ``other`` stands for; empty: none.
    """

    number: int
    name: str
    label: Words
    docs: str
    base_url: str
    base_url_required: bool
    key: KeyForm | None
    other: str
    config: tuple[ConfigField, ...]
    testable: bool
    has_balance: bool
