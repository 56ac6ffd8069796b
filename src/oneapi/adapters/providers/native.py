"""The channel types that have a wire format of their own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.adapters.dialects.ali import is_multimodal
from oneapi.adapters.dialects.xunfei import address
from oneapi.adapters.framing.eventstream import EventStreamFramer
from oneapi.adapters.framing.lines import LineFramer
from oneapi.adapters.framing.sse import Framer
from oneapi.adapters.providers import error_codes, words
from oneapi.adapters.providers.auth import dashscope, deepl_key, own_jwt, unsigned
from oneapi.adapters.providers.platforms import bedrock, gemini, vertex, wenxin
from oneapi.adapters.providers.procedures import ali, cloudflare, deepl, ollama, replicate, tencent
from oneapi.adapters.providers.quirks import Clamp, DropFor, Rename, UsageOption
from oneapi.adapters.providers.signatures import spark, tc3, tencent_action
from oneapi.adapters.providers.specs import ProviderSpec, below
from oneapi.adapters.providers.urls import segment
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from oneapi.domain.channels import Channel
    from oneapi.domain.requests import RelayRequest


def spark_path(channel: Channel, _request: RelayRequest, model: str) -> str:
    path, _ = address(model, channel.config)
    return path


def zhipu_v3_path(_channel: Channel, request: RelayRequest, model: str) -> str:
    action = "sse-invoke" if request.stream else "invoke"
    return f"/api/paas/v3/model-api/{segment(model)}/{action}"


_BIGMODEL = "https://docs.bigmodel.cn/api-reference"
#: https://docs.bigmodel.cn/api-reference: both from 0 to 1, where OpenAI's go further.
UNIT_SAMPLING = tuple(
    Clamp(
        name=name,
        low=0,
        high=1,
        reason="values beyond are refused; the original sends the nearest that is not",
        link=_BIGMODEL,
    )
    for name in ("temperature", "top_p")
)


def dashscope_path(_channel: Channel, _request: RelayRequest, model: str) -> str:
    kind = "multimodal" if is_multimodal(model) else "text"
    return f"/api/v1/services/aigc/{kind}-generation/generation"


#: The API as it was before GLM-4.
_ZHIPU_V3 = ProviderSpec(
    number=16,
    id="zhipu",
    name="Zhipu",
    docs="https://open.bigmodel.cn/dev/api/normal-model/chatglm-turbo",
    base_url="https://open.bigmodel.cn",
    owner="zhipu",
    dialect="zhipu_v3",
    signer=unsigned,
    seal=own_jwt,
    framer=partial(Framer, own_field=b"meta"),
    paths={Work.CONVERSE: zhipu_v3_path},
    quirks=(*UNIT_SAMPLING, error_codes.ZHIPU),
)

#: Bedrock's rows differ in dialect and path only.
_BEDROCK = ProviderSpec(
    number=33,
    id="aws",
    name="Amazon Bedrock",
    docs="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html",
    host=bedrock.host,
    owner="aws",
    dialect="converse",
    signer=unsigned,
    seal=bedrock.sigv4,
    framer=EventStreamFramer,
    paths={Work.CONVERSE: bedrock.converse_path},
    key_hint="`AK|SK|REGION`, with `|` and a session token behind it where there is one; or an API key",
)
_BEDROCK_CLAUDE = evolve(_BEDROCK, dialect="bedrock_claude", paths={Work.CONVERSE: bedrock.invoke_path})
_BEDROCK_LLAMA = evolve(_BEDROCK, dialect="llama", paths={Work.CONVERSE: bedrock.invoke_path})


def bedrock_row(model: str) -> ProviderSpec:
    if bedrock.is_claude(model):
        return _BEDROCK_CLAUDE
    return _BEDROCK_LLAMA if bedrock.is_llama(model) else _BEDROCK


#: Vertex AI's rows differ in dialect and path only; this one is for all but its own models and Claude.
_VERTEX = ProviderSpec(
    number=42,
    id="vertexai",
    name="Google Vertex AI",
    docs="https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
    host=vertex.host,
    owner="vertexai",
    signer=unsigned,
    seal=vertex.with_token,
    token=vertex.AccessTokens(),
    paths={Work.CONVERSE: vertex.openapi_path},
    quirks=(
        words.system_role("https://cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/overview"),
    ),
    uses_settings=True,
    key_hint="`region|project|ADC`, the last the JSON of a service account's key",
)
_VERTEX_CLAUDE = evolve(_VERTEX, dialect="vertex_claude", paths={Work.CONVERSE: vertex.messages_path})


def vertex_row(model: str) -> ProviderSpec | None:
    """Models of others are named ``publisher/model``, and are asked in OpenAI's format."""
    if model.startswith("claude"):
        return _VERTEX_CLAUDE
    return _VERTEX if "/" in model else None


