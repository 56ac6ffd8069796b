"""What the form of each channel type asks for, beside what all channels have."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from oneapi.adapters.providers.balances import QUERIES
from oneapi.adapters.providers.catalog import SPECS
from oneapi.domain.channel_types import ChannelType, ConfigField, KeyForm, Words
from oneapi.domain.channels import LEGACY_OTHER
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART = r"[^|\s]+"
_REGION = ConfigField("region", Words("区域", "Region"))
_USER = ConfigField("user_id", Words("用户 ID", "User id"))


@frozen
class Form:
    """``zh`` is the label in Chinese, ``hint`` the row's ``key_hint`` in Chinese; English stands in the row."""

    number: int
    zh: str
    key: KeyForm | None = None
    hint: str = ""
    config: tuple[ConfigField, ...] = ()
    base_url_required: bool = False


_FORMS = (
    Form(1, "OpenAI"),
    Form(2, "代理：API2D"),
    Form(
        3,
        "Azure",
        config=(
            ConfigField(
                "api_version", Words("默认 API 版本", "Default API version"), default="2024-03-01-preview"
            ),
        ),
        base_url_required=True,
    ),
    Form(4, "代理：CloseAI"),
    Form(5, "代理：OpenAI-SB"),
    Form(6, "代理：OpenAI Max"),
    Form(7, "代理：OhMyGPT"),
    Form(8, "自定义渠道", base_url_required=True),
    Form(9, "代理：AI.LS"),
    Form(10, "代理：AI Proxy"),
    Form(11, "PaLM2"),
    Form(12, "代理：API2GPT"),
    Form(13, "代理：AIGC2D"),
    Form(14, "Anthropic"),
    Form(15, "百度文心千帆", key=KeyForm("APIKey|SecretKey", pattern=rf"{_PART}\|{_PART}")),
    Form(16, "智谱 ChatGLM", key=KeyForm("id.secret", pattern=r"[^.\s]+\.[^.\s]+")),
    Form(
        17,
        "阿里通义千问",
        config=(ConfigField("plugin", Words("插件参数", "Plugin parameter"), required=False),),
    ),
    Form(
        18,
        "讯飞星火认知",
        key=KeyForm("APPID|APISecret|APIKey", pattern=rf"{_PART}\|{_PART}\|{_PART}"),
        config=(ConfigField("api_version", Words("模型版本", "Model version"), required=False),),
    ),
    Form(19, "360 智脑"),
    Form(20, "OpenRouter"),
    Form(
        21, "知识库：AI Proxy", config=(ConfigField("library_id", Words("知识库 ID", "Knowledge base id")),)
    ),
    # newer keys have no AppId, so nothing is refused
    Form(22, "知识库：FastGPT", key=KeyForm("APIKey-AppId")),
    Form(23, "腾讯混元", key=KeyForm("AppId|SecretId|SecretKey", pattern=rf"{_PART}\|{_PART}\|{_PART}")),
    Form(
        24,
        "Gemini",
        config=(ConfigField("api_version", Words("API 版本", "API version"), required=False),),
    ),
    Form(25, "Moonshot AI"),
    Form(26, "百川大模型"),
    Form(27, "MiniMax"),
    Form(28, "Mistral AI"),
    Form(29, "Groq"),
    Form(30, "Ollama", hint="任意文本，如果服务不需要密钥"),
    Form(31, "零一万物"),
    Form(32, "阶跃星辰"),
    Form(
        33,
        "AWS",
        key=KeyForm(
            "AK|SK|REGION",
            pattern=rf"{_PART}|{_PART}\|{_PART}\|{_PART}(\|{_PART})?",
            config=("ak", "sk", "region"),
        ),
        hint="AK|SK|REGION，如有会话令牌则以 | 接在其后；或 API 密钥",
        config=(
            _REGION,
            ConfigField("ak", Words("访问密钥 AK", "Access key id (AK)"), required=False),
            ConfigField("sk", Words("私有密钥 SK", "Secret access key (SK)"), required=False, secret=True),
        ),
    ),
    Form(34, "Coze", hint="个人访问令牌", config=(_USER,)),
    Form(35, "Cohere"),
    Form(36, "DeepSeek"),
    Form(
        37,
        "Cloudflare",
        hint="API 令牌；账户 ID 填在 user_id",
        config=(ConfigField("user_id", Words("账户 ID", "Account id")),),
    ),
    Form(38, "DeepL", hint="免费版密钥以 :fx 结尾；其他密钥的渠道地址应为 https://api.deepl.com"),
    Form(39, "together.ai"),
    Form(40, "字节火山引擎"),
    Form(41, "Novita"),
    Form(
        42,
        "VertexAI",
        key=KeyForm(
            "REGION|PROJECT_ID|ADC_JSON",
            pattern=rf"{_PART}\|{_PART}\|\{{.*\}}",
            config=("region", "vertex_ai_project_id", "vertex_ai_adc"),
        ),
        hint="区域|项目|服务账号密钥的 JSON",
        config=(
            _REGION,
            ConfigField("vertex_ai_project_id", Words("项目 ID", "Project id")),
            ConfigField(
                "vertex_ai_adc",
                Words("应用默认凭据 JSON", "Application default credentials (JSON)"),
                secret=True,
            ),
        ),
    ),
    Form(43, "Proxy", hint="完整的 Authorization 请求头，包括认证方案", base_url_required=True),
    Form(44, "SiliconFlow"),
    Form(45, "xAI"),
    Form(46, "Replicate"),
    Form(47, "百度文心千帆 V2"),
    Form(48, "讯飞星火认知 V2", hint="HTTP 服务的 APIPassword"),
    Form(49, "阿里云百炼"),
    Form(50, "OpenAI 兼容", base_url_required=True),
    Form(51, "Gemini (OpenAI)"),
)


def _channel_type(form: Form) -> ChannelType:
    spec = SPECS[form.number]
    key = form.key
    if form.hint:
        key = evolve(key or KeyForm(), hint=Words(form.hint, spec.key_hint.replace("`", "")))
    return ChannelType(
        number=form.number,
        name=spec.id,
        label=Words(form.zh, spec.name),
        docs=spec.docs,
        base_url=spec.base_url,
        base_url_required=form.base_url_required,
        key=key,
        other=LEGACY_OTHER.get(form.number, ""),
        config=form.config,
        testable=Work.CONVERSE in (*spec.paths, *spec.procedures),
        has_balance=form.number in QUERIES,
    )


#: By channel type number.
CHANNEL_TYPES: Mapping[int, ChannelType] = MappingProxyType(
    {form.number: _channel_type(form) for form in _FORMS}
)
