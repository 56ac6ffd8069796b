"""Channel types, with what the form for editing a channel needs to know of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class Words:
    """A text in Chinese and English."""

    zh: str
    en: str


@frozen
class ConfigField:
    """A value in a channel's ``config``; a ``secret`` one is never shown again once it is stored."""

    name: str
    label: Words
    required: bool = True
    secret: bool = False
    default: str = ""


@frozen
class KeyForm:
    """The format of a key: ``text`` shows it, ``hint`` explains it, ``pattern`` matches the whole key (empty: any key).

    ``config`` names the values that make up a key if the form asks for them one by one.
    """

    text: str = ""
    hint: Words | None = None
    pattern: str = ""
    config: tuple[str, ...] = ()

    def fits(self, key: str, config: Mapping[str, Any]) -> bool:
        """Whether ``key`` has this form, or is not needed with ``config``."""
        matches = not self.pattern or re.fullmatch(self.pattern, key) is not None
        return matches or self.composed(config) is not None

    def composed(self, config: Mapping[str, Any]) -> str | None:
        """The key made from these values, on one line; None if a value is missing."""
        parts = [config.get(name) for name in self.config]
        if not parts or not all(isinstance(part, str) and part.strip() for part in parts):
            return None
        return "|".join(" ".join(str(part).split()) for part in parts)


@frozen(kw_only=True)
class ChannelType:
    """A kind of channel. ``base_url`` is the default; empty: each channel has its own, or the type uses none.

    ``other`` names the value of ``config`` that replaces the deprecated field ``other``; empty: none.
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