NATIVE = (
    ProviderSpec(
        number=11,
        id="palm",
        name="Google PaLM 2",
        docs="https://ai.google.dev/palm_docs/deprecation",
        base_url=gemini.HOST,
        owner="google palm",
        dialect="palm",
        signer=gemini.goog_api_key,
        paths={Work.CONVERSE: gemini.palm_path},
    ),
    ProviderSpec(
        number=15,
        id="baidu",
        name="Baidu Wenxin",
        docs="https://cloud.baidu.com/doc/WENXINWORKSHOP/s/clntwmv7t",
        base_url=wenxin.HOST,
        owner="baidu",
        dialect="baidu",
        signer=unsigned,
        seal=wenxin.with_token,
        token=wenxin.AccessTokens(),
        paths={Work.CONVERSE: wenxin.chat_path},
        procedures={Work.EMBED: wenxin.embeddings},
        quirks=(error_codes.BAIDU,),
        key_hint="`APIKey|SecretKey`",
    ),
    ProviderSpec(
        number=16,
        id="zhipu",
        name="Zhipu",
        docs="https://open.bigmodel.cn/dev/api",
        base_url="https://open.bigmodel.cn",
        owner="zhipu",
        signer=unsigned,
        seal=own_jwt,
        paths=below("/api/paas/v4", Work.CONVERSE, Work.EMBED, Work.DRAW),
        by_model=lambda model: _ZHIPU_V3 if model.startswith("chatglm_") else None,
        quirks=(
            *UNIT_SAMPLING,
            *words.older_words(_BIGMODEL),
            words.schema_in_words(_BIGMODEL),
            words.forced_tool_in_words(_BIGMODEL),
            words.no_effort("https://docs.bigmodel.cn/cn/guide/capabilities/thinking", words.THINKING_TYPE),
            UsageOption(
                asked=False,
                reason="streams report usage unasked, and stream_options is not among the parameters",
                link=_BIGMODEL,
            ),
            Rename(
                old="user",
                new="user_id",
                reason="its name for the end user",
                link=_BIGMODEL,
            ),
            DropFor(
                name="size",
                model="cogview-3",
                reason="the first of its picture models knows one size",
                link=_BIGMODEL,
            ),
            error_codes.ZHIPU,
        ),
        key_hint="`id.secret`",
    ),
    ProviderSpec(
        number=17,
        id="ali",
        name="Alibaba Cloud DashScope",
        docs="https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope",
        base_url="https://dashscope.aliyuncs.com",
        owner="ali",
        dialect="ali",
        signer=dashscope,
        paths={Work.CONVERSE: dashscope_path},
        procedures={Work.EMBED: ali.embeddings, Work.DRAW: ali.images},
        quirks=(error_codes.DASHSCOPE,),
    ),
    ProviderSpec(
        number=18,
        id="xunfei",
        name="iFlytek Spark",
        docs="https://www.xfyun.cn/doc/spark/Web.html",
        base_url="https://spark-api.xf-yun.com",
        owner="xunfei",
        dialect="xunfei",
        signer=unsigned,
        seal=spark,
        framer=LineFramer,
        paths={Work.CONVERSE: spark_path},
        always_streams=True,
        websocket=True,
        quirks=(error_codes.SPARK,),
        key_hint="`APPID|APISecret|APIKey`",
    ),
    ProviderSpec(
        number=21,
        id="aiproxy_library",
        name="AI Proxy library",
        docs="https://docs.aiproxy.io",
        base_url="https://api.aiproxy.io",
        owner="aiproxy",
        dialect="library",
        paths={Work.CONVERSE: "/api/library/ask"},
    ),
    ProviderSpec(
        number=23,
        id="tencent",
        name="Tencent Hunyuan",
        docs="https://cloud.tencent.com/document/api/1729/105701",
        base_url="https://hunyuan.tencentcloudapi.com",
        owner="tencent",
        dialect="tencent",
        signer=tencent_action,
        seal=tc3,
        paths={Work.CONVERSE: "/"},
        procedures={Work.EMBED: tencent.embeddings},
        key_hint="`AppId|SecretId|SecretKey`",
    ),
    ProviderSpec(
        number=24,
        id="gemini",
        name="Google Gemini",
        docs="https://ai.google.dev/api/generate-content",
        base_url=gemini.HOST,
        owner="google gemini",
        dialect="gemini",
        signer=gemini.goog_api_key,
        paths={Work.CONVERSE: gemini.content_path},
        procedures={Work.EMBED: gemini.embeddings},
        uses_settings=True,
    ),
    ProviderSpec(
        number=30,
        id="ollama",
        name="Ollama",
        docs="https://docs.ollama.com/api",
        base_url="http://localhost:11434",
        owner="ollama",
        dialect="ollama",
        framer=LineFramer,
        paths={Work.CONVERSE: "/api/chat"},
        procedures={Work.EMBED: ollama.embeddings},
        key_hint="anything, where the server asks for none",
    ),
    evolve(_BEDROCK, by_model=bedrock_row),
    ProviderSpec(
        number=34,
        id="coze",
        name="Coze",
        docs="https://www.coze.com/docs/developer_guides/chat",
        base_url="https://api.coze.com",
        owner="coze",
        dialect="coze",
        paths={Work.CONVERSE: "/open_api/v2/chat"},
        quirks=(error_codes.COZE,),
        key_hint="a personal access token",
    ),
    ProviderSpec(
        number=35,
        id="cohere",
        name="Cohere",
        docs="https://docs.cohere.com/v1/reference/chat",
        base_url="https://api.cohere.ai",
        owner="Cohere",
        dialect="cohere",
        framer=LineFramer,
        paths={Work.CONVERSE: "/v1/chat"},
    ),
    ProviderSpec(
        number=37,
        id="cloudflare",
        name="Cloudflare Workers AI",
        docs="https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility",
        base_url="https://api.cloudflare.com",
        owner="cloudflare",
        paths=below("/client/v4/accounts/{user_id}/ai/v1", Work.CONVERSE, Work.EMBED),
        quirks=(
            *words.older_words(
                "https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility"
            ),
            error_codes.CLOUDFLARE,
        ),
        procedures={Work.COMPLETE: cloudflare.completion},
        dropped_on_ai_gateway="/client/v4/accounts/{user_id}/ai",
        key_hint="an API token; the account's id stands in the setting user_id",
    ),
    ProviderSpec(
        number=38,
        id="deepl",
        name="DeepL",
        docs="https://developers.deepl.com/api-reference/translate",
        base_url="https://api-free.deepl.com",
        owner="deepl",
        signer=deepl_key,
        paths={},
        procedures={Work.CONVERSE: deepl.translation},
        quirks=(error_codes.DEEPL,),
        key_hint="ends in :fx on the free plan; others need the base URL https://api.deepl.com",
    ),
    evolve(
        _VERTEX,
        dialect="gemini",
        paths={Work.CONVERSE: vertex.content_path},
        procedures={Work.EMBED: vertex.embeddings},
        by_model=vertex_row,
    ),
    ProviderSpec(
        number=46,
        id="replicate",
        name="Replicate",
        docs="https://replicate.com/docs/reference/http",
        base_url="https://api.replicate.com",
        owner="replicate",
        dialect="replicate",
        paths={},
        procedures={Work.CONVERSE: replicate.chat, Work.DRAW: replicate.images},
    ),
)
