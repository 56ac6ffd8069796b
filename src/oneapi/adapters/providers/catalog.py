"""The channel types, as data: one row each.

A type that merely speaks OpenAI's format is nothing but its row; an endpoint without a path is one that it does not
have. The rows of types with formats of their own stand in ``native.py``.
"""

from __future__ import annotations

import hashlib
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.adapters.dialects.gemini.schemas import cleaned
from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.dialects.tool_calls import RULES
from oneapi.adapters.providers import error_codes, words
from oneapi.adapters.providers.auth import api_key, verbatim, x_api_key
from oneapi.adapters.providers.native import NATIVE
from oneapi.adapters.providers.quirks import (
    CallIds,
    Drop,
    ExtraHeaders,
    Fill,
    Rename,
    Schemas,
    StatusInBody,
    UsageOption,
)
from oneapi.adapters.providers.specs import AUDIO_PATHS, EVERY_WORK, ProviderSpec, below
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.channels import Channel


def spec_for(channel: Channel, model: str) -> ProviderSpec:
    """The row that serves ``model`` on a channel."""
    spec = spec_of(channel)
    return spec if spec.by_model is None else spec.by_model(model) or spec


def spec_of(channel: Channel) -> ProviderSpec:
    """The row of a channel's type; a number that nobody knows is a host that speaks OpenAI's format."""
    return SPECS.get(channel.type, UNKNOWN)


UNKNOWN = ProviderSpec(
    number=0,
    id="unknown",
    name="Unknown",
    docs="https://platform.openai.com/docs/api-reference",
)

