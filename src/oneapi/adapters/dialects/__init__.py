"""The wire formats of conversations, by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.adapters.dialects.ali import Ali
from oneapi.adapters.dialects.anthropic import Anthropic
from oneapi.adapters.dialects.baidu import Baidu
from oneapi.adapters.dialects.cohere import Cohere
from oneapi.adapters.dialects.coze import Coze
from oneapi.adapters.dialects.library import Library
from oneapi.adapters.dialects.ollama import Ollama
from oneapi.adapters.dialects.openai_chat import OpenAIChat
from oneapi.adapters.dialects.replicate import Replicate
from oneapi.adapters.dialects.tencent import Tencent
from oneapi.adapters.dialects.xunfei import Xunfei
from oneapi.adapters.dialects.zhipu_v3 import ZhipuV3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import Dialect, UpstreamDialect

#: Those that clients speak.
SURFACES: Mapping[str, Dialect] = MappingProxyType(
    {dialect.name: dialect for dialect in (OpenAIChat(), Anthropic())}
)
#: Those that providers speak.
DIALECTS: Mapping[str, UpstreamDialect] = MappingProxyType(
    {
        **SURFACES,
        **{
            dialect.name: dialect
            for dialect in (
                Ali(),
                Baidu(),
                Cohere(),
                Coze(),
                Library(),
                Ollama(),
                Replicate(),
                Tencent(),
                Xunfei(),
                ZhipuV3(),
            )
        },
    }
)
