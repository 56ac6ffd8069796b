"""Formats of reranking requests."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.adapters.dialects.reranking.clients import FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.reranking.clients import ClientFormat

#: The formats that clients speak, by name.
RERANKINGS: Mapping[str, ClientFormat] = MappingProxyType({each.name: each for each in FORMATS})
