"""Bodies are limited in bytes and in values before objects are built from them."""

from __future__ import annotations

import json

import pytest

from oneapi.domain.errors import TooManyEscapes, TooManyValues
from oneapi.entrypoints.http.bodies import (
    MEGABYTE,
    MOST_ESCAPES,
    MOST_VALUES,
    check_values,
    parse_object,
    size_text,
)

TOO_MANY = [b"{}", b"[]", b"[[]]", b"1", b'""', b'{"a":1}', b"[1,[2]]"]


@pytest.mark.parametrize("unit", TOO_MANY)
def test_too_many_values_are_refused_unbuilt(unit: bytes) -> None:
    body = b'{"x":[' + b",".join([unit] * (MOST_VALUES + 1)) + b"]}"
    with pytest.raises(TooManyValues):
        parse_object(body)


def test_too_many_keys_are_refused_unbuilt() -> None:
    body = b"{" + b",".join(b'"key%07d":1' % number for number in range(MOST_VALUES + 1)) + b"}"
    with pytest.raises(TooManyValues):
        parse_object(body)


@pytest.mark.parametrize(
    "text",
    ["{[,", '\\"{{{', "\\\\", '\\\\\\"[[[', "def f(a, b): return {a: [b, 1]}\n", '{"a": [1, 2]}'],
)
def test_texts_may_hold_any_number_of_brackets_and_commas(text: str) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": text * (MOST_VALUES // 2)}]}).encode()
    check_values(body)


def test_large_requests_of_agents_and_inputs_pass() -> None:
    tool = {
        "type": "function",
        "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {}}}},
    }
    agent = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "word, " * 30}]}] * 10_000,
        "tools": [tool] * 2_000,
    }
    check_values(json.dumps(agent).encode())
    check_values(json.dumps({"input": [["word"] * 8] * 2_048}).encode())
    check_values(json.dumps({"input": list(range(300_000))}).encode())
    check_values(b'{"image":"' + b"iVBORw0K" * 4 * MEGABYTE + b'"}')


def test_escapes_are_counted_before_they_are_read() -> None:
    check_values(b'{"a":"' + rb"\n" * MOST_ESCAPES + b'"}')
    with pytest.raises(TooManyEscapes):
        check_values(b'{"a":"' + rb"\n" * (MOST_ESCAPES + 1) + b'"}')


@pytest.mark.parametrize("shift", range(4))
def test_strings_are_found_across_slices(shift: int) -> None:
    quote = '"' + "x" * shift + '\\"{[,\\\\' * (MEGABYTE // 2) + '"'
    check_values(b'{"a":' + quote.encode() + b"}")
    with pytest.raises(TooManyValues):
        check_values(b'{"a":' + quote.encode() + b',"b":[' + b"1," * MOST_VALUES + b"1]}")


def test_sizes_are_shown_in_usual_units() -> None:
    assert [size_text(size) for size in (16 * 1024, 256 * 1024, 64 * MEGABYTE)] == [
        "16 kB",
        "256 kB",
        "64 MB",
    ]
