"""Companies outside China that make models."""

from __future__ import annotations

import hashlib
import re

from oneapi.adapters.dialects.anthropic.wire import NAME as ANTHROPIC
from oneapi.adapters.dialects.responses.tools import takes_tools
from oneapi.adapters.framing.lines import LineFramer
from oneapi.adapters.providers import error_codes, newer_parameters
from oneapi.adapters.providers.auth import X_API_KEY, Auth, deepl_key
from oneapi.adapters.providers.offers import (
    OPENAI_COMPATIBLE,
    Offer,
    by_model,
    by_procedure,
    responses,
    with_quirks,
)
from oneapi.adapters.providers.procedures import cohere, deepl
from oneapi.adapters.providers.procedures.reranking import reranking
from oneapi.adapters.providers.quirks import CallIds, Drop, Rename, UsageOption
from oneapi.adapters.providers.rows.reranking import V1, V2
from oneapi.adapters.providers.specs import ProviderSpec
from oneapi.domain.routing.channel_types import KeyForm, Words
from oneapi.domain.work import Work

ROWS = (
    ProviderSpec(
        number=14,
        id="anthropic",
        label=Words("Anthropic", "Anthropic"),
        docs="https://docs.anthropic.com/en/api/messages",
        base_url="https://api.anthropic.com",
        owner="anthropic",
        auth=X_API_KEY,
        offers=(
            Offer(Work.CONVERSE, ANTHROPIC, "/v1/messages"),
            Offer(Work.COUNT, ANTHROPIC, "/v1/messages/count_tokens", untranslated=True),
        ),
    ),
    ProviderSpec(
        number=28,
        id="mistral",
        label=Words("Mistral AI", "Mistral AI"),
        docs="https://docs.mistral.ai/api",
        base_url="https://api.mistral.ai",
        owner="mistralai",
        offers=with_quirks(
            OPENAI_COMPATIBLE,
            newer_parameters.system_role("https://docs.mistral.ai/api"),
            UsageOption(
                asked=False,
                reason="answers 422 to stream_options, and always reports usage in the last chunk",
                link="https://github.com/openai/openai-agents-python/issues/442",
            ),
            Drop(
                name="stream_options",
                reason="as above; usage is reported without it",
                link="https://github.com/cline/cline/issues/582",
            ),
            CallIds(
                form=re.compile("[a-zA-Z0-9]{9}"),
                made=lambda call_id: hashlib.sha256(call_id.encode(errors="replace")).hexdigest()[:9],
                reason="answers 400 unless an id has nine letters and digits; ids of other providers have another form",
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
                    reason="answers 422 to unknown parameters; this one does not affect the answer",
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
        number=35,
        id="cohere",
        label=Words("Cohere", "Cohere"),
        docs="https://docs.cohere.com/v1/reference/chat",
        base_url="https://api.cohere.ai",
        owner="Cohere",
        offers=(
            Offer(Work.CONVERSE, "cohere", "/v1/chat", framer=LineFramer),
            by_procedure(Work.EMBED, cohere.embeddings),
            reranking(V2, "/v2/rerank", docs="https://docs.cohere.com/reference/rerank"),
            reranking(
                V1, "/v1/rerank", docs="https://docs.cohere.com/v1/reference/rerank", ranks_fields=True
            ),
        ),
    ),
    ProviderSpec(
        number=38,
        id="deepl",
        label=Words("DeepL", "DeepL"),
        docs="https://developers.deepl.com/api-reference/translate",
        base_url="https://api-free.deepl.com",
        owner="deepl",
        auth=Auth(deepl_key),
        offers=(by_procedure(Work.CONVERSE, deepl.translation),),
        key=KeyForm(
            hint=Words(
                "免费版密钥以 :fx 结尾；其他密钥的渠道地址应为 https://api.deepl.com",
                "ends in :fx on the free plan; others need the base URL https://api.deepl.com",
            )
        ),
        errors=error_codes.DEEPL,
    ),
    ProviderSpec(
        number=45,
        id="xai",
        label=Words("xAI", "xAI"),
        docs="https://docs.x.ai/docs/api-reference",
        base_url="https://api.x.ai",
        owner="xai",
        offers=(
            *by_model(OPENAI_COMPATIBLE),
            responses(
                "https://api.x.ai",
                docs="https://docs.x.ai/developers/model-capabilities/text/generate-text",
                takes=takes_tools("function", "web_search", "x_search", "code_interpreter", "mcp"),
            ),
        ),
    ),
)
