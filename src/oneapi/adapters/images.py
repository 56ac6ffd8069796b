"""The size of an image from its first bytes, without decoding it."""

from __future__ import annotations

import base64
import binascii
import struct

#: Characters of base64 that contain the size in every format but JPEG.
HEAD = 64
#: Characters of base64 that contain the size of a JPEG, which may come after long metadata.
JPEG_HEAD = 256 * 1024
#: The mark in front of the data, and the most characters before it.
MARK, LONGEST_LABEL = ";base64,", 200
#: The most segments of a JPEG that are read; cameras write about twenty before the size.
MOST_SEGMENTS = 256
JPEG = b"\xff\xd8"
GIF_HEADER, PNG_HEADER, WEBP_HEADER = 10, 24, 30
#: JPEG markers with the size: all "start of frame" markers, without the tables in the same range.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def image_size(url: str) -> tuple[int, int] | None:
    """Width and height in pixels of a ``data:`` image; None for other URLs and for unknown formats."""
    if not url.startswith("data:image/"):
        return None
    at = url.find(MARK, 0, LONGEST_LABEL)
    if at < 0:
        return None
    at += len(MARK)
    try:
        start = base64.b64decode(url[at : at + HEAD])
        return read_size(base64.b64decode(url[at : at + JPEG_HEAD]) if start.startswith(JPEG) else start)
    except (binascii.Error, struct.error, ValueError):
        return None


def read_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from the header of a GIF, PNG, WebP or JPEG; None if it is none of them."""
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= GIF_HEADER:
        return struct.unpack("<HH", data[6:10])
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= PNG_HEADER:
        return struct.unpack(">II", data[16:24])
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= WEBP_HEADER:
        return _webp(data)
    if data.startswith(JPEG):
        return _jpeg(data)
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    position = 2
    for _ in range(MOST_SEGMENTS):
        if position + 9 > len(data) or data[position] != 0xFF:  # noqa: PLR2004  # markers start with 0xFF
            return None
        marker = data[position + 1]
        if marker in FRAMES:
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return width, height
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None
