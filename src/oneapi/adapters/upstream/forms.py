"""What the form of each channel type asks for, beside what all channels have."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.adapters.upstream.balances import QUERIES
from oneapi.adapters.upstream.catalog import NOT_SPOKEN_YET, SPECS
from oneapi.domain.channel_types import ChannelType, ConfigField, KeyForm, Words
from oneapi.domain.channels import LEGACY_OTHER
from oneapi.domain.requests import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART = r"[^|\s]+"
_REGION = ConfigField("region", Words("区域", "Region"))
_USER = ConfigField("user_id", Words("用户 ID", "User id"))


@frozen
class Form:
    """``zh`` and ``en`` are its labels; ``en`` empty: the same."""

    number: int
    zh: str
    en: str = ""
    key: KeyForm | None = None
    config: tuple[ConfigField, ...] = ()
    base_url_required: bool = False


@frozen
class Unspoken:
    """What is known of a type before its format is spoken here."""

    number: int
    id: str
    base_url: str = ""


_FORMS = (
    Form(1, "OpenAI"),
    Form(2, "代理：API2D", "Proxy: API2D"),
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
    Form(4, "代理：CloseAI", "Proxy: CloseAI"),
    Form(5, "代理：OpenAI-SB", "Proxy: OpenAI-SB"),
    Form(6, "代理：OpenAI Max", "Proxy: OpenAI Max"),
    Form(7, "代理：OhMyGPT", "Proxy: OhMyGPT"),
    Form(8, "自定义渠道", "Custom channel", base_url_required=True),
    Form(9, "代理：AI.LS", "Proxy: AI.LS"),
    Form(10, "代理：AI Proxy", "Proxy: AI Proxy"),
    Form(11, "Google PaLM2"),
    Form(12, "代理：API2GPT", "Proxy: API2GPT"),
    Form(13, "代理：AIGC2D", "Proxy: AIGC2D"),
    Form(14, "Anthropic Claude"),
    Form(
        15,
        "百度文心千帆",
        "Baidu Wenxin (Qianfan)",
        key=KeyForm("APIKey|SecretKey", pattern=rf"{_PART}\|{_PART}"),
    ),
    Form(16, "智谱 ChatGLM", "Zhipu ChatGLM", key=KeyForm("id.secret", pattern=r"[^.\s]+\.[^.\s]+")),
    Form(
        17,
        "阿里通义千问",
        "Alibaba Tongyi Qianwen",
        config=(ConfigField("plugin", Words("插件参数", "Plugin parameter"), required=False),),
    ),
    Form(
        18,
        "讯飞星火认知",
        "iFlytek Spark",
        key=KeyForm("APPID|APISecret|APIKey", pattern=rf"{_PART}\|{_PART}\|{_PART}"),
        config=(ConfigField("api_version", Words("模型版本", "Model version"), required=False),),
    ),
    Form(19, "360 智脑", "360 Zhinao"),
    Form(20, "OpenRouter"),
    Form(
        21,
        "知识库：AI Proxy",
        "Knowledge base: AI Proxy",
        config=(ConfigField("library_id", Words("知识库 ID", "Knowledge base id")),),
    ),
    # newer keys have no AppId, so nothing is refused
    Form(22, "知识库：FastGPT", "Knowledge base: FastGPT", key=KeyForm("APIKey-AppId")),
    Form(
        23,
        "腾讯混元",
        "Tencent Hunyuan",
        key=KeyForm("AppId|SecretId|SecretKey", pattern=rf"{_PART}\|{_PART}\|{_PART}"),
    ),
    Form(
        24,
        "Google Gemini",
        config=(ConfigField("api_version", Words("API 版本", "API version"), required=False),),
    ),
    Form(25, "Moonshot AI"),
    Form(26, "百川大模型", "Baichuan"),
    Form(27, "MiniMax"),
    Form(28, "Mistral AI"),
    Form(29, "Groq"),
    Form(
        30,
        "Ollama",
        key=KeyForm(hint=Words("任意文本，如服务不需要密钥", "any text, where the server asks for no key")),
    ),
    Form(31, "零一万物", "01.AI"),
    Form(32, "阶跃星辰", "StepFun"),
    Form(
        33,
        "AWS Bedrock",
        key=KeyForm("AK|SK|REGION", pattern=rf"{_PART}\|{_PART}\|{_PART}", config=("ak", "sk", "region")),
        config=(
            _REGION,
            ConfigField("ak", Words("访问密钥 AK", "Access key id (AK)")),
            ConfigField("sk", Words("私有密钥 SK", "Secret access key (SK)"), secret=True),
        ),
    ),
    Form(34, "Coze", config=(_USER,)),
    Form(35, "Cohere"),
    Form(36, "DeepSeek"),
    Form(37, "Cloudflare Workers AI", config=(ConfigField("user_id", Words("账户 ID", "Account id")),)),
    Form(38, "DeepL"),
    Form(39, "together.ai"),
    Form(40, "字节火山引擎", "Volcengine Ark (Doubao)"),
    Form(41, "Novita"),
    Form(
        42,
        "Google VertexAI",
        key=KeyForm(
            "REGION|PROJECT_ID|ADC_JSON",
            pattern=rf"{_PART}\|{_PART}\|\{{.*\}}",
            config=("region", "vertex_ai_project_id", "vertex_ai_adc"),
        ),
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
    Form(
        43,
        "Proxy",
        key=KeyForm(
            hint=Words(
                "完整的 Authorization 请求头，包括认证方案", "the whole Authorization header, with its scheme"
            )
        ),
        base_url_required=True,
    ),
    Form(44, "SiliconFlow"),
    Form(45, "xAI"),
    Form(46, "Replicate"),
    Form(47, "百度文心千帆 V2", "Baidu Qianfan v2"),
    Form(
        48,
        "讯飞星火认知 V2",
        "iFlytek Spark v2",
        key=KeyForm(hint=Words("HTTP 服务的 APIPassword", "the APIPassword of the HTTP service")),
    ),
    Form(49, "阿里云百炼", "Alibaba Cloud Bailian"),
    Form(50, "OpenAI 兼容", "OpenAI compatible", base_url_required=True),
    Form(51, "Gemini (OpenAI)", "Gemini (OpenAI format)"),
)

_UNSPOKEN = {
    each.number: each
    for each in (
        Unspoken(11, "palm", "https://generativelanguage.googleapis.com"),
        Unspoken(15, "baidu", "https://aip.baidubce.com"),
        Unspoken(16, "zhipu", "https://open.bigmodel.cn"),
        Unspoken(17, "ali", "https://dashscope.aliyuncs.com"),
        Unspoken(18, "xunfei"),
        Unspoken(21, "aiproxy_library", "https://api.aiproxy.io"),
        Unspoken(23, "tencent", "https://hunyuan.tencentcloudapi.com"),
        Unspoken(24, "gemini", "https://generativelanguage.googleapis.com"),
        Unspoken(30, "ollama", "http://localhost:11434"),
        Unspoken(33, "aws"),
        Unspoken(34, "coze", "https://api.coze.com"),
        Unspoken(35, "cohere", "https://api.cohere.ai"),
        Unspoken(37, "cloudflare", "https://api.cloudflare.com"),
        Unspoken(38, "deepl", "https://api-free.deepl.com"),
        Unspoken(42, "vertexai"),
        Unspoken(46, "replicate", "https://api.replicate.com"),
    )
}


def _channel_type(form: Form) -> ChannelType:
    spec = SPECS.get(form.number)
    known = spec or _UNSPOKEN[form.number]
    available = spec is not None and form.number not in NOT_SPOKEN_YET
    return ChannelType(
        number=form.number,
        name=known.id,
        label=Words(form.zh, form.en or form.zh),
        docs=spec.docs if spec else "",
        base_url=known.base_url,
        base_url_required=form.base_url_required,
        key=form.key,
        other=LEGACY_OTHER.get(form.number, ""),
        config=form.config,
        available=available,
        testable=spec is not None and available and Endpoint.CHAT in spec.paths,
        has_balance=form.number in QUERIES,
    )


#: By channel type number.
CHANNEL_TYPES: Mapping[int, ChannelType] = MappingProxyType(
    {form.number: _channel_type(form) for form in _FORMS}
)
