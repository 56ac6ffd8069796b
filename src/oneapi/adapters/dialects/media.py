"""Media types of clients' attachments, as providers spell them.

OpenAI accepts an image whatever its label says. Claude, Bedrock and Gemini compare the label with a list, and Claude
with the image too: https://platform.claude.com/docs/en/build-with-claude/vision.
"""

from __future__ import annotations

import base64
import binascii
from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.chat import Image

PDF = "application/pdf"
PLAIN = "text/plain"
#: The image types that Claude and Bedrock accept.
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
#: Spellings of browsers and libraries -> the registered name: https://www.iana.org/assignments/media-types.
_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "image/jpg": "image/jpeg",
        "image/pjpeg": "image/jpeg",
        "image/jfif": "image/jpeg",
        "image/x-png": "image/png",
        "image/apng": "image/png",
        "image/x-webp": "image/webp",
        "application/x-pdf": PDF,
    }
)
#: First characters of the base64 of each format.
_BEGINNINGS = (
    ("/9j/", "image/jpeg"),
    ("iVBORw0KGgo", "image/png"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBERi", PDF),
)
_WEBP = b"WEBP"
_LONGEST_BEGINNING = 16
_ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        "pdf": PDF,
        "txt": PLAIN,
        "md": "text/markdown",
        "csv": "text/csv",
        "html": "text/html",
        "htm": "text/html",
        "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)
#: Types under ``application`` whose content is text.
_TEXTUAL = (
    "application/json",
    "application/xml",
    "application/yaml",
    "application/x-yaml",
    "application/javascript",
)


def media_type(declared: str, data: str = "", filename: str = "") -> str:
    """The type of base64 ``data``: as ``declared``, else by its first bytes, else by ``filename``.

    For images the first bytes decide the format, whatever was declared.
    """
    named = declared.partition(";")[0].strip().lower()
    shown = _shown(data)
    if named in ("", "application/octet-stream", "binary/octet-stream"):
        return shown or _ENDINGS.get(filename.rpartition(".")[2].lower(), named)
    if named.startswith("image/") and shown.startswith("image/"):
        return shown
    return _SPELLINGS.get(named, named)


def text_in(kind: str, data: str) -> str | None:
    """The text of base64 ``data`` of a textual type; None for other types, and for data that is not UTF-8."""
    if not kind.startswith("text/") and kind not in _TEXTUAL:
        return None
    try:
        return base64.b64decode(data, validate=False).decode()
    except (binascii.Error, ValueError):
        return None


def joined_base64(one: str, other: str) -> str:
    """Two separately encoded base64 strings as one. Raises UpstreamGarbage for invalid base64."""
    if not other or not one.endswith("="):  # without padding, concatenation is enough
        return one + other
    try:
        return base64.b64encode(base64.b64decode(one) + base64.b64decode(other)).decode()
    except (binascii.Error, ValueError):
        raise UpstreamGarbage("the sound is not in base64") from None


def in_markdown(image: Image) -> str:
    """An image as Markdown text, which clients display: for formats whose answers cannot hold images."""
    return f"![image]({image.url or f'data:{image.media_type};base64,{image.data}'})"


def _shown(data: str) -> str:
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            if kind == "image/webp":  # other formats share its container
                head = data[:_LONGEST_BEGINNING]
                return kind if len(head) == _LONGEST_BEGINNING and _WEBP in _decoded(head) else ""
            return kind
    return ""


def _decoded(head: str) -> bytes:
    try:
        return base64.b64decode(head)
    except (binascii.Error, ValueError):
        return b""
