"""JSON schemas, reduced to the keywords that the API accepts.

Its own are a subset of OpenAPI's, https://ai.google.dev/api/caching#Schema, which every model understands and which
refuses every other keyword; newer models accept JSON Schema in separate fields, again in part:
https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support. One refused keyword fails the whole
request, so keywords that neither form accepts are left out.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: OpenAPI keywords allowed for every type, and those allowed for only one.
_ALWAYS = frozenset({"type", "title", "description", "nullable", "default", "example"})
_BY_TYPE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "object": frozenset({"properties", "required", "propertyOrdering", "minProperties", "maxProperties"}),
        "array": frozenset({"items", "minItems", "maxItems"}),
        "string": frozenset({"enum", "format", "minLength", "maxLength", "pattern"}),
        "number": frozenset({"enum", "format", "minimum", "maximum"}),
        "integer": frozenset({"enum", "format", "minimum", "maximum"}),
        "boolean": frozenset(),
        "null": frozenset(),
    }
)
_OF_ONE_TYPE = frozenset().union(*_BY_TYPE.values())
#: Keywords without effect on the model's output.
_DROPPED = frozenset(
    {"$schema", "$id", "$comment", "examples", "deprecated", "readOnly", "writeOnly", "strict"}
)
#: JSON Schema keywords that the API accepts; all others are left out.
_JSON = frozenset(
    {"$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems",
     "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required",
     "propertyOrdering", "nullable", "default", "minLength", "maxLength", "pattern", "minProperties", "maxProperties"}
)  # fmt: skip
#: Formats that the API applies; it refuses some of the others.
_FORMATS = ("enum", "date-time", "float", "double", "int32", "int64")
_JSON_FORMATS = (*_FORMATS, "date", "time")
_DEEPEST = 64
#: Replaces a value that is left out.
ABSENT: Final = object()


def schema_field(openapi_name: str, json_name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """``schema`` in the OpenAPI field if that can express it, otherwise in the field for JSON Schema."""
    narrowed = narrow(schema)
    return {json_name: cleaned(schema)} if narrowed is None else {openapi_name: narrowed}


# --- OpenAPI -----------------------------------------------------------------------------------


def narrow(schema: Any, depth: int = 0) -> dict[str, Any] | None:
    """``schema`` in OpenAPI's keywords; None if they cannot express it."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    fields: dict[str, Any] = {}
    given = _without_null(schema)
    kind = _kind(given)
    if kind is None:  # several types at once, or an unknown one
        return None
    for name, value in given.items():
        if name in _DROPPED or (name == "additionalProperties" and isinstance(value, bool)):
            continue  # the model adds no properties of its own
        if kind and name in _OF_ONE_TYPE and name not in _BY_TYPE[kind]:
            continue  # meaningless, such as the properties of a string, and refused
        said = _value(name, value, depth + 1) if name in _ALWAYS or name in _OF_ONE_TYPE else None
        if said is None:
            return None
        if said is not ABSENT:
            fields[name] = said
    if kind:
        fields["type"] = kind
    return None if _lacks(fields, kind) else _with_required(fields)


def _kind(schema: Mapping[str, Any]) -> str | None:
    """The type of ``schema`` in lower case, empty if it has none; None if it is not a single known type."""
    kind = schema.get("type", "")
    if not isinstance(kind, str):
        return None
    return kind.lower() if not kind or kind.lower() in _BY_TYPE else None


def _lacks(fields: Mapping[str, Any], kind: str) -> bool:
    """Whether the API refuses the schema: an object without properties, an array without items, or a bare null."""
    return (
        (kind == "object" and not fields.get("properties"))
        or (kind == "array" and "items" not in fields)
        or kind == "null"
    )


def _value(name: str, value: Any, depth: int) -> Any:
    """The keyword's value for OpenAPI; None if it cannot be expressed, ABSENT to leave it out."""
    if value is None:
        return ABSENT
    match name:
        case "properties":
            inner = (
                {key: narrow(item, depth) for key, item in value.items()} if isinstance(value, dict) else None
            )
            return None if inner is None or None in inner.values() else inner
        case "items":
            return narrow(value, depth)
        case "enum":
            return _choices(value) if isinstance(value, list) and all(map(_is_text, value)) else None
        case "format":
            return value if value in _FORMATS else ABSENT
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _choices(values: list[Any]) -> Any:
    """An enumeration without the empty string, which the API refuses."""
    return [value for value in values if value != ""] or ABSENT


