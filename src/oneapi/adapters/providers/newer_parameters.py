"""Quirks for upstreams that know OpenAI's format but not its newer parameters; several rows share them.

Each takes the URL of the row's own documentation, which lacks the newer parameter.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.providers.quirks import (
    ForcedToolInWords,
    Instead,
    Rename,
    RenameRefused,
    SchemaInWords,
    SystemRole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.providers.quirks import Quirk

#: The parameters that switch thinking off, as providers name them.
THINKING_TYPE: Mapping[str, Any] = MappingProxyType({"thinking": {"type": "disabled"}})
ENABLE_THINKING: Mapping[str, Any] = MappingProxyType({"enable_thinking": False})
REASONING: Mapping[str, Any] = MappingProxyType({"reasoning": {"enabled": False}})


def system_role(docs: str) -> Quirk:
    return SystemRole(reason="the role developer is not supported; it means the same as system", link=docs)


def max_tokens(docs: str) -> Quirk:
    return Rename(
        old="max_completion_tokens",
        new="max_tokens",
        reason="the newer name is refused, or ignored, which would lose the client's limit",
        link=docs,
    )


def older_words(docs: str) -> tuple[Quirk, ...]:
    return (system_role(docs), max_tokens(docs))


def no_effort(docs: str, said: Mapping[str, Any]) -> Quirk:
    return Instead(
        name="reasoning_effort",
        value="none",
        said=said,
        reason="another parameter switches thinking off",
        link=docs,
    )


def schema_in_words(docs: str) -> Quirk:
    return SchemaInWords(reason="response_format supports only text and json_object", link=docs)


def forced_tool_in_words(docs: str, *, named: bool = False) -> Quirk:
    return ForcedToolInWords(named=named, reason="tool_choice: required is refused or ignored", link=docs)


#: For OpenAI's models themselves, whose newer ones refuse the older name.
NEWER_LIMIT = RenameRefused(
    old="max_tokens",
    new="max_completion_tokens",
    reason="reasoning models answer 400 to max_tokens, which most clients still send",
    link="https://platform.openai.com/docs/api-reference/chat/create#chat_create-max_tokens",
)
