"""Kinds of environment variables: what is allowed, how it is read, how a bad value is reported."""

from __future__ import annotations

import math
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs
from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Network = IPv4Network | IPv6Network


class CannotStart(Exception):
    """The server cannot start; the text is one line for the operator and contains no secret."""


class SettingsError(CannotStart):
    """The variable ``name`` has a value that is not allowed; ``problem`` completes the sentence."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")
        self.name = name


class Unreadable(ValueError):
    """A value is not allowed; the text says why and does not repeat the value."""


@frozen
class VariableKind:
    """``allowed`` describes valid values; ``read`` raises ValueError, or Unreadable with a reason, for any other."""

    allowed: str
    read: Callable[[str], Any]


@frozen
class Variable:
    """One documented variable; ``default`` is written as in the environment, empty for none."""

    kind: VariableKind
    default: str
    about: str
    section: str
    secret: bool = False
    #: Other names of the variable -> how a value under that name is read.
    aliases: Mapping[str, VariableKind] = attrs.field(factory=dict)

    def read(self, name: str, environ: Mapping[str, str]) -> Any:
        """The value in ``environ``; a blank one counts as not set. Raises SettingsError."""
        for key, kind in {name: self.kind, **self.aliases}.items():
            text = environ.get(key, "").strip()
            if not text:
                continue
            try:
                return kind.read(text)
            except Unreadable as error:
                raise SettingsError(key, f"cannot be used: {error}") from None
            except ValueError:
                shown = "has a value (not shown) that cannot be used" if self.secret else f"is {text[:80]!r}"
                raise SettingsError(key, f"{shown}: give {kind.allowed}") from None
        return self.initial

    @property
    def initial(self) -> Any:
        return self.kind.read(self.default)


def section(title: str) -> Callable[..., Any]:
    """A function that declares attrs fields; each is a variable documented under ``title``."""

    def declare(
        kind: VariableKind,
        default: str,
        about: str,
        *,
        secret: bool = False,
        aliases: Mapping[str, VariableKind] | None = None,
    ) -> Any:
        variable = Variable(kind, default, about, title, secret, aliases or {})
        return attrs.field(default=variable.initial, repr=not secret, metadata={Variable: variable})

    return declare


# --- kinds -------------------------------------------------------------------------------------


def whole(least: int = 0, most: int | None = None, *, times: int = 1) -> VariableKind:
    """A whole number within bounds, multiplied by ``times`` to convert its unit."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            raise ValueError(text)
        number = int(text)
        if number < least or (most is not None and number > most):
            raise ValueError(text)
        return number * times

    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
    return VariableKind(f"a whole number {bounds}", read)


def number(least: float = 0, most: float | None = None, *, times: float = 1) -> VariableKind:
    """A finite number within bounds, multiplied by ``times`` to convert its unit."""

    def read(text: str) -> float:
        value = float(text) if "_" not in text else math.nan
        if not math.isfinite(value) or value < least or (most is not None and value > most):
            raise ValueError(text)
        return value * times

    bounds = f"of at least {least:g}" if most is None else f"from {least:g} to {most:g}"
    return VariableKind(f"a number {bounds}", read)


def choice(*options: str) -> VariableKind:
    """One of ``options``, case-insensitive."""

    def read(text: str) -> str:
        value = text.lower()
        if value not in options:
            raise ValueError(text)
        return value

    return VariableKind(" or ".join(f"`{option}`" for option in options), read)


def _switch(text: str) -> bool:
    if text not in {"true", "false", "1", "0"}:
        raise ValueError(text)
    return text in {"true", "1"}


def _networks(text: str) -> tuple[Network, ...]:
    if text.lower() == "none":
        return ()
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def _web_address(text: str) -> str:
    if text and (urlsplit(text).scheme not in {"http", "https"} or not urlsplit(text).hostname):
        raise ValueError(text)
    return text.rstrip("/")


def _proxy(text: str, *, over_tls: bool = False) -> str:
    address = text if "://" in text or not text else f"http://{text}"
    parts = urlsplit(address)
    known = parts.scheme in {"http", "socks5", "socks5h"} or (over_tls and parts.scheme == "https")
    if address and not (known and parts.hostname):
        raise ValueError(text)
    _ = parts.port  # raises ValueError when it is none
    return address


def _redis(text: str) -> str:
    if "://" in text:
        parts = urlsplit(text)
        if parts.scheme not in {"redis", "rediss", "unix"} or not (parts.hostname or parts.path):
            raise ValueError(text)
        _ = parts.port  # raises ValueError when it is none
    elif text and not all(re.fullmatch(r"\s*[^\s:,]+:[0-9]{1,5}\s*", node) for node in text.split(",")):
        raise ValueError(text)
    return text


#: The original reads anything but `true` as off; here a misspelt value is refused.
SWITCH = VariableKind("`true` or `false`", _switch)
ANY_CASE_SWITCH = VariableKind("`true` or `false`, in any case", lambda text: _switch(text.lower()))
TEXT = VariableKind("any text", str)
NETWORKS = VariableKind("a comma list of addresses and networks such as `10.0.0.0/8`, or `none`", _networks)
WEB_ADDRESS = VariableKind("an address that starts with `http://` or `https://`", _web_address)
PROXY = VariableKind("a proxy as `http://`, `socks5://` or `socks5h://` with a host", _proxy)
TLS_PROXY = VariableKind(
    "a proxy as `http://`, `https://`, `socks5://` or `socks5h://` with a host",
    lambda text: _proxy(text, over_tls=True),
)
REDIS = VariableKind("`redis://user:password@host:port/db` or a comma list of `host:port`", _redis)
