"""OpenAI, Azure, the proxy, and servers of OpenAI's format that operators name."""

from __future__ import annotations

from attrs import evolve

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI_CHAT
from oneapi.adapters.providers import balances, newer_parameters
from oneapi.adapters.providers.auth import Auth, api_key, verbatim
from oneapi.adapters.providers.offers import (
    OPENAI_COMPATIBLE,
    Offer,
    below,
    by_model,
    compacting,
    responses,
    with_quirks,
)
from oneapi.adapters.providers.procedures.reranking import reranking
from oneapi.adapters.providers.quirks import Fill, UsageOption
from oneapi.adapters.providers.rows.fields import RESPONSES
from oneapi.adapters.providers.rows.reranking import PATHS as RERANK_PATHS
from oneapi.adapters.providers.rows.reranking import SETTING as RERANK_FORMAT
from oneapi.adapters.providers.rows.reranking import V1, by_setting
from oneapi.adapters.providers.specs import ProviderSpec
from oneapi.domain.requests import RAW
from oneapi.domain.routing.channel_types import ConfigField, KeyForm, Words
from oneapi.domain.work import Work

_OF_ITS_OWN = {
    Work.DRAW: Fill(
        values={"n": 1, "size": "1024x1024"},
        reason="the original always sends both, and deployments of dall-e-3 were priced by them",
        link="https://learn.microsoft.com/azure/ai-services/openai/reference#image-generation",
    )
}
_AZURE = tuple(
    Offer(
        work,
        OPENAI_CHAT,
        f"/openai/deployments/{{deployment}}{path}?api-version={{api_version}}",
        quirks=(_OF_ITS_OWN[work],) if work in _OF_ITS_OWN else (),
    )
    for work, path in PATHS.items()
)
_RESPONSES = responses(
    "https://api.openai.com",
    "https://*.api.openai.com",
    docs="https://platform.openai.com/docs/api-reference/responses",
)
_AZURE_RESPONSES = responses(
    "https://*.openai.azure.com",
    "https://*.cognitiveservices.azure.com",
    "https://*.services.ai.azure.com",
    path="/openai/v1/responses",
    docs="https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses",
)
#: Servers that speak the Responses API where a channel's setting says so.
_DECLARED = responses(docs="https://platform.openai.com/docs/api-reference")
_DECLARED_BELOW = evolve(_DECLARED, path="/responses")

OPENAI = ProviderSpec(
    number=1,
    id="openai",
    label=Words("OpenAI", "OpenAI"),
    docs="https://platform.openai.com/docs/api-reference",
    base_url="https://api.openai.com",
    offers=(
        *by_model(with_quirks(OPENAI_COMPATIBLE, newer_parameters.NEWER_LIMIT)),
        _RESPONSES,
        evolve(_RESPONSES, work=Work.COUNT, path="/v1/responses/input_tokens"),
        compacting(_RESPONSES),
        # Channels of this type often point to other servers of the same format.
        reranking(V1, "/v1/rerank"),
    ),
    config=(RESPONSES,),
    dropped_on_ai_gateway="/v1",
    balance=balances.SUBSCRIPTION,
)

#: For channels of unknown types.
UNKNOWN = ProviderSpec(
    number=0,
    id="unknown",
    label=Words("Unknown", "Unknown"),
    docs="https://platform.openai.com/docs/api-reference",
    offers=(*OPENAI_COMPATIBLE, reranking(V1, "/v1/rerank")),
)

#: Passes requests on unchanged.
PROXY = ProviderSpec(
    number=43,
    id="proxy",
    label=Words("Proxy", "Proxy"),
    docs="https://github.com/songquanpeng/one-api/pull/1679",
    owner="proxy",
    base_url_required=True,
    auth=Auth(verbatim),
    offers=(Offer(Work.PROXY, RAW),),
    key=KeyForm(
        hint=Words(
            "完整的 Authorization 请求头，包括认证方案", "the whole Authorization header, with its scheme"
        )
    ),
)

ROWS = (
    OPENAI,
    ProviderSpec(
        number=3,
        id="azure",
        label=Words("Azure", "Azure OpenAI"),
        docs="https://learn.microsoft.com/azure/ai-services/openai/reference",
        owner="azure",
        base_url_required=True,
        auth=Auth(api_key),
        offers=(
            *by_model(
                with_quirks(
                    _AZURE,
                    newer_parameters.NEWER_LIMIT,
                    UsageOption(
                        asked=False,
                        applies=lambda channel: str(channel.config.get("api_version", "")) < "2024-09",
                        reason="versions of the API before 2024-09-01-preview answer 400 to stream_options",
                        link="https://github.com/Azure/azure-rest-api-specs/issues/29157",
                    ),
                ),
                path="/openai/v1/responses",
            ),
            _AZURE_RESPONSES,
            compacting(_AZURE_RESPONSES),
        ),
        config=(
            ConfigField(
                "api_version", Words("默认 API 版本", "Default API version"), default="2024-03-01-preview"
            ),
            RESPONSES,
        ),
        other="api_version",
        dropped_on_ai_gateway="/openai/deployments",
    ),
    ProviderSpec(
        number=8,
        id="custom",
        label=Words("自定义渠道", "Custom"),
        docs="https://platform.openai.com/docs/api-reference",
        base_url_required=True,
        offers=(
            *OPENAI_COMPATIBLE,
            _DECLARED,
            compacting(_DECLARED),
            *by_setting(RERANK_PATHS),
        ),
        config=(RESPONSES, RERANK_FORMAT),
        balance=balances.SUBSCRIPTION,
    ),
    PROXY,
    ProviderSpec(
        number=50,
        id="openai_compatible",
        label=Words("OpenAI 兼容", "OpenAI compatible"),
        docs="https://platform.openai.com/docs/api-reference",
        base_url_required=True,
        offers=(
            *below("", *PATHS),
            _DECLARED_BELOW,
            compacting(_DECLARED_BELOW),
            *by_setting(dict.fromkeys(RERANK_PATHS, "/rerank")),
        ),
        config=(RESPONSES, RERANK_FORMAT),
    ),
)
