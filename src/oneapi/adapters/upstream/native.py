"""The channel types that have a wire format of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.ali import is_multimodal
from oneapi.adapters.upstream.auth import dashscope, deepl_key
from oneapi.adapters.upstream.lines import LineFramer
from oneapi.adapters.upstream.procedures import ali, cloudflare, deepl, ollama, replicate
from oneapi.adapters.upstream.specs import ProviderSpec, below
from oneapi.domain.requests import Endpoint

if TYPE_CHECKING:
    from oneapi.domain.channels import Channel
    from oneapi.domain.requests import RelayRequest


def dashscope_path(_channel: Channel, _request: RelayRequest, model: str) -> str:
    kind = "multimodal" if is_multimodal(model) else "text"
    return f"/api/v1/services/aigc/{kind}-generation/generation"


NATIVE = (
    ProviderSpec(
        number=17,
        id="ali",
        name="Alibaba Cloud DashScope",
        docs="https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope",
        base_url="https://dashscope.aliyuncs.com",
        owner="ali",
        dialect="ali",
        signer=dashscope,
        paths={Endpoint.CHAT: dashscope_path},
        procedures={Endpoint.EMBEDDINGS: ali.embeddings, Endpoint.IMAGES: ali.images},
    ),
    ProviderSpec(
        number=21,
        id="aiproxy_library",
        name="AI Proxy library",
        docs="https://docs.aiproxy.io",
        base_url="https://api.aiproxy.io",
        owner="aiproxy",
        dialect="library",
        paths={Endpoint.CHAT: "/api/library/ask"},
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
        paths={Endpoint.CHAT: "/api/chat"},
        procedures={Endpoint.EMBEDDINGS: ollama.embeddings},
        key_hint="anything, where the server asks for none",
    ),
    ProviderSpec(
        number=34,
        id="coze",
        name="Coze",
        docs="https://www.coze.com/docs/developer_guides/chat",
        base_url="https://api.coze.com",
        owner="coze",
        dialect="coze",
        paths={Endpoint.CHAT: "/open_api/v2/chat"},
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
        paths={Endpoint.CHAT: "/v1/chat"},
    ),
    ProviderSpec(
        number=37,
        id="cloudflare",
        name="Cloudflare Workers AI",
        docs="https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility",
        base_url="https://api.cloudflare.com",
        owner="cloudflare",
        paths=below("/client/v4/accounts/{user_id}/ai/v1", Endpoint.CHAT, Endpoint.EMBEDDINGS),
        procedures={Endpoint.COMPLETIONS: cloudflare.completion},
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
        procedures={Endpoint.CHAT: deepl.translation},
        key_hint="ends in :fx on the free plan; others need the base URL https://api.deepl.com",
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
        procedures={Endpoint.CHAT: replicate.chat, Endpoint.IMAGES: replicate.images},
    ),
)
