"""Chinese companies that make models."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI_CHAT
from oneapi.adapters.framing.sse import Framer
from oneapi.adapters.providers import balances, error_codes, newer_parameters
from oneapi.adapters.providers.auth import X_API_KEY, Auth, own_jwt, unsigned
from oneapi.adapters.providers.offers import (
    AUDIO,
    OPENAI_COMPATIBLE,
    Offer,
    below,
    by_procedure,
    like,
    messages,
    with_quirks,
)
from oneapi.adapters.providers.procedures import minimax
from oneapi.adapters.providers.procedures.reranking import reranking
from oneapi.adapters.providers.quirks import Clamp, DropFor, OnePicture, Rename, StatusInBody, UsageOption
from oneapi.adapters.providers.rows.reranking import V1
from oneapi.adapters.providers.specs import ProviderSpec
from oneapi.adapters.providers.urls import segment
from oneapi.domain.routing.channel_types import KeyForm, Words
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel


def zhipu_v3_path(_channel: Channel, request: RelayRequest, model: str) -> str:
    action = "sse-invoke" if request.stream else "invoke"
    return f"/api/paas/v3/model-api/{segment(model)}/{action}"


def _is_v3(model: str) -> bool:
    """Whether a model is called by the API from before GLM-4."""
    return model.startswith("chatglm_")


def _is_v4(model: str) -> bool:
    return not _is_v3(model)


_BIGMODEL = "https://docs.bigmodel.cn/api-reference"
#: Both range from 0 to 1, less than OpenAI's: https://docs.bigmodel.cn/api-reference
UNIT_SAMPLING = tuple(
    Clamp(
        name=name,
        low=0,
        high=1,
        reason="values outside the range are refused; the original sends the nearest valid one",
        link=_BIGMODEL,
    )
    for name in ("temperature", "top_p")
)

_DEEPSEEK = ("https://api.deepseek.com", "https://api.deepseek.com/beta")

ROWS = (
    ProviderSpec(
        number=16,
        id="zhipu",
        label=Words("智谱 ChatGLM", "Zhipu"),
        docs="https://open.bigmodel.cn/dev/api",
        base_url="https://open.bigmodel.cn",
        owner="zhipu",
        auth=Auth(unsigned, sign=own_jwt),
        offers=(
            *with_quirks(
                (
                    Offer(Work.CONVERSE, OPENAI_CHAT, "/api/paas/v4/chat/completions", models=_is_v4),
                    *below("/api/paas/v4", Work.EMBED),
                    *with_quirks(
                        below("/api/paas/v4", Work.DRAW),
                        OnePicture(
                            reason="an answer has one picture, and n is not documented", link=_BIGMODEL
                        ),
                    ),
                ),
                *UNIT_SAMPLING,
                *newer_parameters.older_words(_BIGMODEL),
                newer_parameters.schema_in_words(_BIGMODEL),
                newer_parameters.forced_tool_in_words(_BIGMODEL),
                newer_parameters.no_effort(
                    "https://docs.bigmodel.cn/cn/guide/capabilities/thinking", newer_parameters.THINKING_TYPE
                ),
                UsageOption(
                    asked=False,
                    reason="streams always report usage, and stream_options is not documented",
                    link=_BIGMODEL,
                ),
                Rename(
                    old="user",
                    new="user_id",
                    reason="the provider's name for the end user",
                    link=_BIGMODEL,
                ),
                DropFor(
                    name="size",
                    model="cogview-3",
                    reason="the provider's first image model supports only one size",
                    link=_BIGMODEL,
                ),
            ),
            reranking(
                V1,
                "/api/paas/v4/rerank",
                docs="https://docs.bigmodel.cn/api-reference/%E6%A8%A1%E5%9E%8B-api/%E6%96%87%E6%9C%AC%E9%87%8D%E6%8E%92%E5%BA%8F",
            ),
            Offer(
                Work.CONVERSE,
                "zhipu_v3",
                zhipu_v3_path,
                models=_is_v3,
                framer=partial(Framer, own_field=b"meta"),
                quirks=UNIT_SAMPLING,
                docs="https://open.bigmodel.cn/dev/api/normal-model/chatglm-turbo",
            ),
            messages(
                {
                    "https://open.bigmodel.cn": "https://open.bigmodel.cn/api/anthropic",
                    "https://api.z.ai": "https://api.z.ai/api/anthropic",
                },
                docs="https://docs.bigmodel.cn/cn/guide/develop/claude/introduction",
                models=like(r"glm-(4\.[5-9]|[5-9](\.\d+)?)(-.*)?"),
                auth=X_API_KEY,
            ),
        ),
        key=KeyForm("id.secret", pattern=r"[^.\s]+\.[^.\s]+"),
        errors=error_codes.ZHIPU,
    ),
    ProviderSpec(
        number=19,
        id="ai360",
        label=Words("360 智脑", "360 Zhinao"),
        docs="https://ai.360.com/platform/docs/overview",
        base_url="https://ai.360.cn",
        owner="360",
        offers=with_quirks(
            OPENAI_COMPATIBLE,
            *newer_parameters.older_words("https://ai.360.com/platform/docs/overview"),
        ),
    ),
    ProviderSpec(
        number=25,
        id="moonshot",
        label=Words("Moonshot AI", "Moonshot AI"),
        docs="https://platform.moonshot.cn/docs/api/chat",
        base_url="https://api.moonshot.cn",
        owner="moonshot",
        offers=(
            *with_quirks(
                OPENAI_COMPATIBLE,
                newer_parameters.system_role("https://platform.moonshot.cn/docs/api/chat"),
                newer_parameters.forced_tool_in_words(
                    "https://platform.moonshot.ai/docs/guide/migrating-from-openai-to-kimi"
                ),
                newer_parameters.no_effort(
                    "https://platform.moonshot.ai/docs/guide/use-thinking-models",
                    newer_parameters.THINKING_TYPE,
                ),
            ),
            messages(
                {
                    "https://api.moonshot.cn": "https://api.moonshot.cn/anthropic",
                    "https://api.moonshot.ai": "https://api.moonshot.ai/anthropic",
                },
                docs="https://platform.kimi.ai/docs/api/overview",
                models=like("kimi-.*"),
            ),
        ),
    ),
    ProviderSpec(
        number=26,
        id="baichuan",
        label=Words("百川大模型", "Baichuan"),
        docs="https://platform.baichuan-ai.com/docs/api",
        base_url="https://api.baichuan-ai.com",
        owner="baichuan",
        offers=with_quirks(
            OPENAI_COMPATIBLE,
            *newer_parameters.older_words("https://platform.baichuan-ai.com/docs/api"),
            UsageOption(
                asked=True,
                reason="the original asks for usage on every stream of this type, so operators rely on exact bills",
                link="https://platform.baichuan-ai.com/docs/api",
            ),
        ),
    ),
    ProviderSpec(
        number=27,
        id="minimax",
        label=Words("MiniMax", "MiniMax"),
        docs="https://platform.minimaxi.com/document/ChatCompletion%20v2",
        base_url="https://api.minimax.chat",
        owner="minimax",
        offers=(
            *with_quirks(
                (
                    Offer(Work.CONVERSE, OPENAI_CHAT, "/v1/text/chatcompletion_v2"),
                    by_procedure(Work.DRAW, minimax.images),
                    *AUDIO,
                ),
                newer_parameters.system_role("https://platform.minimaxi.com/document/ChatCompletion%20v2"),
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
            ),
            messages(
                {
                    "https://api.minimax.chat": "https://api.minimaxi.com/anthropic",
                    "https://api.minimaxi.com": "https://api.minimaxi.com/anthropic",
                    "https://api.minimax.io": "https://api.minimax.io/anthropic",
                },
                docs="https://platform.minimaxi.com/docs/api-reference/text-anthropic-api",
                models=like(r"minimax-m[2-9].*"),
                auth=X_API_KEY,
                quirks=(
                    Clamp(
                        name="temperature",
                        low=0.01,
                        high=1,
                        reason="refuses 0, which means the same as the smallest value that it accepts",
                        link="https://platform.minimaxi.com/docs/api-reference/text-anthropic-api",
                    ),
                ),
            ),
        ),
        errors=error_codes.MINIMAX,
    ),
    ProviderSpec(
        number=31,
        id="lingyiwanwu",
        label=Words("零一万物", "01.AI"),
        docs="https://platform.lingyiwanwu.com/docs",
        base_url="https://api.lingyiwanwu.com",
        owner="lingyiwanwu",
        offers=with_quirks(
            OPENAI_COMPATIBLE,
            *newer_parameters.older_words("https://platform.lingyiwanwu.com/docs"),
        ),
    ),
    ProviderSpec(
        number=32,
        id="stepfun",
        label=Words("阶跃星辰", "StepFun"),
        docs="https://platform.stepfun.com/docs/api-reference/chat/chat-completion-create",
        base_url="https://api.stepfun.com",
        owner="stepfun",
        offers=with_quirks(
            OPENAI_COMPATIBLE,
            *newer_parameters.older_words(
                "https://platform.stepfun.com/docs/api-reference/chat/chat-completion-create"
            ),
        ),
    ),
    ProviderSpec(
        number=36,
        id="deepseek",
        label=Words("DeepSeek", "DeepSeek"),
        docs="https://api-docs.deepseek.com",
        base_url="https://api.deepseek.com",
        owner="deepseek",
        offers=(
            # Completions are served only at the beta address: https://api-docs.deepseek.com/guides/fim_completion
            Offer(Work.COMPLETE, OPENAI_CHAT, "/completions", homes=dict.fromkeys(_DEEPSEEK, _DEEPSEEK[1])),
            *with_quirks(
                OPENAI_COMPATIBLE,
                *newer_parameters.older_words("https://api-docs.deepseek.com/api/create-chat-completion"),
                newer_parameters.schema_in_words("https://api-docs.deepseek.com/guides/json_mode"),
                newer_parameters.no_effort(
                    "https://api-docs.deepseek.com/guides/thinking_mode", newer_parameters.THINKING_TYPE
                ),
            ),
            messages(
                dict.fromkeys(_DEEPSEEK, "https://api.deepseek.com/anthropic"),
                docs="https://api-docs.deepseek.com/guides/anthropic_api",
                auth=X_API_KEY,
            ),
        ),
        balance=balances.DEEPSEEK,
    ),
)
