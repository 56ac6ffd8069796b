"""What single upstreams do differently from the dialect that they speak: each a value with its reason and a link."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.adapters.upstream.headers import Headers
    from oneapi.domain.channels import Channel
    from oneapi.domain.errors import Fault
    from oneapi.domain.requests import Endpoint


NOTHING: Mapping[str, Any] = MappingProxyType({})
#: In the place of a value: the key is taken out.
ABSENT: Final = msgspec.UNSET


class Refused(NamedTuple):
    """An error that an upstream hid in an answer of success."""

    status: int
    message: str
    code: Any


@frozen(kw_only=True)
class Quirk:
    """The hooks of the gateway; a quirk fills in one or two."""

    reason: str
    link: str

    def headers(self) -> Headers:
        """Headers to add."""
        return ()

    def amend(self, _endpoint: Endpoint, _fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        """Top-level keys of the body to set, or to take out with ``ABSENT``."""
        return {}

    def asks_usage(self, _channel: Channel, /) -> bool | None:
        """Whether a stream must, or must not, be asked to report usage; None: as elsewhere."""
        return None

    #: The upstream's own error codes, as texts in lower case, and whose fault each means; its status is one, too.
    codes: Mapping[str, Fault] = NOTHING

    #: Bytes without which ``refusal`` need not look.
    mark: bytes = b""

    def refusal(self, _answer: Mapping[str, Any], /) -> Refused | None:
        """The error in an answer or event that looks like a success."""
        return None


@frozen(kw_only=True)
class ExtraHeaders(Quirk):
    extra: Headers

    def headers(self) -> Headers:
        return self.extra


@frozen(kw_only=True)
class Fill(Quirk):
    """Values for keys that the client left out."""

    endpoint: Endpoint
    values: Mapping[str, Any]

    def amend(self, endpoint: Endpoint, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        if endpoint is not self.endpoint:
            return {}
        return {name: value for name, value in self.values.items() if not fields.get(name)}


@frozen(kw_only=True)
class Drop(Quirk):
    """A key that the upstream refuses and that changes nothing in the answer."""

    name: str

    def amend(self, _endpoint: Endpoint, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        return {self.name: ABSENT} if self.name in fields else {}


@frozen(kw_only=True)
class DropFor(Quirk):
    """A key that one model does not know."""

    name: str
    model: str

    def amend(self, _endpoint: Endpoint, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        return {self.name: ABSENT} if self.name in fields and fields.get("model") == self.model else {}


@frozen(kw_only=True)
class Rename(Quirk):
    """A key that the upstream knows by another name; that name wins where the client sent both."""

    old: str
    new: str

    def amend(self, _endpoint: Endpoint, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        if self.old not in fields:
            return {}
        if self.new in fields:
            return {self.old: ABSENT}
        return {self.old: ABSENT, self.new: fields[self.old]}


@frozen(kw_only=True)
class Clamp(Quirk):
    """A number that the upstream refuses beyond its bounds, where the nearest bound means the same to a client."""

    name: str
    low: float
    high: float

    def amend(self, _endpoint: Endpoint, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        value = fields.get(self.name)
        if not isinstance(value, int | float) or self.low <= value <= self.high:
            return {}
        return {self.name: min(max(value, self.low), self.high)}


@frozen(kw_only=True)
class UsageOption(Quirk):
    """Streams of this upstream must always, or must never, be asked for usage, on the channels where it applies."""

    asked: bool
    applies: Callable[[Channel], bool] = field(default=lambda _channel: True)

    def asks_usage(self, channel: Channel, /) -> bool | None:
        return self.asked if self.applies(channel) else None


@frozen(kw_only=True)
class ErrorCodes(Quirk):
    """Error codes whose meaning only this upstream's documentation tells."""

    codes: Mapping[str, Fault]


@frozen(kw_only=True)
class StatusInBody(Quirk):
    """``{"KEY": {"status_code": N, "status_msg": "..."}}`` with N other than 0 is an error."""

    key: str
    #: N -> HTTP status; all others are 400.
    statuses: Mapping[int, int]
    mark: bytes

    def refusal(self, answer: Mapping[str, Any], /) -> Refused | None:
        verdict = answer.get(self.key)
        if not isinstance(verdict, dict):
            return None
        number = verdict.get("status_code")
        if not isinstance(number, int) or number == 0:
            return None
        return Refused(self.statuses.get(number, 400), str(verdict.get("status_msg") or ""), number)
