"""Chinese clouds, and Chinese hosts of other companies' models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI_CHAT
from oneapi.adapters.dialects.proprietary.ali import is_multimodal
from oneapi.adapters.dialects.proprietary.xunfei import address
from oneapi.adapters.dialects.reranking.providers import DashScope
from oneapi.adapters.dialects.responses.tools import takes_tools
from oneapi.adapters.framing.lines import LineFramer
from oneapi.adapters.providers import balances, error_codes, newer_parameters
from oneapi.adapters.providers.auth import X_API_KEY, Auth, dashscope, unsigned
from oneapi.adapters.providers.offers import (
    AUDIO,
    OPENAI_COMPATIBLE,
    Offer,
    below,
    by_procedure,
    like,
    messages,
    responses,
    with_caches,
    with_quirks,
)
from oneapi.adapters.providers.platforms import wenxin
from oneapi.adapters.providers.procedures import ali, doubao, tencent
from oneapi.adapters.providers.procedures.reranking import reranking
from oneapi.adapters.providers.quirks import OnePicture
from oneapi.adapters.providers.rows.fields import PART
from oneapi.adapters.providers.rows.reranking import V1
from oneapi.adapters.providers.signatures import spark, tc3, tencent_action
from oneapi.adapters.providers.specs import ProviderSpec
from oneapi.domain.routing.channel_types import ConfigField, KeyForm, Words
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel


def dashscope_path(_channel: Channel, _request: RelayRequest, model: str) -> str:
    kind = "multimodal" if is_multimodal(model) else "text"
    return f"/api/v1/services/aigc/{kind}-generation/generation"


def spark_path(channel: Channel, _request: RelayRequest, model: str) -> str:
    path, _ = address(model, channel.config)
    return path


_QWEN_MESSAGES = messages(
    {
        "https://dashscope.aliyuncs.com": "https://dashscope.aliyuncs.com/apps/anthropic",
        "https://dashscope-intl.aliyuncs.com": "https://dashscope-intl.aliyuncs.com/apps/anthropic",
    },
    docs="https://help.aliyun.com/zh/model-studio/anthropic-api-messages",
    models=like(r"qwen3-(max|coder).*|qwen3\.\d+-.*|qwen-(plus|flash|turbo).*"),
    auth=X_API_KEY,
)
_DASHSCOPE_RERANKING = reranking(
    DashScope(),
    "/api/v1/services/rerank/text-rerank/text-rerank",
    docs="https://help.aliyun.com/zh/model-studio/text-rerank-api",
)
#: https://help.aliyun.com/zh/model-studio/text-to-image
_NEWER_PICTURES = like(r"(qwen-image|wan2\.[6-9]|z-image).*")
#: The base URLs of the coding plan, whose keys are valid only there. Channels choose the plan by their base URL.
_ARK_CODING = (
    "https://ark.cn-beijing.volces.com/api/coding",
    "https://ark.cn-beijing.volces.com/api/coding/v3",
)

ROWS = (
    ProviderSpec(
        number=15,
        id="baidu",
        label=Words("百度文心千帆", "Baidu Wenxin"),
        docs="https://cloud.baidu.com/doc/WENXINWORKSHOP/s/clntwmv7t",
        base_url=wenxin.HOST,
        owner="baidu",
        auth=Auth(unsigned, sign=wenxin.with_token, token=wenxin.AccessTokens()),
        offers=(
            Offer(Work.CONVERSE, "baidu", wenxin.chat_path),
            by_procedure(Work.EMBED, wenxin.embeddings),
        ),
        key=KeyForm("APIKey|SecretKey", pattern=rf"{PART}\|{PART}"),
        errors=error_codes.BAIDU,
    ),
    ProviderSpec(
        number=47,
        id="baiduv2",
        label=Words("百度文心千帆 V2", "Baidu Qianfan v2"),
        docs="https://cloud.baidu.com/doc/qianfan-api/s/3m9b5lqft",
        base_url="https://qianfan.baidubce.com",
        owner="baiduv2",
        offers=(
            *with_quirks(
                (*below("/v2", Work.CONVERSE, Work.EMBED, Work.DRAW), *AUDIO),
                newer_parameters.system_role("https://cloud.baidu.com/doc/qianfan-api/s/3m9b5lqft"),
                newer_parameters.no_effort(
                    "https://cloud.baidu.com/doc/qianfan-api/s/3m9b5lqft", newer_parameters.ENABLE_THINKING
                ),
            ),
            reranking(V1, "/v2/rerankers", docs="https://cloud.baidu.com/doc/WENXINWORKSHOP/s/Dm6071svf"),
            messages(
                {"https://qianfan.baidubce.com": "https://qianfan.baidubce.com/anthropic"},
                docs="https://cloud.baidu.com/doc/qianfan-docs/s/6mh3e6gjp",
                auth=X_API_KEY,
            ),
        ),
    ),
    ProviderSpec(
        number=17,
        id="ali",
        label=Words("阿里通义千问", "Alibaba Cloud DashScope"),
        docs="https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope",
        base_url="https://dashscope.aliyuncs.com",
        owner="ali",
        auth=Auth(dashscope),
        offers=(
            Offer(Work.CONVERSE, "ali", dashscope_path),
            by_procedure(Work.EMBED, ali.embeddings),
            evolve(by_procedure(Work.DRAW, ali.images_by_message), models=_NEWER_PICTURES),
            by_procedure(Work.DRAW, ali.images),
            _DASHSCOPE_RERANKING,
            evolve(by_procedure(Work.RETOUCH, ali.images_by_message), models=_NEWER_PICTURES),
            _QWEN_MESSAGES,
        ),
        config=(ConfigField("plugin", Words("插件参数", "Plugin parameter"), required=False),),
        other="plugin",
        errors=error_codes.DASHSCOPE,
    ),
    ProviderSpec(
        number=49,
        id="alibailian",
        label=Words("阿里云百炼", "Alibaba Cloud Bailian"),
        docs="https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope",
        base_url="https://dashscope.aliyuncs.com",
        owner="alibailian",
        offers=(
            *with_quirks(
                # https://help.aliyun.com/zh/model-studio/context-cache
                (*with_caches(below("/compatible-mode/v1", Work.CONVERSE, Work.EMBED)), *AUDIO),
                *newer_parameters.older_words(
                    "https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope"
                ),
                newer_parameters.forced_tool_in_words(
                    "https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope",
                    named=True,
                ),
                newer_parameters.no_effort(
                    "https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope",
                    newer_parameters.ENABLE_THINKING,
                ),
            ),
            _DASHSCOPE_RERANKING,
            _QWEN_MESSAGES,
            responses(
                "https://dashscope.aliyuncs.com",
                "https://dashscope-intl.aliyuncs.com",
                path="/compatible-mode/v1/responses",
                models=like(
                    r"qwen3-max(-[\d-]+)?|qwen3\.[5-9]-(plus|flash)(-[\d-]+)?|qwen-(plus|flash)"
                    r"|qwen3-coder-(plus|flash|next)"
                ),
                docs="https://help.aliyun.com/zh/model-studio/compatibility-with-openai-responses-api",
                takes=takes_tools("function"),
            ),
        ),
        errors=error_codes.DASHSCOPE,
    ),
    ProviderSpec(
        number=18,
        id="xunfei",
        label=Words("讯飞星火认知", "iFlytek Spark"),
        docs="https://www.xfyun.cn/doc/spark/Web.html",
        base_url="https://spark-api.xf-yun.com",
        owner="xunfei",
        auth=Auth(unsigned, sign=spark),
        offers=(
            Offer(
                Work.CONVERSE,
                "xunfei",
                spark_path,
                framer=LineFramer,
                always_streams=True,
                websocket=True,
            ),
        ),
        key=KeyForm("APPID|APISecret|APIKey", pattern=rf"{PART}\|{PART}\|{PART}"),
        config=(ConfigField("api_version", Words("模型版本", "Model version"), required=False),),
        other="api_version",
        errors=error_codes.SPARK,
    ),
    ProviderSpec(
        number=48,
        id="xunfeiv2",
        label=Words("讯飞星火认知 V2", "iFlytek Spark v2"),
        docs="https://www.xfyun.cn/doc/spark/HTTP%E8%B0%83%E7%94%A8%E6%96%87%E6%A1%A3.html",
        base_url="https://spark-api-open.xf-yun.com",
        owner="xunfeiv2",
        offers=with_quirks(
            OPENAI_COMPATIBLE,
            *newer_parameters.older_words(
                "https://www.xfyun.cn/doc/spark/HTTP%E8%B0%83%E7%94%A8%E6%96%87%E6%A1%A3.html"
            ),
            newer_parameters.no_effort(
                "https://www.xfyun.cn/doc/spark/HTTP%E8%B0%83%E7%94%A8%E6%96%87%E6%A1%A3.html",
                newer_parameters.THINKING_TYPE,
            ),
        ),
        key=KeyForm(hint=Words("HTTP 服务的 APIPassword", "the password of the HTTP service")),
        errors=error_codes.SPARK,
    ),
    ProviderSpec(
        number=23,
        id="tencent",
        label=Words("腾讯混元", "Tencent Hunyuan"),
        docs="https://cloud.tencent.com/document/api/1729/105701",
        base_url="https://hunyuan.tencentcloudapi.com",
        owner="tencent",
        auth=Auth(tencent_action, sign=tc3),
        offers=(
            Offer(Work.CONVERSE, "tencent", "/"),
            by_procedure(Work.EMBED, tencent.embeddings),
        ),
        key=KeyForm("AppId|SecretId|SecretKey", pattern=rf"{PART}\|{PART}\|{PART}"),
    ),
    ProviderSpec(
        number=34,
        id="coze",
        label=Words("Coze", "Coze"),
        docs="https://www.coze.com/docs/developer_guides/chat",
        base_url="https://api.coze.com",
        owner="coze",
        offers=(Offer(Work.CONVERSE, "coze", "/open_api/v2/chat"),),
        key=KeyForm(hint=Words("个人访问令牌", "a personal access token")),
        config=(ConfigField("user_id", Words("用户 ID", "User id")),),
        errors=error_codes.COZE,
    ),
    ProviderSpec(
        number=40,
        id="doubao",
        label=Words("字节火山引擎", "Volcengine Ark (Doubao)"),
        docs="https://www.volcengine.com/docs/82379/1298454",
        base_url="https://ark.cn-beijing.volces.com",
        owner="doubao",
        offers=(
            *with_quirks(
                (
                    Offer(
                        Work.CONVERSE,
                        OPENAI_CHAT,
                        PATHS[Work.CONVERSE],
                        homes=dict.fromkeys(_ARK_CODING, _ARK_CODING[1]),
                    ),
                    *below("/api/v3", Work.CONVERSE, Work.EMBED),
                    *with_quirks(
                        below("/api/v3", Work.DRAW),
                        OnePicture(
                            reason="n is not documented; sequential_image_generation asks for series",
                            link="https://www.volcengine.com/docs/82379/1541523",
                        ),
                    ),
                    by_procedure(Work.RETOUCH, doubao.edits),
                    *AUDIO,
                ),
                newer_parameters.system_role("https://www.volcengine.com/docs/82379/1298454"),
                newer_parameters.no_effort(
                    "https://www.volcengine.com/docs/82379/1449737", newer_parameters.THINKING_TYPE
                ),
            ),
            messages(
                dict.fromkeys(_ARK_CODING, _ARK_CODING[0]), docs="https://www.volcengine.com/article/37230"
            ),
        ),
    ),
    ProviderSpec(
        number=44,
        id="siliconflow",
        label=Words("SiliconFlow", "SiliconFlow"),
        docs="https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions",
        base_url="https://api.siliconflow.cn",
        owner="siliconflow",
        offers=(
            *with_quirks(
                OPENAI_COMPATIBLE,
                *newer_parameters.older_words(
                    "https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions"
                ),
                newer_parameters.no_effort(
                    "https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions",
                    newer_parameters.ENABLE_THINKING,
                ),
            ),
            reranking(
                V1,
                "/v1/rerank",
                docs="https://docs.siliconflow.cn/cn/api-reference/rerank/create-rerank",
            ),
            messages(
                {
                    "https://api.siliconflow.cn": "https://api.siliconflow.cn",
                    "https://api.siliconflow.com": "https://api.siliconflow.com",
                },
                docs="https://docs.siliconflow.cn/cn/docs/api/messages-post",
            ),
        ),
        balance=balances.SILICONFLOW,
        errors=error_codes.SILICONFLOW,
    ),
)
