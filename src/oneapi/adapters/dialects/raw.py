"""The models named by a request of unknown format, wherever providers look for one: body, path, query.

Bodies are not parsed into objects, because they may be large and in any format.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneapi.domain.requests import RelayRequest

#: Some JSON parsers match keys case-insensitively, and JSON can escape any letter.
_LETTERS = {
    letter: rf"(?:{letter}|\\u00{ord(letter):x}|\\u00{ord(letter.upper()):x})" for letter in "modelsina"
}
_WORD = "".join(_LETTERS[letter] for letter in "model")
_ENDING = "|".join("".join(_LETTERS[letter] for letter in ending) for ending in ("id", "name", "s"))
_KEY = re.compile(rf'"{_WORD}(?:_?(?:{_ENDING}))?"\s*:\s*'.encode(), re.IGNORECASE)
_TEXT = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_VALUE = re.compile(_TEXT, re.DOTALL)
_ITEM = re.compile(rb"\s*[\[,]\s*" + _TEXT, re.DOTALL)
_FIELD = re.compile(rb"\bname\*?=[^\r\n;]{0,40}?\bmodel\b", re.IGNORECASE)
#: The bytes from the name of a form field to its value: the rest of the part's headers, and a value of one line.
_FIELD_VALUE = re.compile(rb"[^\r\n]{0,256}(?:\r?\n[^\r\n]{1,256}){0,8}\r?\n\r?\n([^\r\n]{0,1024})")
_PAIR = re.compile(rb"(?:^|[&;])([^=&;\s]{1,64})=([^&;\r\n]*)")
_NAMES = frozenset({"model", "models", "modelid", "modelname"})
#: Path segments that precede a model's name, and the most segments of a name.
_PLACES = frozenset({"model", "models", "deployments", "engines", "endpoints"})
_LONGEST_NAME = 4


def named_models(request: RelayRequest) -> Iterator[Sequence[str]]:
    """Each model that ``request`` names, in every spelling in which the upstream may read it."""
    for name in _of_body(request.body):
        yield (name,)
    for key, value in parse_qsl(request.query.replace(";", "&"), keep_blank_values=True):
        if _is_name(key):
            yield (value,)
    yield from _of_path(request.path)


def _of_body(body: bytes) -> Iterator[str]:
    encoding = json.detect_encoding(body)
    if encoding not in ("utf-8", "utf-8-sig"):
        body = body.decode(encoding, "replace").encode()
    yield from _of_json(body)
    start = body[:64].lstrip(b" \t\r\n\xef\xbb\xbf")
    if start.startswith(b"--"):
        for field in _FIELD.finditer(body):
            if value := _FIELD_VALUE.match(body, field.end()):
                yield value[1].decode("utf-8", "replace").strip()
    elif not start.startswith((b"{", b"[", b"<")):
        for key, text in _PAIR.findall(body):
            if _is_name(unquote_to_bytes(key).decode("utf-8", "replace")):
                yield unquote(text.replace(b"+", b" ").decode("utf-8", "replace"))


def _of_json(body: bytes) -> Iterator[str]:
    """The strings under every key that can name a model, at any depth; each byte is read once."""
    place = 0
    while key := _KEY.search(body, place):
        place = key.end()
        pattern = _ITEM if body[place : place + 1] == b"[" else _VALUE
        while found := pattern.match(body, place):
            yield _plain(found[1])
            place = found.end()
            if pattern is _VALUE:
                break


def _plain(text: bytes) -> str:
    """The value of a JSON string, passed without its quotes."""
    try:
        return str(json.loads(b'"%b"' % text, strict=False))
    except ValueError:
        return text.decode("utf-8", "replace")


def _is_name(key: str) -> bool:
    return re.sub(r"\[.*|[^a-z]", "", key.lower()) in _NAMES


def _of_path(path: str) -> Iterator[Sequence[str]]:
    segments = [unquote(segment) for segment in path.split("/")]
    for number, segment in enumerate(segments, 1):
        rest = [part for part in segments[number : number + _LONGEST_NAME] if part]
        if segment.lower() not in _PLACES or not rest:
            continue
        spellings = []
        for end in range(len(rest), 0, -1):
            name = "/".join(rest[:end])
            # Google's names are followed by an action; Amazon's may themselves contain a colon.
            spellings += [name, name.rpartition(":")[0]] if ":" in name else [name]
        yield tuple(reversed(spellings))
