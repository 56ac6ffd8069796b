"""The wire formats of conversations, by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.adapters.dialects.anthropic import Anthropic
from oneapi.adapters.dialects.openai_chat import OpenAIChat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import Dialect, UpstreamDialect

#: Those that clients speak.
SURFACES: Mapping[str, Dialect] = MappingProxyType(
    {dialect.name: dialect for dialect in (OpenAIChat(), Anthropic())}
)
#: Those that providers speak.
DIALECTS: Mapping[str, UpstreamDialect] = MappingProxyType({**SURFACES})
