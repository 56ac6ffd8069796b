"""JSON schemas for the Messages API, which is stricter than OpenAI where it enforces one on an answer or a tool.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: "input_schema does not support oneOf, allOf, or anyOf at the top level".
_CHOICES = ("anyOf", "oneOf", "allOf")
#: Bounds that the API cannot enforce; a schema without them allows more answers, and excludes none.
_UNBOUND = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems",
     "uniqueItems", "contains", "minContains", "maxContains", "minProperties", "maxProperties", "default", "examples"}
)  # fmt: skip
_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems")
_MAPS = ("properties", "$defs", "definitions")
_DEEPEST = 64


def input_schema(parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    """The schema of a tool's input, which must be an object schema."""
    schema = {name: value for name, value in (parameters or {}).items() if value is not None}
    for choice in _CHOICES:
        if choice in schema:
            branches = [branch for branch in schema.pop(choice) or () if isinstance(branch, dict)]
            schema = _merged(schema, branches, every=choice == "allOf")
    if schema.get("type") == "object":
        return schema
    return {"properties": {}, **schema, "type": "object"}


def bound_schema(schema: Any, depth: int = 0) -> Any:
    """``schema`` for an answer or a tool that must conform to it; None if the API cannot enforce it.

    Objects are closed, as OpenAI closes them only if the client sets ``strict``.
    """
    if isinstance(schema, bool) or not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    fields: dict[str, Any] = {}
    for name, value in schema.items():
        if name in _UNBOUND or (name == "minItems" and value not in (0, 1)):
            continue
        bound = _bound(name, value, depth + 1)
        if bound is None and value is not None:
            return None
        fields["anyOf" if name == "oneOf" else name] = bound
    if "properties" in fields or fields.get("type") == "object":
        if fields.get("additionalProperties") not in (None, False, True):
            return None  # an object whose keys the model chooses
        fields["additionalProperties"] = False
    return fields


def _bound(name: str, value: Any, depth: int) -> Any:
    if name in _LISTS and isinstance(value, list):
        inner = [bound_schema(item, depth) for item in value]
        return None if None in inner else inner
    if name in _MAPS and isinstance(value, dict):
        named = {key: bound_schema(item, depth) for key, item in value.items()}
        return None if None in named.values() else named
    if name == "items":
        return bound_schema(value, depth)
    return value


def _merged(schema: dict[str, Any], branches: list[dict[str, Any]], *, every: bool) -> dict[str, Any]:
    """One object with all properties of ``branches``; a property is required if all (``every``: any) require it."""
    properties: dict[str, Any] = {}
    for branch in (schema, *branches):
        inner = branch.get("properties")
        properties |= inner if isinstance(inner, dict) else {}
    wanted = [
        {name for name in branch.get("required") or () if isinstance(name, str)}
        if isinstance(branch.get("required"), list)
        else set()
        for branch in branches
    ]
    joint = (set.union(*wanted) if every else set.intersection(*wanted)) if wanted else set()
    own = schema.get("required")
    required = [*(own if isinstance(own, list) else ()), *sorted(joint)]
    merged = {**schema, "type": "object", "properties": properties}
    return {**merged, "required": list(dict.fromkeys(required))} if required else merged