_ROWS = (
    ProviderSpec(
        number=1,
        id="openai",
        name="OpenAI",
        docs="https://platform.openai.com/docs/api-reference",
        base_url="https://api.openai.com",
        dropped_on_ai_gateway="/v1",
        quirks=(words.NEWER_LIMIT,),
    ),
    ProviderSpec(
        number=2,
        id="api2d",
        name="API2D",
        docs="https://api2d.com/wiki/doc",
        base_url="https://oa.api2d.net",
    ),
    ProviderSpec(
        number=3,
        id="azure",
        name="Azure OpenAI",
        docs="https://learn.microsoft.com/azure/ai-services/openai/reference",
        owner="azure",
        signer=api_key,
        paths={
            work: f"/openai/deployments/{{deployment}}{path}?api-version={{api_version}}"
            for work, path in PATHS.items()
        },
        dropped_on_ai_gateway="/openai/deployments",
        quirks=(
            words.NEWER_LIMIT,
            Fill(
                work=Work.DRAW,
                values={"n": 1, "size": "1024x1024"},
                reason="the original always sends both, and deployments of dall-e-3 were priced by them",
                link="https://learn.microsoft.com/azure/ai-services/openai/reference#image-generation",
            ),
            UsageOption(
                asked=False,
                applies=lambda channel: str(channel.config.get("api_version", "")) < "2024-09",
                reason="versions of the API before 2024-09-01-preview answer 400 to stream_options",
                link="https://github.com/Azure/azure-rest-api-specs/issues/29157",
            ),
        ),
    ),
    ProviderSpec(
        number=4,
        id="closeai",
        name="CloseAI",
        docs="https://doc.closeai-asia.com",
        base_url="https://api.closeai-proxy.xyz",
    ),
    ProviderSpec(
        number=5,
        id="openai_sb",
        name="OpenAI-SB",
        docs="https://www.openai-sb.com",
        base_url="https://api.openai-sb.com",
    ),
    ProviderSpec(
        number=6,
        id="openaimax",
        name="OpenAI Max",
        docs="https://openaimax.com",
        base_url="https://api.openaimax.com",
    ),
    ProviderSpec(
        number=7,
        id="ohmygpt",
        name="OhMyGPT",
        docs="https://docs.ohmygpt.com",
        base_url="https://api.ohmygpt.com",
    ),
    ProviderSpec(
        number=8,
        id="custom",
        name="Custom",
        docs="https://platform.openai.com/docs/api-reference",
    ),
    ProviderSpec(
        number=9,
        id="ails",
        name="AI.LS",
        docs="https://ai.ls",
        base_url="https://api.caipacity.com",
    ),
    ProviderSpec(
        number=10,
        id="aiproxy",
        name="AI Proxy",
        docs="https://docs.aiproxy.io",
        base_url="https://api.aiproxy.io",
    ),
    ProviderSpec(
        number=12,
        id="api2gpt",
        name="API2GPT",
        docs="https://www.api2gpt.com",
        base_url="https://api.api2gpt.com",
    ),
    ProviderSpec(
        number=13,
        id="aigc2d",
        name="AIGC2D",
        docs="https://www.aigc2d.com",
        base_url="https://api.aigc2d.com",
    ),
    ProviderSpec(
        number=14,
        id="anthropic",
        name="Anthropic",
        docs="https://docs.anthropic.com/en/api/messages",
        base_url="https://api.anthropic.com",
        owner="anthropic",
        dialect="anthropic",
        signer=x_api_key,
        paths={Work.CONVERSE: "/v1/messages", Work.COUNT: "/v1/messages/count_tokens"},
    ),
    ProviderSpec(
        number=19,
        id="ai360",
        name="360 Zhinao",
        docs="https://ai.360.com/platform/docs/overview",
        base_url="https://ai.360.cn",
        owner="360",
        quirks=(*words.older_words("https://ai.360.com/platform/docs/overview"),),
    ),
    ProviderSpec(
        number=20,
        id="openrouter",
        name="OpenRouter",
        docs="https://openrouter.ai/docs/api-reference/overview",
        base_url="https://openrouter.ai/api",
        owner="openrouter",
        quirks=(
            ExtraHeaders(
                extra=(("http-referer", "https://github.com/songquanpeng/one-api"), ("x-title", "One API")),
                reason="names the calling application; the ranking and some free tiers read it",
                link="https://openrouter.ai/docs/app-attribution",
            ),
        ),
    ),
    ProviderSpec(
        number=22,
        id="fastgpt",
        name="FastGPT",
        docs="https://doc.fastgpt.io/docs/introduction/development/openapi/chat",
        base_url="https://fastgpt.run/api/openapi",
        key_hint="APIKey-AppId",
        quirks=(words.system_role("https://doc.fastgpt.io/docs/introduction/development/openapi/chat"),),
    ),
    ProviderSpec(
        number=25,
        id="moonshot",
        name="Moonshot AI",
        docs="https://platform.moonshot.cn/docs/api/chat",
        base_url="https://api.moonshot.cn",
        owner="moonshot",
        quirks=(
            words.system_role("https://platform.moonshot.cn/docs/api/chat"),
            words.forced_tool_in_words(
                "https://platform.moonshot.ai/docs/guide/migrating-from-openai-to-kimi"
            ),
            words.no_effort(
                "https://platform.moonshot.ai/docs/guide/use-thinking-models", words.THINKING_TYPE
            ),
        ),
    ),
    ProviderSpec(
        number=26,
        id="baichuan",
        name="Baichuan",
        docs="https://platform.baichuan-ai.com/docs/api",
        base_url="https://api.baichuan-ai.com",
        owner="baichuan",
        quirks=(
            *words.older_words("https://platform.baichuan-ai.com/docs/api"),
            UsageOption(
                asked=True,
                reason="the original asks on every stream of this type, so operators count on exact bills",
                link="https://platform.baichuan-ai.com/docs/api",
            ),
        ),
    ),
    ProviderSpec(
        number=27,
        id="minimax",
        name="MiniMax",
        docs="https://platform.minimaxi.com/document/ChatCompletion%20v2",
        base_url="https://api.minimax.chat",
        owner="minimax",
        paths={Work.CONVERSE: "/v1/text/chatcompletion_v2", **AUDIO_PATHS},
        quirks=(
            words.system_role("https://platform.minimaxi.com/document/ChatCompletion%20v2"),
            StatusInBody(
                key="base_resp",
                statuses={
                    1000: 500,
                    1001: 504,
                    1002: 429,
                    1004: 401,
                    1008: 402,
                    1013: 500,
                    1024: 500,
                    1033: 500,
                    1039: 429,
                    1041: 429,
                    2045: 429,
                    2049: 401,
                    2056: 429,
                },
                mark=b'"base_resp"',
                reason="errors come with HTTP 200",
                link="https://platform.minimax.io/docs/api-reference/errorcode",
            ),
            error_codes.MINIMAX,
        ),
    ),
    ProviderSpec(
        number=28,
        id="mistral",
        name="Mistral AI",
        docs="https://docs.mistral.ai/api",
        base_url="https://api.mistral.ai",
        owner="mistralai",
        quirks=(
            words.system_role("https://docs.mistral.ai/api"),
            UsageOption(
                asked=False,
                reason="answers 422 to stream_options, and reports usage in the last chunk unasked",
                link="https://github.com/openai/openai-agents-python/issues/442",
            ),
            Drop(
                name="stream_options",
                reason="as above; what it asks for comes anyway",
                link="https://github.com/cline/cline/issues/582",
            ),
            CallIds(
                form=re.compile("[a-zA-Z0-9]{9}"),
                made=lambda call_id: hashlib.sha256(call_id.encode(errors="replace")).hexdigest()[:9],
                reason="answers 400 unless an id has nine letters and digits, which those of other providers have not",
                link="https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py",
            ),
            Rename(
                old="max_completion_tokens",
                new="max_tokens",
                reason="answers 422 to OpenAI's newer name",
                link="https://github.com/editor-code-assistant/eca/issues/231",
            ),
            *(
                Drop(
                    name=name,
                    reason="answers 422 to what it does not know, and this changes nothing in an answer",
                    link="https://docs.mistral.ai/api/#tag/chat",
                )
                for name in (
                    "user",
                    "store",
                    "service_tier",
                    "prompt_cache_key",
                    "safety_identifier",
                    "verbosity",
                )
            ),
            Rename(
                old="seed",
                new="random_seed",
                reason="answers 422 to OpenAI's name",
                link="https://docs.mistral.ai/api/#tag/chat",
            ),
        ),
    ),
    ProviderSpec(
        number=29,
        id="groq",
        name="Groq",
        docs="https://console.groq.com/docs/openai",
        base_url="https://api.groq.com/openai",
        owner="groq",
        quirks=(words.system_role("https://console.groq.com/docs/openai"),),
    ),
    ProviderSpec(
        number=31,
        id="lingyiwanwu",
        name="01.AI",
        docs="https://platform.lingyiwanwu.com/docs",
        base_url="https://api.lingyiwanwu.com",
        owner="lingyiwanwu",
        quirks=(*words.older_words("https://platform.lingyiwanwu.com/docs"),),
    ),
    ProviderSpec(
        number=32,
        id="stepfun",
        name="StepFun",
        docs="https://platform.stepfun.com/docs/api-reference/chat/chat-completion-create",
        base_url="https://api.stepfun.com",
        owner="stepfun",
        quirks=(
            *words.older_words("https://platform.stepfun.com/docs/api-reference/chat/chat-completion-create"),
        ),
    ),
    ProviderSpec(
        number=36,
        id="deepseek",
        name="DeepSeek",
        docs="https://api-docs.deepseek.com",
        base_url="https://api.deepseek.com",
        owner="deepseek",
        quirks=(
            *words.older_words("https://api-docs.deepseek.com/api/create-chat-completion"),
            words.schema_in_words("https://api-docs.deepseek.com/guides/json_mode"),
            words.no_effort("https://api-docs.deepseek.com/guides/thinking_mode", words.THINKING_TYPE),
        ),
    ),
    ProviderSpec(
        number=39,
        id="togetherai",
        name="together.ai",
        docs="https://docs.together.ai/docs/openai-api-compatibility",
        base_url="https://api.together.xyz",
        owner="together.ai",
        quirks=(
            *words.older_words("https://docs.together.ai/reference/chat-completions-1"),
            words.no_effort("https://docs.together.ai/docs/reasoning-overview", words.REASONING),
        ),
    ),
    ProviderSpec(
        number=40,
        id="doubao",
        name="Volcengine Ark (Doubao)",
        docs="https://www.volcengine.com/docs/82379/1298454",
        base_url="https://ark.cn-beijing.volces.com",
        owner="doubao",
        paths={
            **below("/api/v3", Work.CONVERSE, Work.EMBED, Work.DRAW),
            **AUDIO_PATHS,
        },
        quirks=(
            words.system_role("https://www.volcengine.com/docs/82379/1298454"),
            words.no_effort("https://www.volcengine.com/docs/82379/1449737", words.THINKING_TYPE),
        ),
    ),
    ProviderSpec(
        number=41,
        id="novita",
        name="Novita",
        docs="https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
        base_url="https://api.novita.ai/v3/openai",
        owner="novita",
        paths={**below("", Work.CONVERSE), **AUDIO_PATHS},
        quirks=(
            *words.older_words("https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion"),
            words.no_effort(
                "https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
                words.ENABLE_THINKING,
            ),
        ),
    ),
    ProviderSpec(
        number=43,
        id="proxy",
        name="Proxy",
        docs="https://github.com/songquanpeng/one-api/pull/1679",
        owner="proxy",
        dialect="",
        signer=verbatim,
        paths={Work.PROXY: ""},
        key_hint="the whole Authorization header, with its scheme",
    ),
    ProviderSpec(
        number=44,
        id="siliconflow",
        name="SiliconFlow",
        docs="https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions",
        base_url="https://api.siliconflow.cn",
        owner="siliconflow",
        quirks=(
            error_codes.SILICONFLOW,
            *words.older_words(
                "https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions"
            ),
            words.no_effort(
                "https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions",
                words.ENABLE_THINKING,
            ),
        ),
    ),
    ProviderSpec(
        number=45,
        id="xai",
        name="xAI",
        docs="https://docs.x.ai/docs/api-reference",
        base_url="https://api.x.ai",
        owner="xai",
    ),
    ProviderSpec(
        number=47,
        id="baiduv2",
        name="Baidu Qianfan v2",
        docs="https://cloud.baidu.com/doc/qianfan-api/s/3m9b5lqft",
        base_url="https://qianfan.baidubce.com",
        owner="baiduv2",
        paths={
            **below("/v2", Work.CONVERSE, Work.EMBED, Work.DRAW),
            **AUDIO_PATHS,
        },
        quirks=(
            words.system_role("https://cloud.baidu.com/doc/qianfan-api/s/3m9b5lqft"),
            words.no_effort("https://cloud.baidu.com/doc/qianfan-api/s/3m9b5lqft", words.ENABLE_THINKING),
        ),
    ),
    ProviderSpec(
        number=48,
        id="xunfeiv2",
        name="iFlytek Spark v2",
        docs="https://www.xfyun.cn/doc/spark/HTTP%E8%B0%83%E7%94%A8%E6%96%87%E6%A1%A3.html",
        base_url="https://spark-api-open.xf-yun.com",
        owner="xunfeiv2",
        key_hint="the password of the HTTP service",
        quirks=(
            error_codes.SPARK,
            *words.older_words(
                "https://www.xfyun.cn/doc/spark/HTTP%E8%B0%83%E7%94%A8%E6%96%87%E6%A1%A3.html"
            ),
            words.no_effort(
                "https://www.xfyun.cn/doc/spark/HTTP%E8%B0%83%E7%94%A8%E6%96%87%E6%A1%A3.html",
                words.THINKING_TYPE,
            ),
        ),
    ),
    ProviderSpec(
        number=49,
        id="alibailian",
        name="Alibaba Cloud Bailian",
        docs="https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope",
        base_url="https://dashscope.aliyuncs.com",
        owner="alibailian",
        paths={**below("/compatible-mode/v1", Work.CONVERSE, Work.EMBED), **AUDIO_PATHS},
        quirks=(
            error_codes.DASHSCOPE,
            *words.older_words(
                "https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope"
            ),
            words.forced_tool_in_words(
                "https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope", named=True
            ),
            words.no_effort(
                "https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope",
                words.ENABLE_THINKING,
            ),
        ),
    ),
    ProviderSpec(
        number=50,
        id="openai_compatible",
        name="OpenAI compatible",
        docs="https://platform.openai.com/docs/api-reference",
        paths=below("", *EVERY_WORK),
    ),
    ProviderSpec(
        number=51,
        id="geminiv2",
        name="Gemini (OpenAI format)",
        docs="https://ai.google.dev/gemini-api/docs/openai",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        owner="geminiv2",
        paths=below("", *EVERY_WORK),
        tool_names=RULES["gemini"],
        quirks=(
            Schemas(
                cleaned=cleaned,
                reason="schemas go on to the API that knows a part of JSON Schema, and refuses the rest",
                link="https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support",
            ),
            words.system_role("https://ai.google.dev/gemini-api/docs/openai"),
        ),
    ),
)

#: By channel type number.
SPECS: Mapping[int, ProviderSpec] = MappingProxyType({spec.number: spec for spec in (*_ROWS, *NATIVE)})
