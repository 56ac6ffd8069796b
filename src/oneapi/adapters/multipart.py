"""Forms: multipart/form-data, read in one pass, within bounds, and only if all parsers agree on the content.

A form is refused if the upstream's parser might find other fields than ours: repeated names or names that differ only
in case, escapes in a name, names in extended notation, folded headers, encoded content.
https://www.rfc-editor.org/rfc/rfc7578, https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import field, frozen

from oneapi.domain.errors import MalformedRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The most parts of a form; transcriptions and edits of images have about ten.
MOST_PARTS = 100
LONGEST_HEAD = 8 * 1024
LONGEST_NAME = 100
#: The most bytes of all fields that are not files.
MOST_TEXT = 1024 * 1024
#: https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*({_WORD})=(?:"((?:[^"\\]|\\.)*)"|({_WORD}))[ \t]*')
_KIND = re.compile(rf"[ \t]*({_WORD}(?:/{_WORD})?)[ \t]*")
_FIELD_NAME = re.compile(r"[^\x00-\x1f\x7f\"\\]+")
_FORM = "multipart/form-data"
_LINE_END = b"\r\n"
_HEAD_END = b"\r\n\r\n"
_PLAIN = ("7bit", "8bit", "binary")
#: Field names with this suffix may occur more than once.
LIST = "[]"


@frozen
class Part:
    """A field or a file; its content is ``body[start:end]``."""

    name: str
    is_file: bool
    start: int
    end: int


@frozen
class Form:
    """The parts of a body, in order."""

    body: bytes = field(repr=False)
    boundary: str
    parts: tuple[Part, ...]

    def texts(self) -> dict[str, str]:
        """The values by name of the fields that are not files. Raises MalformedRequest."""
        texts = [part for part in self.parts if not part.is_file]
        if sum(part.end - part.start for part in texts) > MOST_TEXT:
            raise _malformed(f"the form's fields have more than {MOST_TEXT} bytes")
        try:
            return {part.name: self.body[part.start : part.end].decode() for part in texts}
        except UnicodeDecodeError:
            raise _malformed("a field of the form is not valid UTF-8") from None

    def with_text(self, name: str, value: str) -> bytes:
        """The body with ``value`` in the field ``name``, which is added as the first if it is missing."""
        for part in self.parts:
            if part.name == name:
                return b"".join((self.body[: part.start], value.encode(), self.body[part.end :]))
        added = f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        return added.encode() + self.body


def is_form(content_type: str) -> bool:
    """Whether ``content_type`` declares a form."""
    return content_type.lower().startswith(_FORM)


def read_form(body: bytes, content_type: str) -> Form:
    """Read a form. Raises MalformedRequest if ``body`` is not one complete, unambiguous form."""
    boundary = _boundary(content_type)
    parts: list[Part] = []
    seen: set[str] = set()
    for head, start, end in _split(body, f"--{boundary}".encode()):
        name, is_file = _described(head)
        if name.casefold() in seen and not name.endswith(LIST):
            raise _malformed(
                f"the form has more than one field {name!r}; lists are fields named {name + LIST!r}"
            )
        seen.add(name.casefold())
        parts.append(Part(name, is_file, start, end))
    return Form(body, boundary, tuple(parts))


def _split(body: bytes, delimiter: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The head of each part, and where its content starts and ends in ``body``."""
    at = len(delimiter)
    if not body.startswith(delimiter):
        raise _malformed("the form does not begin with its boundary")
    inner = _LINE_END + delimiter
    for _ in range(MOST_PARTS + 1):
        if body[at : at + 2] == b"--":
            if body[at + 2 : at + 6].strip() or len(body) > at + 6:
                raise _malformed("the end of the form is followed by other data")
            return
        if body[at : at + 2] != _LINE_END:
            raise _malformed("the form's boundary is in the middle of a line")
        head_end = body.find(_HEAD_END, at, at + LONGEST_HEAD)
        start = head_end + len(_HEAD_END)
        end = body.find(inner, start)
        if head_end < 0 or end < 0:
            raise _malformed("a part of the form has no end, or too long a head")
        yield body[at + 2 : head_end], start, end
        at = end + len(inner)
    raise _malformed(f"the form has more than {MOST_PARTS} parts")


def _described(head: bytes) -> tuple[str, bool]:
    """The name of the part with this head, and whether it is a file."""
    try:
        lines = head.decode().split("\r\n")
    except UnicodeDecodeError:
        raise _malformed("the head of a part is not valid UTF-8") from None
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if (
            not colon
            or not re.fullmatch(_WORD, name)
            or name.lower() in headers
            or re.search(r"[\r\n\0]", value)
        ):
            raise _malformed("the head of a part is malformed")
        headers[name.lower()] = value.strip(" \t")
    if headers.get("content-transfer-encoding", "binary").lower() not in _PLAIN:
        raise _malformed("a part of the form is encoded; send it unencoded")
    kind, parameters = _parameters(headers.get("content-disposition", ""))
    name = parameters.get("name", "")
    if kind != "form-data" or len(name) > LONGEST_NAME or not _FIELD_NAME.fullmatch(name):
        raise _malformed("a part of the form has no name, or one that parsers read differently")
    return name, "filename" in parameters or "filename*" in parameters


def _parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """The first word and the parameters of a header. Raises MalformedRequest for repeated or malformed parameters."""
    kind = _KIND.match(value)
    at = kind.end() if kind else 0
    parameters: dict[str, str] = {}
    while kind and at < len(value):
        found = _PARAMETER.match(value, at)
        name = found[1].lower() if found else ""
        if found is None or name in parameters or ("*" in name and name != "filename*"):
            raise _malformed("a header of the form is malformed")
        parameters[name] = found[3] if found[2] is None else found[2]
        at = found.end()
    return kind[1].lower() if kind else "", parameters


def _boundary(content_type: str) -> str:
    kind, parameters = _parameters(content_type)
    boundary = parameters.get("boundary", "")
    if kind != _FORM or not _BOUNDARY.fullmatch(boundary):
        raise _malformed("the request body must be multipart/form-data")
    return boundary


def _malformed(detail: str) -> MalformedRequest:
    return MalformedRequest(detail=detail)
