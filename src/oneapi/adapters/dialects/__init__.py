"""The wire formats of conversations, by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.adapters.dialects.anthropic import Anthropic
from oneapi.adapters.dialects.anthropic.hosted import HostedAnthropic
from oneapi.adapters.dialects.converse import Converse
from oneapi.adapters.dialects.gemini import Gemini
from oneapi.adapters.dialects.ollama import Ollama
from oneapi.adapters.dialects.openai_chat import OpenAIChat
from oneapi.adapters.dialects.proprietary.ali import Ali
from oneapi.adapters.dialects.proprietary.baidu import Baidu
from oneapi.adapters.dialects.proprietary.cohere import Cohere
from oneapi.adapters.dialects.proprietary.coze import Coze
from oneapi.adapters.dialects.proprietary.library import Library
from oneapi.adapters.dialects.proprietary.llama import Llama
from oneapi.adapters.dialects.proprietary.palm import Palm
from oneapi.adapters.dialects.proprietary.replicate import Replicate
from oneapi.adapters.dialects.proprietary.tencent import Tencent
from oneapi.adapters.dialects.proprietary.xunfei import Xunfei
from oneapi.adapters.dialects.proprietary.zhipu_v3 import ZhipuV3
from oneapi.adapters.dialects.reranking import RERANKINGS
from oneapi.adapters.dialects.responses import Responses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import Dialect, UpstreamDialect
    from oneapi.domain.counting import RequestFormat

BOTH_SIDES: tuple[Dialect, ...] = (OpenAIChat(), Anthropic(), Responses(), Gemini())
HOSTED_DIALECTS = (
    # https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
    HostedAnthropic("bedrock_claude", "bedrock-2023-05-31", tells_stream=False),
    # https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude
    HostedAnthropic("vertex_claude", "vertex-2023-10-16", tells_stream=True),
)
UPSTREAM_DIALECTS: tuple[UpstreamDialect, ...] = (
    Ali(),
    Baidu(),
    Cohere(),
    Converse(),
    Coze(),
    Library(),
    Llama(),
    Ollama(),
    Palm(),
    Replicate(),
    Tencent(),
    Xunfei(),
    ZhipuV3(),
    *HOSTED_DIALECTS,
)
#: Formats that clients speak.
SURFACES: Mapping[str, Dialect] = MappingProxyType({dialect.name: dialect for dialect in BOTH_SIDES})
#: Formats of requests whose cost must be estimated in advance.
REQUEST_FORMATS: Mapping[str, RequestFormat] = MappingProxyType({**SURFACES, **RERANKINGS})
#: Formats that providers speak.
DIALECTS: Mapping[str, UpstreamDialect] = MappingProxyType(
    {dialect.name: dialect for dialect in (*BOTH_SIDES, *UPSTREAM_DIALECTS)}
)
#: Clouds that serve another provider's format, by the name of their dialect.
HOSTS: Mapping[str, HostedAnthropic] = MappingProxyType(
    {dialect.name: dialect for dialect in HOSTED_DIALECTS}
)
