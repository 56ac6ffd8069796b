"""Forms are read as every strict parser reads them, within bounds, or refused."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.multipart import LONGEST_HEAD, MOST_PARTS, MOST_TEXT, read_form
from oneapi.domain.errors import MalformedRequest

TYPE = 'multipart/form-data; boundary="B0undary"'
END = b"--B0undary--\r\n"


def part(disposition: str, content: bytes, *more: str) -> bytes:
    lines = [f"Content-Disposition: {disposition}", *more]
    return b"--B0undary\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + content + b"\r\n"


def field(name: str, content: bytes = b"x") -> bytes:
    return part(f'form-data; name="{name}"', content)


FILE = part(
    'form-data; name="file"; filename="a.mp3"', b"\r\n--B0und\r\n\r\n\x00", "Content-Type: audio/mpeg"
)


def test_a_form_is_read_without_copies() -> None:
    body = field("model", b"whisper-1") + FILE + field("timestamp_granularities[]", b"word") + END
    form = read_form(body, TYPE)
    assert form.texts() == {"model": "whisper-1", "timestamp_granularities[]": "word"}
    [file] = [each for each in form.parts if each.is_file]
    assert body[file.start : file.end] == b"\r\n--B0und\r\n\r\n\x00"


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data; boundary=B0undary", 'Multipart/Form-Data; charset=x; Boundary="B0undary"'],
)
@pytest.mark.parametrize("file", ["a.mp3", "a;b.mp3", 'a\\"b.mp3', "\u8bed\u97f3.mp3", ""])
def test_usual_forms_of_clients(content_type: str, file: str) -> None:
    body = part(f'form-data; name="file"; filename="{file}"', b"") + field("model", b"") + END.rstrip()
    assert [(each.name, each.is_file) for each in read_form(body, content_type).parts] == [
        ("file", True),
        ("model", False),
    ]


def test_an_extended_file_name_is_a_file() -> None:
    body = part("form-data; name=file; filename*=utf-8''%e8%af%ad.mp3", b"x") + END
    assert read_form(body, TYPE).parts[0].is_file


AMBIGUOUS = {
    "doubled": field("response_format", b"srt") + field("response_format", b"json"),
    "doubled in another case": field("model") + field("Model"),
    "extended name": part("form-data; name*=utf-8''model", b"dear") + field("model"),
    "extended name beside": part("form-data; name=\"x\"; name*=utf-8''model", b"dear"),
    "escaped name": part('form-data; name="mo\\del"', b"dear"),
    "quote in the name": part('form-data; name="model\\""', b"dear"),
    "two names": part('form-data; name="x"; name="model"', b"dear"),
    "two dispositions": part('form-data; name="x"', b"dear", 'Content-Disposition: form-data; name="model"'),
    "folded": part('form-data;\r\n name="model"', b"dear"),
    "bare line feed": part('form-data; name="x"\nX: y', b"dear"),
    "quoted-printable": part(
        'form-data; name="model"', b"d=65ar", "Content-Transfer-Encoding: quoted-printable"
    ),
    "base64": part('form-data; name="model"', b"ZGVhcg==", "content-transfer-encoding: BASE64"),
    "no name": part("form-data", b"x"),
    "empty name": part('form-data; name=""', b"x"),
    "control character": part('form-data; name="mod\tel"', b"x"),
    "another kind": part('attachment; name="model"', b"x"),
    "junk behind": part('form-data; name="x" model', b"x"),
    "boundary within a line": field("x", b"\r\n--B0undaryX\r\n\r\n"),
    "blanks behind the boundary": field("x", b"\r\n--B0undary  \r\n\r\n"),
}


@pytest.mark.parametrize("body", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_parsers_read_differently_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read_form(FILE + body + END, TYPE)


BROKEN = {
    "empty": b"",
    "garbage": b"\xff\x00garbage",
    "no end": FILE,
    "no head": b"--B0undary\r\nx\r\n--B0undary--",
    "something before": b"x\r\n" + FILE + END,
    "something behind": FILE + END + field("model") + END,
    "long head": part('form-data; name="a"', b"x", "X: " + "y" * LONGEST_HEAD) + END,
    "long name": field("n" * 1000) + END,
    "many parts": b"".join(field(f"f{number}") for number in range(MOST_PARTS + 1)) + END,
    "a name in latin-1": b'--B0undary\r\nContent-Disposition: form-data; name="\xe9"\r\n\r\nx\r\n' + END,
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_broken_forms_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read_form(body, TYPE)


@pytest.mark.parametrize("content", [b"\xff", b"x" * (MOST_TEXT + 1)])
def test_texts_are_bounded_and_in_utf_8(content: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read_form(field("prompt", content) + END, TYPE).texts()


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=a; boundary=B0undary",
        "multipart/form-data; boundary*=utf-8''B0undary",
        "multipart/form-data; boundary=" + "a" * 71,
        'multipart/form-data; boundary="B0und\\ary"',
    ],
)
def test_other_types_and_boundaries_are_refused(content_type: str) -> None:
    with pytest.raises(MalformedRequest):
        read_form(FILE + END, content_type)


def test_a_million_parts_are_refused_at_once() -> None:
    body = b"".join(
        b'--B0undary\r\nContent-Disposition: form-data; name="%d"\r\n\r\n\r\n' % n for n in range(10**5)
    )
    started = time.process_time()
    with pytest.raises(MalformedRequest):
        read_form(body + END, TYPE)
    assert time.process_time() - started < 0.1


def test_a_text_is_set_in_place_or_added() -> None:
    body = field("a", b"1") + field("model", b"whisper-1") + FILE + END
    assert read_form(body, TYPE).with_text("model", "\u6a21") == (
        field("a", b"1") + field("model", "\u6a21".encode()) + FILE + END
    )
    assert read_form(FILE + END, TYPE).with_text("model", "m") == field("model", b"m") + FILE + END


contents = st.binary(max_size=40).filter(lambda content: b"--B0undary" not in content)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,20}", fullmatch=True), contents, min_size=1, max_size=8))
def test_contents_come_back_as_they_were(given_fields: dict[str, Any]) -> None:
    body = b"".join(field(name, content) for name, content in given_fields.items()) + END
    found = {each.name: body[each.start : each.end] for each in read_form(body, TYPE).parts}
    assert found == given_fields


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    for body in (noise, b"--B0undary" + noise, b"--B0undary\r\n" + noise + END, FILE + noise + END):
        try:
            read_form(body, TYPE).texts()
        except MalformedRequest:
            continue
