"""A schema that OpenAI takes never makes Gemini refuse a request: in its words, as JSON Schema, or left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.gemini.schemas import cleaned, narrow, schema_field
from tests.adapters.dialects.conversations import schemas, values

#: https://ai.google.dev/api/caching#Schema, and what each word may stand beside.
OPENAPI = {
    "title": None, "description": None, "nullable": None, "default": None, "example": None, "type": None,
    "properties": ("object",), "required": ("object",), "propertyOrdering": ("object",),
    "minProperties": ("object",), "maxProperties": ("object",),
    "items": ("array",), "minItems": ("array",), "maxItems": ("array",),
    "enum": ("string", "number", "integer"), "format": ("string", "number", "integer"),
    "minLength": ("string",), "maxLength": ("string",), "pattern": ("string",),
    "minimum": ("number", "integer"), "maximum": ("number", "integer"),
}  # fmt: skip
JSON = {
    "$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems",
    "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required",
    "propertyOrdering", "nullable", "default", "minLength", "maxLength", "pattern", "minProperties", "maxProperties",
}  # fmt: skip
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


def assert_openapi(schema: Any) -> None:
    """As strict as the API."""
    kind = schema.get("type", "")
    assert isinstance(kind, str)
    assert kind in ("", *TYPES[:-1])
    for name, value in schema.items():
        assert name in OPENAPI
        allowed = OPENAPI[name]
        assert value is not None
        assert not kind or allowed is None or kind in allowed
    if kind == "object":
        assert schema["properties"]
    if kind == "array":
        assert_openapi(schema["items"])
    if "enum" in schema:
        assert schema["enum"]
        assert all(isinstance(value, str) and value for value in schema["enum"])
    assert set(schema.get("required", ())) <= set(schema.get("properties", ()))
    for inner in schema.get("properties", {}).values():
        assert_openapi(inner)


def assert_json(schema: Any) -> None:
    assert isinstance(schema, dict)
    assert schema.keys() <= JSON
    if "$ref" in schema:
        assert all(name.startswith("$") for name in schema)
    if "enum" in schema:
        assert schema["enum"]
        assert all(
            value != "" and value is not None and not isinstance(value, bool) for value in schema["enum"]
        )
    assert set(schema.get("required", ())) <= set(schema.get("properties", ()))
    for inner in (*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()):
        assert_json(inner)
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("prefixItems", ())):
        assert_json(inner)
    if "items" in schema:
        assert_json(schema["items"])


WORDS = (*OPENAPI, *JSON, "const", "allOf", "not", "patternProperties", "exclusiveMinimum", "uniqueItems", "$schema",
         "definitions", "if", "dependentRequired", "multipleOf")  # fmt: skip
KINDS = st.sampled_from(
    (*TYPES, "OBJECT", "String", "any", ["string", "null"], ["integer", "string"], ["object"], [])
)


def _words(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    named = st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    several = st.lists(inner, max_size=2)
    texts = st.lists(st.sampled_from(("a", "b", "z", "", None, 1, True, 0.5)), max_size=3)
    known = {
        "type": KINDS, "properties": named, "$defs": named, "definitions": named, "items": inner | several,
        "anyOf": several, "oneOf": several, "allOf": several, "prefixItems": several, "required": texts, "enum": texts,
        "const": st.sampled_from(("a", "", 1, None)), "$ref": st.just("#/$defs/a"), "additionalProperties": inner,
        "format": st.sampled_from(("email", "uri", "date-time", "date", "int32")), "description": st.just("d"),
    }  # fmt: skip
    others = {
        name: st.sampled_from((1, None, "x"))
        for name in ("minLength", "minimum", "not", "pattern", "default")
    }
    return st.fixed_dictionaries({}, optional={**known, **others})


wild = st.recursive(st.booleans() | st.just({}) | st.just({"type": "string"}), _words, max_leaves=6)


@given(wild | values | schemas)
def test_any_schema_is_said_in_words_that_the_api_takes(schema: Any) -> None:
    given_schema = schema if isinstance(schema, dict) else {"type": "object", "properties": {"a": schema}}
    (field,) = schema_field("openapi", "json", given_schema).items()
    if field[0] == "openapi":
        assert_openapi(field[1])
        assert narrow(field[1]) == field[1]
    else:
        assert_json(field[1])
        assert cleaned(field[1]) == field[1]


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "string", "properties": {}, "required": []}, {"type": "string"}),
        ({"type": "STRING", "items": {}}, {"type": "string"}),
        ({"type": "boolean", "enum": ["a"], "minLength": 1}, {"type": "boolean"}),
        ({"type": "string", "enum": ["", "a"]}, {"type": "string", "enum": ["a"]}),
        ({"type": "string", "enum": [""]}, {"type": "string"}),
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"type": ["string", "null"], "enum": ["a", None]}, {"type": "string", "nullable": True, "enum": ["a"]}),
        ({"type": ["string"]}, {"type": "string"}),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "b", "a"]},
         {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
         {"type": "object", "properties": {"a": {"type": "string"}}}),
        ({"type": "object", "properties": {"type": {"type": "string"}, "required": {"type": "string"}}},
         {"type": "object", "properties": {"type": {"type": "string"}, "required": {"type": "string"}}}),
        ({"type": "string", "format": "email", "examples": ["a"]}, {"type": "string"}),
        ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
        ({"type": ["null", "integer"]}, {"type": "integer", "nullable": True}),
        ({"anyOf": [{"type": "null"}, {"type": "string"}], "title": "T"},
         {"type": "string", "title": "T", "nullable": True}),
        ({"type": ["integer", "string"]}, None),
        ({"type": "any"}, None),
        ({"type": "null"}, None),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, None),
        ({"type": "integer", "enum": [1, 2]}, None),
        ({"type": "object"}, None),
        ({"type": "array"}, None),
        ({"type": "array", "items": [{"type": "string"}]}, None),
        ({"type": "object", "properties": {"a": {"not": {}}}}, None),
        ({"type": "object", "properties": {"a": True}}, None),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}},
         None),
        ({"type": "array", "items": {"$ref": "#/$defs/a"}}, None),
        (True, None),
    ],
)  # fmt: skip
def test_narrowing(schema: Any, found: Any) -> None:
    assert narrow(schema) == found


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "array"}, {"type": "array"}),
        ({"type": "object"}, {"type": "object"}),
        ({"type": "integer", "enum": [1, 2, None]}, {"type": "integer", "enum": [1, 2]}),
        ({"type": "integer", "const": 3}, {"type": "integer", "enum": [3]}),
        ({"type": "integer", "exclusiveMinimum": 0, "multipleOf": 2}, {"type": "integer"}),
        ({"$ref": "#/$defs/a", "description": "d", "$defs": {"a": {"type": "string", "format": "email"}}},
         {"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}),
        ({"$ref": "#/definitions/a"}, {"$ref": "#/$defs/a"}),
        ({"definitions": {"a": {"type": "string"}}}, {"$defs": {"a": {"type": "string"}}}),
        ({"allOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b", "c"]}]},
         {"properties": {"a": {}, "b": {}}, "required": ["b", "a"]}),
        ({"type": "object", "properties": {"a": True, "b": False}}, {"type": "object", "properties": {"a": {}}}),
        ({"anyOf": [{"type": "STRING"}, {"type": "integer", "properties": {}}]},
         {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"type": ["string", "any"]}, {"type": ["string"]}),
        ({"type": "object", "additionalProperties": {"type": "string", "format": "uri"}},
         {"type": "object", "additionalProperties": {"type": "string"}}),
    ],
)  # fmt: skip
def test_json_schema_is_cleaned(schema: Any, found: Any) -> None:
    assert cleaned(schema) == found


def test_a_schema_without_end_ends() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(200):
        schema = {"type": "array", "items": schema}
    assert narrow(schema) is None
    assert cleaned(schema)["type"] == "array"


BAD = {"type": "object", "properties": {"data": {"type": "string", "properties": {}, "required": []}}}
NARROWED = {"type": "object", "properties": {"data": {"type": "string"}}}


def test_tools_and_answers_alike() -> None:
    asked = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": BAD}}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": BAD}},
    }
    body = DIALECTS["gemini"].write_request(SURFACES["openai_chat"].read_request(asked), "gemini-2.5-flash")
    assert body["tools"][0]["function_declarations"][0]["parameters"] == NARROWED
    assert body["generation_config"]["responseSchema"] == NARROWED


@pytest.mark.parametrize("parameters", [None, {}, {"type": "object"}, {"type": "object", "properties": {}},
                                        {"type": "object", "properties": {}, "required": ["a"]}])  # fmt: skip
def test_a_function_without_parameters_says_nothing_about_them(parameters: Any) -> None:
    asked = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": parameters}}],
    }
    body = DIALECTS["gemini"].write_request(SURFACES["openai_chat"].read_request(asked), "gemini-2.5-flash")
    assert body["tools"][0]["function_declarations"] == [{"name": "f"}]
