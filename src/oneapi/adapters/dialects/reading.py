"""Typed reading of clients' JSON, field by field; every error names the path of the invalid field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

import msgspec

from oneapi.domain.errors import InvalidParameter

_DATA_URL = re.compile(r"data:([^;,]*)(?:;[^;,]*)*;base64,(.*)", re.DOTALL | re.IGNORECASE)


class Fields:
    """One JSON object. ``null`` counts as absent; a value of another type raises InvalidParameter."""

    __slots__ = ("_taken", "_values", "path")

    def __init__(self, values: object, path: str = "") -> None:
        if not isinstance(values, Mapping):
            raise wrong(path or "body", "an object")
        self._values = values
        self._taken: set[str] = set()
        self.path = path

    def named(self, name: str) -> str:
        """The path of the field ``name``, for errors."""
        return f"{self.path}.{name}" if self.path else name

    def any(self, name: str) -> Any:
        self._taken.add(name)
        return self._values.get(name)

    def text(self, name: str) -> str:
        """A string; empty if absent."""
        value = self.any(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise wrong(self.named(name), "a string")
        return value

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise InvalidParameter(
                self.named(name), f"{self.named(name)} is required", "missing_required_parameter"
            )
        return value

    def integer(self, name: str) -> int | None:
        value = self.any(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise wrong(self.named(name), "an integer")

    def number(self, name: str) -> int | float | None:
        value = self.any(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise wrong(self.named(name), "a number")

    def flag(self, name: str) -> bool | None:
        value = self.any(name)
        if value is None or isinstance(value, bool):
            return value
        raise wrong(self.named(name), "a boolean")

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        value = self.any(name)
        if value is None or isinstance(value, Mapping):
            return value
        raise wrong(self.named(name), "an object")

    def object(self, name: str) -> Self | None:
        value = self.any(name)
        return None if value is None else type(self)(value, self.named(name))

    def objects(self, name: str) -> list[Self]:
        """A list of objects; empty if absent."""
        value = self.any(name)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise wrong(self.named(name), "an array")
        return [type(self)(item, f"{self.named(name)}.{number}") for number, item in enumerate(value)]

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings, or a single one; empty if absent."""
        value = self.any(name)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise wrong(self.named(name), "a string or an array of strings")
        return tuple(value)

    def whole(self) -> dict[str, Any]:
        return dict(self._values)

    def rest(self) -> dict[str, Any]:
        """The fields that have not been read."""
        return {name: value for name, value in self._values.items() if name not in self._taken}


def wrong(name: str, kind: str) -> InvalidParameter:
    """The error for a field whose value is not ``kind``."""
    return InvalidParameter(name, f"{name} must be {kind}", "invalid_type")


def split_data_url(url: str, name: str) -> tuple[str, str] | None:
    """Media type and base64 data of a ``data:`` URL; None for other URLs. Raises InvalidParameter if malformed."""
    if url[:5].lower() != "data:":
        return None
    found = _DATA_URL.match(url)
    if found is None:
        raise InvalidParameter(name, f"{name} is not a data URL in base64", "invalid_base64")
    return found[1], found[2]


def as_json(value: Any) -> str:
    """Compact JSON."""
    return msgspec.json.encode(value).decode()


def parsed_object(text: str) -> dict[str, Any]:
    """The JSON object in ``text``; empty if the model wrote none."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
