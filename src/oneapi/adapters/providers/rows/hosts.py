"""Hosts of other companies' models."""

from __future__ import annotations

from oneapi.adapters.dialects.reranking.providers import Bedrock, WorkersAI
from oneapi.adapters.dialects.responses.tools import takes_tools
from oneapi.adapters.framing.eventstream import EventStreamFramer
from oneapi.adapters.framing.lines import LineFramer
from oneapi.adapters.providers import balances, error_codes, newer_parameters
from oneapi.adapters.providers.auth import Auth, unsigned
from oneapi.adapters.providers.offers import (
    AUDIO,
    OPENAI_COMPATIBLE,
    Offer,
    below,
    by_procedure,
    messages,
    responses,
    with_caches,
    with_quirks,
)
from oneapi.adapters.providers.platforms import bedrock
from oneapi.adapters.providers.procedures import cloudflare, ollama, replicate
from oneapi.adapters.providers.procedures.reranking import reranking
from oneapi.adapters.providers.quirks import ExtraHeaders
from oneapi.adapters.providers.rows.fields import PART, REGION
from oneapi.adapters.providers.rows.reranking import V1
from oneapi.adapters.providers.specs import ProviderSpec
from oneapi.domain.routing.channel_types import ConfigField, KeyForm, Words
from oneapi.domain.work import Work

