"""JSON schemas in the words that the API knows.

Its own are a subset of OpenAPI's, https://ai.google.dev/api/caching#Schema, which every model understands and which
refuses every other word; newer models take JSON Schema itself in fields of another name.
"""

from __future__ import annotations

from typing import Any, Final

_KEPT = frozenset(
    {"type", "title", "description", "nullable", "enum", "items", "properties", "required", "propertyOrdering",
     "minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength", "pattern", "minimum",
     "maximum", "default", "example"}
)  # fmt: skip
#: Of no consequence to what a model writes.
_DROPPED = frozenset(
    {"$schema", "$id", "$comment", "examples", "deprecated", "readOnly", "writeOnly", "strict"}
)
#: Formats that the API acts upon; of others it refuses some.
_FORMATS = ("enum", "date-time", "float", "double", "int32", "int64")
_DEEPEST = 64
#: In the place of a value that is left out.
ABSENT: Final = object()


def schema_field(openapi_name: str, json_name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """``schema`` under the one name or the other."""
    narrowed = narrow(schema)
    return {json_name: schema} if narrowed is None else {openapi_name: narrowed}


def narrow(schema: Any, depth: int = 0) -> dict[str, Any] | None:
    """``schema`` in OpenAPI's words; None where they cannot say the same."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    fields: dict[str, Any] = {}
    for name, value in _without_null(schema).items():
        if name in _DROPPED or (name == "additionalProperties" and isinstance(value, bool)):
            continue  # the model adds no properties of its own
        if name == "format":
            said = value if value in _FORMATS else ABSENT
        else:
            said = _value(name, value, depth + 1) if name in _KEPT else None
        if said is None:
            return None
        if said is not ABSENT:
            fields[name] = said
    # Refused: several types at once, and an object that has no properties.
    empty = fields.get("type") == "object" and not fields.get("properties")
    return None if empty or not isinstance(fields.get("type", ""), str) else fields


def _value(name: str, value: Any, depth: int) -> Any:
    """None for what has no counterpart."""
    if name == "properties":
        inner = {key: narrow(item, depth) for key, item in value.items()} if isinstance(value, dict) else None
        return None if inner is None or None in inner.values() else inner
    if name == "items":
        return narrow(value, depth)
    if name == "enum":
        return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None
    return value


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """``null`` beside one other type, and ``anyOf`` one schema or null, are ``nullable`` here."""
    fields = {name: value for name, value in schema.items() if name != "default" or value is not None}
    kinds = _others(fields.get("type"), "null")
    if len(kinds) == 1:
        fields |= {"type": kinds[0], "nullable": True}
    choices = _others(fields.get("anyOf"), {"type": "null"})
    if len(choices) == 1 and isinstance(choices[0], dict):
        del fields["anyOf"]
        fields = {**choices[0], **fields, "nullable": True}
    return fields


def _others(values: Any, null: Any) -> list[Any]:
    """What stands beside ``null`` in a list; nothing where it does not stand there."""
    return [value for value in values if value != null] if isinstance(values, list) and null in values else []