def _with_required(fields: dict[str, Any]) -> dict[str, Any]:
    """Keep only names of existing properties in ``required``: others are refused with "property is not defined"."""
    if "required" not in fields:
        return fields
    there, wanted = fields.get("properties"), fields["required"]
    named = wanted if isinstance(wanted, list) and isinstance(there, dict) else []
    kept = [name for name in dict.fromkeys(filter(_is_text, named)) if name in (there or {})]
    others = {name: value for name, value in fields.items() if name != "required"}
    return {**others, "required": kept} if kept else others


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Rewrite ``null`` beside one other type, and ``anyOf`` of one schema and null, as ``nullable``."""
    fields = {name: value for name, value in schema.items() if name != "default" or value is not None}
    kinds = _others(fields.get("type"), "null")
    if isinstance(fields.get("type"), list) and len(fields["type"]) == 1:
        fields["type"] = fields["type"][0]
    elif len(kinds) == 1:
        fields |= {"type": kinds[0], "nullable": True}
    if "const" in fields and isinstance(fields["const"], str):
        const = fields.pop("const")
        fields = {"type": "string", **fields, "enum": [const]}
    choices = _others(fields.get("anyOf"), {"type": "null"})
    if len(choices) == 1 and isinstance(choices[0], dict):
        del fields["anyOf"]
        fields = {**choices[0], **fields, "nullable": True}
    if fields.get("nullable") and isinstance(fields.get("enum"), list):
        fields["enum"] = [value for value in fields["enum"] if value is not None]
    return fields


def _others(values: Any, null: Any) -> list[Any]:
    """The other members of a list that contains ``null``; empty if it does not."""
    return [value for value in values if value != null] if isinstance(values, list) and null in values else []


# --- JSON Schema -------------------------------------------------------------------------------


def cleaned(schema: Any, depth: int = 0) -> dict[str, Any]:
    """``schema`` without the JSON Schema keywords that the API refuses; their constraints are lost."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return {}  # allows anything, like ``true``
    spelt = _spelt(schema)
    if "$ref" in spelt:  # "no other properties, except for those starting as a $, may be set"
        spelt = {name: value for name, value in spelt.items() if name.startswith("$")}
    fields: dict[str, Any] = {}
    for name, value in spelt.items():
        if name in _JSON and value is not None:
            said = _cleaned(name, value, depth + 1)
            if said is not ABSENT:
                fields[name] = said
    return _with_required(fields)


def _spelt(schema: dict[str, Any]) -> dict[str, Any]:
    """``schema`` in current keywords, with one spelling for equivalent ones."""
    fields = dict(schema)
    if "definitions" in fields:
        older = fields.pop("definitions")
        fields.setdefault("$defs", older)
    if "const" in fields:
        const = fields.pop("const")
        fields.setdefault("enum", [const])
    branches = fields.pop("allOf", None)
    if isinstance(branches, list):  # merged into one schema
        for branch in branches:
            if isinstance(branch, dict):
                fields = _joined(branch, fields)
    kind = fields.get("type")
    if isinstance(kind, str) and kind.lower() in _BY_TYPE:
        allowed = _BY_TYPE[kind.lower()]
        fields = {
            name: value for name, value in fields.items() if name not in _OF_ONE_TYPE or name in allowed
        }
    return fields


def _joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    both = {**first, **second}
    for name in ("properties", "$defs"):
        if isinstance(first.get(name), dict) and isinstance(second.get(name), dict):
            both[name] = {**first[name], **second[name]}
    if isinstance(first.get("required"), list) and isinstance(second.get("required"), list):
        both["required"] = [*first["required"], *second["required"]]
    return both


def _cleaned(name: str, value: Any, depth: int) -> Any:
    if name in ("properties", "$defs"):
        if not isinstance(value, dict):
            return ABSENT
        return {key: cleaned(item, depth) for key, item in value.items() if item is not False}
    if name in ("anyOf", "oneOf", "prefixItems"):
        return (
            [cleaned(item, depth) for item in value if item is not False]
            if isinstance(value, list)
            else ABSENT
        )
    if name == "items":
        return cleaned(value, depth)
    if name == "additionalProperties":
        return value if isinstance(value, bool) else cleaned(value, depth)
    return _plain(name, value)


def _plain(name: str, value: Any) -> Any:
    """The value of a keyword that contains no schemas; ABSENT to leave it out."""
    match name:
        case "enum":  # "for strings and numbers"
            values = (
                [item for item in value if isinstance(item, str | int | float)]
                if isinstance(value, list)
                else []
            )
            return _choices([item for item in values if not isinstance(item, bool)])
        case "format":
            return value if value in _JSON_FORMATS else ABSENT
        case "type":
            return _types(value)
        case "$ref":
            return value.replace("#/definitions/", "#/$defs/", 1) if isinstance(value, str) else ABSENT
    return value


def _types(value: Any) -> Any:
    kinds = value if isinstance(value, list) else [value]
    known = [kind.lower() for kind in kinds if isinstance(kind, str) and kind.lower() in _BY_TYPE]
    if not known:
        return ABSENT
    return known if isinstance(value, list) else known[0]