ROWS = (
    ProviderSpec(
        number=20,
        id="openrouter",
        label=Words("OpenRouter", "OpenRouter"),
        docs="https://openrouter.ai/docs/api-reference/overview",
        base_url="https://openrouter.ai/api",
        owner="openrouter",
        offers=with_quirks(
            (
                # https://openrouter.ai/docs/guides/best-practices/prompt-caching
                *with_caches(OPENAI_COMPATIBLE),
                reranking(V1, "/v1/rerank", docs="https://openrouter.ai/docs/api/api-reference/rerank"),
                messages(
                    {"https://openrouter.ai/api": "https://openrouter.ai/api"},
                    docs="https://openrouter.ai/docs/api/api-reference/anthropic-messages/create-messages",
                ),
                responses(
                    "https://openrouter.ai/api",
                    docs="https://openrouter.ai/docs/api/reference/responses/overview",
                    takes=takes_tools("function"),
                ),
            ),
            ExtraHeaders(
                extra=(("http-referer", "https://github.com/songquanpeng/one-api"), ("x-title", "One API")),
                reason="names the calling application, for rankings and some free tiers",
                link="https://openrouter.ai/docs/app-attribution",
            ),
        ),
        balance=balances.OPENROUTER,
    ),
    ProviderSpec(
        number=29,
        id="groq",
        label=Words("Groq", "Groq"),
        docs="https://console.groq.com/docs/openai",
        base_url="https://api.groq.com/openai",
        owner="groq",
        offers=with_quirks(
            OPENAI_COMPATIBLE,
            newer_parameters.system_role("https://console.groq.com/docs/openai"),
        ),
    ),
    ProviderSpec(
        number=30,
        id="ollama",
        label=Words("Ollama", "Ollama"),
        docs="https://docs.ollama.com/api",
        base_url="http://localhost:11434",
        owner="ollama",
        offers=(
            Offer(Work.CONVERSE, "ollama", "/api/chat", framer=LineFramer),
            by_procedure(Work.EMBED, ollama.embeddings),
        ),
        key=KeyForm(hint=Words("任意文本，如果服务不需要密钥", "any text, if the server needs no key")),
    ),
    ProviderSpec(
        number=33,
        id="aws",
        label=Words("AWS", "Amazon Bedrock"),
        docs="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html",
        host=bedrock.host,
        owner="aws",
        auth=Auth(unsigned, sign=bedrock.sigv4),
        offers=(
            Offer(
                Work.CONVERSE,
                "converse",
                bedrock.converse_path,
                models=bedrock.is_conversable,
                framer=EventStreamFramer,
            ),
            Offer(
                Work.CONVERSE,
                "bedrock_claude",
                bedrock.invoke_path,
                models=bedrock.is_claude,
                framer=EventStreamFramer,
            ),
            Offer(
                Work.CONVERSE,
                "llama",
                bedrock.invoke_path,
                models=bedrock.is_llama,
                framer=EventStreamFramer,
            ),
            reranking(
                Bedrock(),
                bedrock.reranking_address,
                docs="https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-supported.html",
            ),
        ),
        key=KeyForm(
            "AK|SK|REGION",
            pattern=rf"{PART}|{PART}\|{PART}\|{PART}(\|{PART})?",
            config=("ak", "sk", "region"),
            hint=Words(
                "AK|SK|REGION，如有会话令牌则以 | 接在其后；或 API 密钥",
                "AK|SK|REGION, followed by | and the session token if there is one; or an API key",
            ),
        ),
        config=(
            REGION,
            ConfigField("ak", Words("访问密钥 AK", "Access key id (AK)"), required=False),
            ConfigField("sk", Words("私有密钥 SK", "Secret access key (SK)"), required=False, secret=True),
        ),
    ),
    ProviderSpec(
        number=37,
        id="cloudflare",
        label=Words("Cloudflare", "Cloudflare Workers AI"),
        docs="https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility",
        base_url="https://api.cloudflare.com",
        owner="cloudflare",
        offers=with_quirks(
            (
                *below("/client/v4/accounts/{user_id}/ai/v1", Work.CONVERSE, Work.EMBED),
                by_procedure(Work.COMPLETE, cloudflare.completion),
                reranking(
                    WorkersAI(),
                    cloudflare.address,
                    docs="https://developers.cloudflare.com/workers-ai/models/bge-reranker-base",
                ),
            ),
            *newer_parameters.older_words(
                "https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility"
            ),
        ),
        key=KeyForm(
            hint=Words(
                "API 令牌；账户 ID 填在 user_id",
                "an API token; enter the account id as user_id",
            )
        ),
        config=(ConfigField("user_id", Words("账户 ID", "Account id")),),
        dropped_on_ai_gateway="/client/v4/accounts/{user_id}/ai",
        errors=error_codes.CLOUDFLARE,
    ),
    ProviderSpec(
        number=39,
        id="togetherai",
        label=Words("together.ai", "together.ai"),
        docs="https://docs.together.ai/docs/openai-api-compatibility",
        base_url="https://api.together.xyz",
        owner="together.ai",
        offers=(
            *with_quirks(
                OPENAI_COMPATIBLE,
                *newer_parameters.older_words("https://docs.together.ai/reference/chat-completions-1"),
                newer_parameters.no_effort(
                    "https://docs.together.ai/docs/reasoning-overview", newer_parameters.REASONING
                ),
            ),
            reranking(
                V1, "/v1/rerank", docs="https://docs.together.ai/reference/rerank-1", ranks_fields=True
            ),
        ),
    ),
    ProviderSpec(
        number=41,
        id="novita",
        label=Words("Novita", "Novita"),
        docs="https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
        base_url="https://api.novita.ai/v3/openai",
        owner="novita",
        offers=with_quirks(
            (*below("", Work.CONVERSE), *AUDIO),
            *newer_parameters.older_words(
                "https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion"
            ),
            newer_parameters.no_effort(
                "https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
                newer_parameters.ENABLE_THINKING,
            ),
        ),
    ),
    ProviderSpec(
        number=46,
        id="replicate",
        label=Words("Replicate", "Replicate"),
        docs="https://replicate.com/docs/reference/http",
        base_url="https://api.replicate.com",
        owner="replicate",
        offers=(
            Offer(Work.CONVERSE, "replicate", procedure=replicate.chat),
            by_procedure(Work.DRAW, replicate.images),
        ),
    ),
)
