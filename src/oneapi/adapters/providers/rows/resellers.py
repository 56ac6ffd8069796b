"""Resellers of other providers' APIs, nearly all in OpenAI's format."""

from __future__ import annotations

from oneapi.adapters.providers import balances, newer_parameters
from oneapi.adapters.providers.offers import OPENAI_COMPATIBLE, Offer, with_quirks
from oneapi.adapters.providers.specs import ProviderSpec
from oneapi.domain.routing.channel_types import ConfigField, KeyForm, Words
from oneapi.domain.work import Work

ROWS = (
    ProviderSpec(
        number=2,
        id="api2d",
        label=Words("代理：API2D", "API2D"),
        docs="https://api2d.com/wiki/doc",
        base_url="https://oa.api2d.net",
        offers=OPENAI_COMPATIBLE,
    ),
    ProviderSpec(
        number=4,
        id="closeai",
        label=Words("代理：CloseAI", "CloseAI"),
        docs="https://doc.closeai-asia.com",
        base_url="https://api.closeai-proxy.xyz",
        offers=OPENAI_COMPATIBLE,
        balance=balances.CREDIT_GRANTS,
    ),
    ProviderSpec(
        number=5,
        id="openai_sb",
        label=Words("代理：OpenAI-SB", "OpenAI-SB"),
        docs="https://www.openai-sb.com",
        base_url="https://api.openai-sb.com",
        offers=OPENAI_COMPATIBLE,
        balance=balances.OPENAI_SB,
    ),
    ProviderSpec(
        number=6,
        id="openaimax",
        label=Words("代理：OpenAI Max", "OpenAI Max"),
        docs="https://openaimax.com",
        base_url="https://api.openaimax.com",
        offers=OPENAI_COMPATIBLE,
    ),
    ProviderSpec(
        number=7,
        id="ohmygpt",
        label=Words("代理：OhMyGPT", "OhMyGPT"),
        docs="https://docs.ohmygpt.com",
        base_url="https://api.ohmygpt.com",
        offers=OPENAI_COMPATIBLE,
    ),
    ProviderSpec(
        number=9,
        id="ails",
        label=Words("代理：AI.LS", "AI.LS"),
        docs="https://ai.ls",
        base_url="https://api.caipacity.com",
        offers=OPENAI_COMPATIBLE,
    ),
    ProviderSpec(
        number=10,
        id="aiproxy",
        label=Words("代理：AI Proxy", "AI Proxy"),
        docs="https://docs.aiproxy.io",
        base_url="https://api.aiproxy.io",
        offers=OPENAI_COMPATIBLE,
        balance=balances.AIPROXY,
    ),
    ProviderSpec(
        number=12,
        id="api2gpt",
        label=Words("代理：API2GPT", "API2GPT"),
        docs="https://www.api2gpt.com",
        base_url="https://api.api2gpt.com",
        offers=OPENAI_COMPATIBLE,
        balance=balances.API2GPT,
    ),
    ProviderSpec(
        number=13,
        id="aigc2d",
        label=Words("代理：AIGC2D", "AIGC2D"),
        docs="https://www.aigc2d.com",
        base_url="https://api.aigc2d.com",
        offers=OPENAI_COMPATIBLE,
        balance=balances.AIGC2D,
    ),
    ProviderSpec(
        number=21,
        id="aiproxy_library",
        label=Words("知识库：AI Proxy", "AI Proxy library"),
        docs="https://docs.aiproxy.io",
        base_url="https://api.aiproxy.io",
        owner="aiproxy",
        offers=(Offer(Work.CONVERSE, "library", "/api/library/ask"),),
        config=(ConfigField("library_id", Words("知识库 ID", "Knowledge base id")),),
        other="library_id",
    ),
    ProviderSpec(
        number=22,
        id="fastgpt",
        label=Words("知识库：FastGPT", "FastGPT"),
        docs="https://doc.fastgpt.io/docs/introduction/development/openapi/chat",
        base_url="https://fastgpt.run/api/openapi",
        offers=with_quirks(
            OPENAI_COMPATIBLE,
            newer_parameters.system_role("https://doc.fastgpt.io/docs/introduction/development/openapi/chat"),
        ),
        key=KeyForm("APIKey-AppId"),  # without a pattern, because newer keys have no AppId
    ),
)
