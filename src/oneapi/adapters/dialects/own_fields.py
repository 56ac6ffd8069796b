"""Fields that OpenAI's format does not have: each reaches the provider that documents it, or the request is refused.

Clients send a provider's own parameters beside OpenAI's, under the provider's names, as if they spoke to it directly.
The same rule holds for all formats. A provider's own field is put where the provider expects it. A field that no
dialect acts on is left out if that changes no answer: bookkeeping, hints, and values that ask for nothing. Any other
field is refused by name, because a client must learn that it does not get what it asked for.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI_CHAT
from oneapi.adapters.dialects.reading import wrong
from oneapi.domain.chat import MessageRole, Native
from oneapi.domain.errors import UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneapi.domain.chat import ChatRequest, Message, Part

#: Fields that change no answer. OpenAI's: https://platform.openai.com/docs/api-reference/chat/create; routing and
#: accounting of OpenRouter: https://openrouter.ai/docs/api-reference/parameters; likewise of LiteLLM, Open WebUI and
#: llama.cpp.
HARMLESS = frozenset(
    {"metadata", "store", "service_tier", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options",
     "safety_identifier", "verbosity", "prediction", "audio", "provider", "transforms", "route", "models", "usage",
     "include_reasoning", "session_id", "chat_id", "thread_id", "conversation_id", "message_id",
     "parent_message_id", "request_id", "trace", "trace_id", "tags", "timeout", "num_retries", "cache_prompt",
     "stream_usage", "cache_control", "context_management", "output_config", "diagnostics"}
)  # fmt: skip
#: Read into the conversation itself: whether, and how much, to think.
UNDERSTOOD = frozenset(
    {"thinking", "think", "enable_thinking", "thinking_budget", "chat_template_kwargs", "reasoning"}
)
#: Values that switch a parameter off, other than ``false``, 0 and empty values.
NEUTRAL = MappingProxyType(
    {"repetition_penalty": 1, "repeat_penalty": 1, "typical_p": 1, "length_penalty": 1, "speed": "standard"}
)
#: Fields that ask for something even with an empty value: all of their members are optional.
ASKED_BY_PRESENCE = frozenset({"web_search_options"})
#: Objects that wrap fields unknown to OpenAI's SDK: https://ai.google.dev/gemini-api/docs/openai.
WRAPPER, NAMESPACE = "extra_body", "google"


def _same(names: str, below: str = "") -> dict[str, str]:
    return {name: f"{below}{name}" for name in names.split()}


def _camel(names: str, below: str = "") -> dict[str, str]:
    """Names that clients write in snake case or camel case, for an API that uses camel case."""
    found: dict[str, str] = {}
    for name in names.split():
        first, *others = name.split("_")
        spelt = first + "".join(part.capitalize() for part in others)
        found |= {name: f"{below}{spelt}", spelt: f"{below}{spelt}"}
    return found


def _pascal(names: str) -> dict[str, str]:
    """Like ``_camel``, for an API whose names begin with a capital letter."""
    capitals = {name: f"{place[0].upper()}{place[1:]}" for name, place in _camel(names).items()}
    return capitals | {place: place for place in capitals.values()}


@frozen
class OwnFields:
    """Name -> path of the field in the body: steps are separated by dots, objects are merged."""

    places: Mapping[str, str] = field(factory=dict)
    #: Path of all other fields; empty if they have no place.
    others: str = ""
    #: Set by the dialect itself, which could not read the answer otherwise.
    ours: frozenset[str] = frozenset()


#: https://platform.claude.com/docs/en/api/messages/create
_CLAUDE = _same("container context_management mcp_servers inference_geo speed output_config stop_sequences")
OWN: Mapping[str, OwnFields] = MappingProxyType(
    {
        "anthropic": OwnFields({**_CLAUDE, **_same("cache_control")}),
        "bedrock_claude": OwnFields({**_CLAUDE, **_same("anthropic_beta")}),
        "vertex_claude": OwnFields({**_CLAUDE, **_same("anthropic_beta")}),
        # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
        "converse": OwnFields(
            _camel(
                "additional_model_request_fields additional_model_response_field_paths guardrail_config"
                " performance_config prompt_variables request_metadata output_config"
            )
            | _same("serviceTier")
        ),
        # https://ai.google.dev/api/generate-content; audio_timestamp, routing_config and model_selection_config are
        # Vertex AI's: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
        "gemini": OwnFields(
            {
                **dict.fromkeys(("safety_settings", "safetySettings"), "safety_settings"),
                **dict.fromkeys(("cached_content", "cachedContent"), "cached_content"),
                **dict.fromkeys(("generation_config", "generationConfig"), "generation_config"),
                **_same("labels"),
                **_camel(
                    "thinking_config media_resolution speech_config image_config response_modalities"
                    " audio_timestamp routing_config model_selection_config enable_enhanced_civic_answers",
                    "generation_config.",
                ),
            }
        ),
        # https://platform.openai.com/docs/api-reference/responses/create
        "responses": OwnFields(
            {
                **_same("service_tier prompt_cache_key prompt_cache_retention prompt_cache_options"),
                "verbosity": "text.verbosity",
            }
        ),
        # https://docs.ollama.com/api/chat, https://docs.ollama.com/modelfile#parameter
        "ollama": OwnFields(
            {
                **_same("think keep_alive options format truncate shift"),
                **_same(
                    "num_ctx num_keep num_batch num_gpu main_gpu use_mmap num_thread num_predict min_p typical_p tfs_z"
                    " repeat_last_n repeat_penalty mirostat mirostat_eta mirostat_tau penalize_newline numa",
                    "options.",
                ),
                "repetition_penalty": "options.repeat_penalty",
            }
        ),
        # https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope
        "ali": OwnFields(
            _same(
                "enable_thinking thinking_budget preserve_thinking enable_search search_options repetition_penalty"
                " vl_high_resolution_images vl_enable_image_hw_output enable_code_interpreter translation_options"
                " asr_options ocr_options max_input_tokens tool_stream",
                "parameters.",
            ),
            ours=frozenset({"result_format", "incremental_output"}),
        ),
        # https://docs.cohere.com/v1/reference/chat
        "cohere": OwnFields(
            _same(
                "preamble connectors documents citation_quality search_queries_only prompt_truncation conversation_id"
                " max_input_tokens raw_prompting safety_mode force_single_step return_prompt k p stop_sequences"
            )
        ),
        # https://cloud.baidu.com/doc/WENXINWORKSHOP/s/clntwmv7t
        "baidu": OwnFields(
            _same(
                "disable_search enable_citation enable_trace penalty_score min_output_tokens max_output_tokens"
                " enable_system_memory system_memory_id user_ip enable_user_memory"
            )
        ),
        # https://cloud.tencent.com/document/api/1729/105701
        "tencent": OwnFields(
            _pascal(
                "enable_enhancement citation search_info enable_speed_search enable_multimedia enable_deep_search"
                " force_search_enhancement enable_recommended_questions enable_deep_read stream_moderation"
                " enable_thinking topic_choice web_search_options"
            )
        ),
        # https://www.xfyun.cn/doc/spark/Web.html
        "xunfei": OwnFields(
            _same("chat_id search_disable show_ref_label question_type auditing", "parameter.chat.")
        ),
        # https://www.coze.com/docs/developer_guides/chat
        "coze": OwnFields(_same("conversation_id custom_variables")),
        # https://open.bigmodel.cn/dev/api/normal-model/chatglm-turbo
        "zhipu_v3": OwnFields(_same("request_id ref return_type"), ours=frozenset({"incremental"})),
        # https://replicate.com/docs/reference/http: each model has its own inputs.
        "replicate": OwnFields(others="input"),
    }
)
_NONE = OwnFields()
#: Formats that express everything their own clients can say, whichever provider speaks them.
_WHOLE = MappingProxyType(
    {OPENAI_CHAT: (OPENAI_CHAT,), "anthropic": ("anthropic", "bedrock_claude", "vertex_claude")}
)


#: Parts of tools that another provider ran itself. The text after them reports the results.
_RAN_ELSEWHERE = ("server_tool_use", "mcp_tool_use", "mcp_tool_listing")


def without_foreign_tools(messages: tuple[Message, ...], client: str, dialect: str) -> tuple[Message, ...]:
    """``messages``, read from the format ``client``, without the tools that only a provider of that format runs."""
    if dialect in _WHOLE.get(client, ()):
        return messages
    kept = (
        evolve(message, parts=tuple(part for part in message.parts if not _ran_elsewhere(part)))
        if any(map(_ran_elsewhere, message.parts))
        else message
        for message in messages
    )
    return tuple(message for message in kept if message.parts or message.role is not MessageRole.ASSISTANT)


def _ran_elsewhere(part: Part) -> bool:
    if not isinstance(part, Native):
        return False
    return part.feature in _RAN_ELSEWHERE or part.feature.endswith("_tool_result")


def with_own_fields(body: dict[str, Any], request: ChatRequest, dialect: str) -> dict[str, Any]:
    """``body`` with the provider's own fields in the request. Raises UnsupportedFeature for fields of others."""
    if dialect in _WHOLE.get(request.dialect, ()):
        return body
    own = OWN.get(dialect, _NONE)
    for name, value in _given(request.extra):
        place = own.places.get(name)
        if place is None and not _is_idle(name, own):
            if own.others:
                place = f"{own.others}.{name}"
            elif (value or name in ASKED_BY_PRESENCE) and NEUTRAL.get(name) != value:
                raise UnsupportedFeature(feature=name)
        if place is not None:
            _put(body, place.split("."), value)
    return body


def _given(extra: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """The fields, unwrapped; fields outside the wrappers come last and take precedence."""
    for name, value in extra.items():
        if name in (WRAPPER, NAMESPACE) and isinstance(value, dict):
            yield from _given(value)
    for name, value in extra.items():
        if value is not None and not (name in (WRAPPER, NAMESPACE) and isinstance(value, dict)):
            yield name, value


def _is_idle(name: str, own: OwnFields) -> bool:
    """Whether leaving out a field without a place changes no answer, whatever its value."""
    return name in HARMLESS or name in UNDERSTOOD or name in own.ours


def _put(body: dict[str, Any], steps: list[str], value: Any) -> None:
    """Raises InvalidParameter for a value that is not an object where the body has one."""
    *above, name = steps
    for step in above:
        body = body.setdefault(step, {})
    known = body.get(name)
    if not isinstance(known, dict):
        body[name] = value
    elif isinstance(value, dict):
        body[name] = {**known, **value}
    else:
        raise wrong(name, "an object")
