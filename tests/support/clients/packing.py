"""Compresses request bodies as clients do."""

from __future__ import annotations

import functools
import gzip
import sys
import zlib
from types import MappingProxyType
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Content encoding -> function that compresses.
PACK: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": functools.partial(brotli.compress, quality=5),
        "zstd": zstd.compress,
    }
)


def raw_deflate(body: bytes) -> bytes:
    """Deflate without the header of zlib, as some clients send it."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(body) + deflater.flush()


def zstd_of_large_window(body: bytes) -> bytes:
    """Zstd that takes 128 MB to decompress, whatever ``body`` is."""
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    return packer.compress(body) + packer.flush()
