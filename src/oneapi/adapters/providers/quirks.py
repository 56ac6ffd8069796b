"""How individual upstreams deviate from their dialect: one value each, with its reason and a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from attrs import field, frozen

from oneapi.data import traits_of
from oneapi.domain.errors import UnsupportedFeature

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from oneapi.adapters.providers.calls import Headers
    from oneapi.domain.routing.channels import Channel


#: Used as a value to remove the key.
ABSENT: Final = msgspec.UNSET


class HiddenError(NamedTuple):
    """An error that an upstream hid in a successful response."""

    status: int
    message: str
    code: Any


@frozen(kw_only=True)
class Quirk:
    """The gateway's hooks; a quirk overrides one or two."""

    reason: str
    link: str

    def serves(self, _asked: str, _model: str, /) -> bool:
        """Whether the quirk is one of the model that clients ask for by one name and the upstream knows by another."""
        return True

    def headers(self) -> Headers:
        """Headers to add."""
        return ()

    def amend(self, _fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        """Top-level keys of the body to set, or to remove with ``ABSENT``."""
        return {}

    def asks_usage(self, _channel: Channel, /) -> bool | None:
        """Whether a stream must (True) or must not (False) be asked to report usage; None: the default."""
        return None

    #: ``refusal`` is skipped for content that does not contain these bytes.
    mark: bytes = b""

    def refusal(self, _answer: Mapping[str, Any], /) -> HiddenError | None:
        """The error in an answer or event that looks successful, or None."""
        return None


@frozen(kw_only=True)
class ExtraHeaders(Quirk):
    extra: Headers

    def headers(self) -> Headers:
        return self.extra


@frozen(kw_only=True)
class Fill(Quirk):
    """Default values for keys that the client omits."""

    values: Mapping[str, Any]

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        return {name: value for name, value in self.values.items() if not fields.get(name)}


@frozen(kw_only=True)
class Drop(Quirk):
    """Removes a key that the upstream refuses and that does not affect the answer."""

    name: str

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        return {self.name: ABSENT} if self.name in fields else {}


@frozen(kw_only=True)
class DropFor(Drop):
    """Removes a key that one model does not know."""

    model: str

    def serves(self, asked: str, model: str, /) -> bool:
        return self.model in (asked, model)


@frozen(kw_only=True)
class Rename(Quirk):
    """Renames a key for the upstream; if the client sends both names, the upstream's wins."""

    old: str
    new: str

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        if self.old not in fields:
            return {}
        if self.new in fields:
            return {self.old: ABSENT}
        return {self.old: ABSENT, self.new: fields[self.old]}


@frozen(kw_only=True)
class RenameRefused(Rename):
    """The same, for models that refuse the old name. A deployment's name may not reveal its model."""

    def serves(self, asked: str, model: str, /) -> bool:
        return self.old in traits_of(model).refuses or self.old in traits_of(asked).refuses


@frozen(kw_only=True)
class Instead(Quirk):
    """Replaces one value of a key by other keys; if the client sends those as well, the client's win."""

    name: str
    value: Any
    said: Mapping[str, Any]

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        if fields.get(self.name) != self.value:
            return {}
        return {self.name: ABSENT, **{key: value for key, value in self.said.items() if key not in fields}}


@frozen(kw_only=True)
class SystemRole(Quirk):
    """Replaces the role ``developer``, OpenAI's newer name for ``system``, with the same meaning."""

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        messages = _objects(fields.get("messages"))
        if not any(message.get("role") == DEVELOPER for message in messages):
            return {}
        renamed = (
            {**message, "role": "system"} if message.get("role") == DEVELOPER else message
            for message in messages
        )
        return {"messages": list(renamed)}


@frozen(kw_only=True)
class SchemaInWords(Quirk):
    """The upstream supports JSON answers but does not enforce a schema: the schema goes into the prompt."""

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        wanted = fields.get("response_format")
        if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
            return {}
        layout = wanted.get("json_schema")
        schema = layout.get("schema") if isinstance(layout, dict) else None
        told = msgspec.json.encode(schema or {}).decode()
        words = f"Answer with a single JSON object that conforms to this JSON schema: {told}"
        return {"response_format": {"type": "json_object"}, **_told(fields, words)}


@frozen(kw_only=True)
class ForcedToolInWords(Quirk):
    """The upstream cannot force a tool call: the prompt asks the model to make one.

    ``named``: one tool can be named all the same.
    """

    named: bool

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        choice = fields.get("tool_choice")
        if not fields.get("tools"):
            return {}
        if choice in ("required", "any"):
            return {"tool_choice": "auto", **_told(fields, "Answer by calling one of the tools.")}
        function = choice.get("function") if isinstance(choice, dict) and not self.named else None
        if not isinstance(function, dict):
            return {}
        return {"tool_choice": "auto", **_told(fields, f"Answer by calling the tool {function.get('name')}.")}


@frozen(kw_only=True)
class CallIds(Quirk):
    """Converts tool call ids from other upstreams to the only form that this upstream accepts."""

    form: re.Pattern[str]
    #: Maps any other id to one of that form, always the same one.
    made: Callable[[str], str]

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        messages = _objects(fields.get("messages"))
        written = [self._message(message) for message in messages]
        return {} if written == messages else {"messages": written}

    def _message(self, message: dict[str, Any]) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if isinstance(message.get("tool_call_id"), str):
            changes["tool_call_id"] = self._fitted(message["tool_call_id"])
        if calls := _objects(message.get("tool_calls")):
            changes["tool_calls"] = [
                {**call, "id": self._fitted(call["id"])} if isinstance(call.get("id"), str) else call
                for call in calls
            ]
        return {**message, **changes} if changes else message

    def _fitted(self, call_id: str) -> str:
        return call_id if self.form.fullmatch(call_id) else self.made(call_id)


@frozen(kw_only=True)
class Schemas(Quirk):
    """Removes keywords that the upstream refuses from the JSON schemas of tools and answers."""

    cleaned: Callable[[dict[str, Any]], dict[str, Any]]

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        changes: dict[str, Any] = {}
        tools, layout = _objects(fields.get("tools")), fields.get("response_format")
        if tools:
            changes["tools"] = [self._within(tool, "function", "parameters") for tool in tools]
        if isinstance(layout, dict):
            changes["response_format"] = self._within(layout, "json_schema", "schema")
        return {name: value for name, value in changes.items() if value != fields[name]}

    def _within(self, outer: dict[str, Any], name: str, schema: str) -> dict[str, Any]:
        inner = outer.get(name)
        if not isinstance(inner, dict) or not isinstance(inner.get(schema), dict):
            return outer
        return {**outer, name: {**inner, schema: self.cleaned(inner[schema])}}


DEVELOPER = "developer"


def _objects(value: Any) -> list[dict[str, Any]]:
    """``value`` if it is a list of objects, otherwise an empty list; the upstream refuses malformed values."""
    return value if isinstance(value, list) and all(isinstance(item, dict) for item in value) else []


def _told(fields: Mapping[str, Any], words: str) -> dict[str, Any]:
    """The messages, preceded by a system message with ``words``, where every upstream looks for it."""
    messages = _objects(fields.get("messages"))
    return {"messages": [{"role": "system", "content": words}, *messages]} if messages else {}


@frozen(kw_only=True)
class Clamp(Quirk):
    """Clamps a number to the upstream's bounds, where the nearest bound means the same to a client."""

    name: str
    low: float
    high: float

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        value = fields.get(self.name)
        if not isinstance(value, int | float) or self.low <= value <= self.high:
            return {}
        return {self.name: min(max(value, self.low), self.high)}


@frozen(kw_only=True)
class OnePicture(Quirk):
    """Refuses ``n > 1``, which the upstream ignores: a client would get one picture without being told why."""

    def amend(self, fields: Mapping[str, Any], /) -> Mapping[str, Any]:
        """Change nothing. Raises UnsupportedFeature."""
        count = fields.get("n")
        if isinstance(count, int) and count > 1:
            raise UnsupportedFeature(feature="n > 1")
        return {}


@frozen(kw_only=True)
class UsageOption(Quirk):
    """Streams must always, or must never, be asked for usage on the channels to which this applies."""

    asked: bool
    applies: Callable[[Channel], bool] = field(default=lambda _channel: True)

    def asks_usage(self, channel: Channel, /) -> bool | None:
        return self.asked if self.applies(channel) else None


@frozen(kw_only=True)
class StatusInBody(Quirk):
    """``{"KEY": {"status_code": N, "status_msg": "..."}}`` with N other than 0 is an error."""

    key: str
    #: N -> HTTP status; 400 for codes that are not listed.
    statuses: Mapping[int, int]
    mark: bytes

    def refusal(self, answer: Mapping[str, Any], /) -> HiddenError | None:
        verdict = answer.get(self.key)
        if not isinstance(verdict, dict):
            return None
        number = verdict.get("status_code")
        if not isinstance(number, int) or number == 0:
            return None
        return HiddenError(self.statuses.get(number, 400), str(verdict.get("status_msg") or ""), number)
