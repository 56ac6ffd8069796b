"""All parsers, ours and others, read the top level of a sent request in the same way."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oneapi
from oneapi.domain.errors import MalformedRequest
from oneapi.entrypoints.http.relay.bodies import TextFields
from oneapi.entrypoints.http.relay.members import FIELDS, scan
from oneapi.entrypoints.http.surfaces import anthropic

SOURCE = Path(oneapi.__file__).parent
INNER = ("metering.py", "counting.py", "media.py", "serving.py", "requests.py")

PLAIN = [
    b"{}",
    b"{ }",
    b'{"model":"m"}',
    b' {"model" : "m" , "n":1}\r\n',
    b'{"model": "m", "messages": [{"role": "user", "content": "\\"n\\":1"}], "n": 1}',
    b'{\n  "model": "m",\n  "seed": 12345678901234567890,\n  "t": 1.10\n}',
    '{"model":"m","\N{SNOWMAN}":1,"safetySettings":[{"a":1,"a":2}],"Foo":1,"foo":2}'.encode(),
    b'{"model":"m","stream":true,"stream_options":{ "include_usage" : true }}',
]


@pytest.mark.parametrize("body", PLAIN)
def test_a_plain_body_keeps_its_bytes(body: bytes) -> None:
    assert scan(body).body is body


AMBIGUOUS = [
    (b'{"n":10,"n":1}', {"n": 1}),
    (b'{"n":1,"n":1}', {"n": 1}),
    (b'{"n":1,"N":10,"quality":"standard","Quality":"hd","size":"a","SIZE":"b"}',
     {"n": 1, "quality": "standard", "size": "a"}),
    (b'{"input":"x","Input":"yyyy"}', {"input": "x"}),
    (b'{"Input":"yyyy"}', {}),
    (b'{"\\u006e":10,"n":1}', {"n": 1}),
    (b'{"n":1,"\\u006e":10}', {"n": 10}),
    (b'{"\\u004e":10}', {}),
    (b'{"n":10 , "n" : 1 }', {"n": 1}),
    (b'{"model":"a","model":"b","n":2}', {"model": "b", "n": 2}),
    (b'{"stream":false,"Stream":true}', {"stream": False}),
    ('{"stream":false,"\u017ftream":true,"max_to\u212aens":9}'.encode(), {"stream": False}),
    (b'{"stream_options":{"include_usage":false,"include_usage":true}}',
     {"stream_options": {"include_usage": True}}),
    (b'{"stream_options":{"include_usage":true,"Include_Usage":false}}',
     {"stream_options": {"include_usage": True}}),
    (b'{"x":1,"x":2,"n":1}', {"x": 2, "n": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "read"), AMBIGUOUS)
def test_duplicate_and_recased_keys_are_not_sent(body: bytes, read: dict[str, Any]) -> None:
    scanned = scan(body)
    pairs = json.loads(scanned.body, object_pairs_hook=list)
    assert json.loads(scanned.body) == read
    assert len(pairs) == len(dict(pairs))
    assert set(scanned.members) == set(read)
    assert scan(scanned.body).body == scanned.body


names = st.sampled_from(
    ["n", "N", "\\u006e", "model", "Model", "MODEL", "size", "x", "X", "stream", "\u017ftream"]
)
blanks = st.sampled_from(["", " ", "\n\t"])
values = st.sampled_from(["1", "10", '"a"', "[1, 2]", '{"n":1,"n":2}', "null", '"\\"}"'])


@given(st.lists(st.tuples(names, values, blanks)), blanks)
def test_a_sent_body_is_read_in_one_way_by_all_parsers(
    members: list[tuple[str, str, str]], around: str
) -> None:
    body = around + "{" + ",".join(f'{b}"{n}"{b}:{b}{v}{b}' for n, v, b in members) + "}" + around
    scanned = scan(body.encode())
    pairs = json.loads(scanned.body, object_pairs_hook=list)
    assert len({name.casefold() for name, _ in pairs if name.casefold() in FIELDS}) == len(
        [name for name, _ in pairs if name.casefold() in FIELDS]
    )
    first_wins: dict[str, Any] = {}
    for name, value in pairs:
        first_wins.setdefault(name, value)
    assert first_wins == dict(pairs)
    wanted = {name: value for name, value in json.loads(body).items() if name in FIELDS}
    assert {name: value for name, value in json.loads(scanned.body).items() if name in FIELDS} == wanted


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"a"', b"7", b'{"a":1}x', b'{"a":1,}', b'{"\xff":1}', b'{"a":' + b"[" * 100_000 + b"}"],
)
def test_bodies_that_are_not_objects_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        scan(body)


#: How the domain and the application read a field of a request.
READ = re.compile(r'fields(?:\.get\(|\[|, )"(\w+)"')


def read_fields(dialect: str) -> set[str]:
    """All fields of a request that pricing and routing read."""
    inner = [path for layer in ("application", "domain") for path in (SOURCE / layer).rglob("*.py")]
    texts = [path.read_text("utf-8") for path in inner if path.name in INNER]
    assert len(texts) == len(INNER)
    texts.append((SOURCE / "adapters" / "dialects" / dialect / "prompt.py").read_text("utf-8"))
    return {field for text in texts for field in READ.findall(text)}


def test_every_field_that_is_priced_is_known() -> None:
    read = read_fields("openai_chat")
    assert {"n", "best_of", "max_tokens", "messages", "size", "quality", "prompt", "input"} <= read
    assert read <= FIELDS
    assert set(TextFields.__struct_fields__) <= FIELDS
    assert {"max_tokens", "messages", "system", "tools"} <= read_fields("anthropic") & anthropic.FIELDS
    assert set(anthropic.MessagesFields.__struct_fields__) <= anthropic.FIELDS
