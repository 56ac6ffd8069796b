"""The channel types, as data: one row each.

A type that merely speaks OpenAI's format is nothing but its row; an endpoint without a path is one that it does not
have. The rows of types with formats of their own stand in ``native.py``.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.adapters.upstream import error_codes
from oneapi.adapters.upstream.auth import api_key, verbatim, x_api_key
from oneapi.adapters.upstream.native import NATIVE
from oneapi.adapters.upstream.quirks import Drop, ExtraHeaders, Fill, Rename, StatusInBody, UsageOption
from oneapi.adapters.upstream.specs import AUDIO, AUDIO_PATHS, EVERY_ENDPOINT, ProviderSpec, below
from oneapi.domain.requests import Endpoint

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
            **{
                endpoint: f"/openai/deployments/{{deployment}}/{endpoint.value}?api-version={{api_version}}"
                for endpoint in EVERY_ENDPOINT
            },
            # The original keeps the dots of the model here; deployments are named after what it sends.
            **{
                endpoint: f"/openai/deployments/{{model}}/{endpoint.value}?api-version={{api_version}}"
                for endpoint in (Endpoint.IMAGES, *AUDIO)
            },
        },
        dropped_on_ai_gateway="/openai/deployments",
        quirks=(
            Fill(
                endpoint=Endpoint.IMAGES,
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
        paths={Endpoint.CHAT: "/v1/messages"},
    ),
    ProviderSpec(
        number=19,
        id="ai360",
        name="360 Zhinao",
        docs="https://ai.360.com/platform/docs/overview",
        base_url="https://ai.360.cn",
        owner="360",
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
    ),
    ProviderSpec(
        number=25,
        id="moonshot",
        name="Moonshot AI",
        docs="https://platform.moonshot.cn/docs/api/chat",
        base_url="https://api.moonshot.cn",
        owner="moonshot",
    ),
    ProviderSpec(
        number=26,
        id="baichuan",
        name="Baichuan",
        docs="https://platform.baichuan-ai.com/docs/api",
        base_url="https://api.baichuan-ai.com",
        owner="baichuan",
        quirks=(
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
        paths={Endpoint.CHAT: "/v1/text/chatcompletion_v2", **AUDIO_PATHS},
        quirks=(
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
            Rename(
                old="max_completion_tokens",
                new="max_tokens",
                reason="answers 422 to OpenAI's newer name",
                link="https://github.com/editor-code-assistant/eca/issues/231",
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
    ),
    ProviderSpec(
        number=31,
        id="lingyiwanwu",
        name="01.AI",
        docs="https://platform.lingyiwanwu.com/docs",
        base_url="https://api.lingyiwanwu.com",
        owner="lingyiwanwu",
    ),
    ProviderSpec(
        number=32,
        id="stepfun",
        name="StepFun",
        docs="https://platform.stepfun.com/docs/api-reference/chat/chat-completion-create",
        base_url="https://api.stepfun.com",
        owner="stepfun",
    ),
    ProviderSpec(
        number=36,
        id="deepseek",
        name="DeepSeek",
        docs="https://api-docs.deepseek.com",
        base_url="https://api.deepseek.com",
        owner="deepseek",
    ),
    ProviderSpec(
        number=39,
        id="togetherai",
        name="together.ai",
        docs="https://docs.together.ai/docs/openai-api-compatibility",
        base_url="https://api.together.xyz",
        owner="together.ai",
    ),
    ProviderSpec(
        number=40,
        id="doubao",
        name="Volcengine Ark (Doubao)",
        docs="https://www.volcengine.com/docs/82379/1298454",
        base_url="https://ark.cn-beijing.volces.com",
        owner="doubao",
        paths={
            **below("/api/v3", Endpoint.CHAT, Endpoint.EMBEDDINGS, Endpoint.IMAGES),
            **AUDIO_PATHS,
        },
    ),
    ProviderSpec(
        number=41,
        id="novita",
        name="Novita",
        docs="https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
        base_url="https://api.novita.ai/v3/openai",
        owner="novita",
        paths={**below("", Endpoint.CHAT), **AUDIO_PATHS},
    ),
    ProviderSpec(
        number=43,
        id="proxy",
        name="Proxy",
        docs="https://github.com/songquanpeng/one-api/pull/1679",
        owner="proxy",
        dialect="",
        signer=verbatim,
        paths={Endpoint.PROXY: ""},
        key_hint="the whole Authorization header, with its scheme",
    ),
    ProviderSpec(
        number=44,
        id="siliconflow",
        name="SiliconFlow",
        docs="https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions",
        base_url="https://api.siliconflow.cn",
        owner="siliconflow",
        quirks=(error_codes.SILICONFLOW,),
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
            **below("/v2", Endpoint.CHAT, Endpoint.EMBEDDINGS, Endpoint.IMAGES),
            **AUDIO_PATHS,
        },
    ),
    ProviderSpec(
        number=48,
        id="xunfeiv2",
        name="iFlytek Spark v2",
        docs="https://www.xfyun.cn/doc/spark/HTTP%E8%B0%83%E7%94%A8%E6%96%87%E6%A1%A3.html",
        base_url="https://spark-api-open.xf-yun.com",
        owner="xunfeiv2",
        quirks=(error_codes.SPARK,),
        key_hint="the password of the HTTP service",
    ),
    ProviderSpec(
        number=49,
        id="alibailian",
        name="Alibaba Cloud Bailian",
        docs="https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope",
        base_url="https://dashscope.aliyuncs.com",
        owner="alibailian",
        quirks=(error_codes.DASHSCOPE,),
        paths={**below("/compatible-mode/v1", Endpoint.CHAT, Endpoint.EMBEDDINGS), **AUDIO_PATHS},
    ),
    ProviderSpec(
        number=50,
        id="openai_compatible",
        name="OpenAI compatible",
        docs="https://platform.openai.com/docs/api-reference",
        paths=below("", *EVERY_ENDPOINT),
    ),
    ProviderSpec(
        number=51,
        id="geminiv2",
        name="Gemini (OpenAI format)",
        docs="https://ai.google.dev/gemini-api/docs/openai",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        owner="geminiv2",
        paths=below("", *EVERY_ENDPOINT),
    ),
)

#: By channel type number.
SPECS: Mapping[int, ProviderSpec] = MappingProxyType({spec.number: spec for spec in (*_ROWS, *NATIVE)})
