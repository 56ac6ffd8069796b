"""Reading a client's request for content: https://ai.google.dev/api/generate-content#request-body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from oneapi.adapters.dialects.gemini.contents import parts_in, read_messages
from oneapi.adapters.dialects.gemini.wire import NAME, PCM16, ProtoFields, either, snake
from oneapi.adapters.dialects.narrow import fields_of, items_of, text
from oneapi.domain.chat import (
    ChatRequest,
    FormatKind,
    Message,
    MessageRole,
    Native,
    ResponseFormat,
    Sampling,
    Speech,
    Tool,
    ToolChoice,
    ToolMode,
)
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON, ENUM = "application/json", "text/x.enum"
MODES = {
    "AUTO": ToolMode.AUTO,
    "VALIDATED": ToolMode.AUTO,
    "ANY": ToolMode.REQUIRED,
    "NONE": ToolMode.NONE,
    "MODE_UNSPECIFIED": ToolMode.AUTO,
}
#: Options without a counterpart at other providers, and bookkeeping: leaving them out changes no answer.
HARMLESS = ("safetySettings", "labels", "store")
#: This API's tiers -> OpenAI's, which the hub uses.
TIERS = {"flex": "flex", "standard": "default", "priority": "priority"}
HARMLESS_CONFIG = (
    "mediaResolution",
    "audioTimestamp",
    "routingConfig",
    "modelSelectionConfig",
    "enableEnhancedCivicAnswers",
    "audioTranscriptionConfig",
)
#: The budget that lets the model decide how much to think.
DYNAMIC = -1
_DEEPEST = 64
_NUMBERS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_SCHEMAS = ("items", "additionalProperties")
_LISTS = ("anyOf", "prefixItems")
_NAMED = ("properties", "defs")


def read_request(body: Mapping[str, Any]) -> ChatRequest:
    fields = ProtoFields(body)
    config = fields.object("generationConfig") or ProtoFields({}, "generationConfig")
    system = fields.object("systemInstruction")
    prompt = tuple(parts_in(system)) if system else ()
    tools, choice = _tools(fields)
    limit = config.integer("maxOutputTokens")
    if limit is not None and limit < 0:
        raise InvalidParameter("maxOutputTokens", "maxOutputTokens is invalid")
    thinking = config.object("thinkingConfig") or ProtoFields({}, "thinkingConfig")
    budget = thinking.integer("thinkingBudget")
    level = thinking.text("thinkingLevel").lower()
    thinking.flag("includeThoughts")
    request = ChatRequest(
        dialect=NAME,
        model=fields.text("model").removeprefix("models/"),
        messages=(*((Message(MessageRole.SYSTEM, prompt),) if prompt else ()), *read_messages(fields)),
        tools=tools,
        tool_choice=choice,
        sampling=_sampling(config),
        max_tokens=limit or None,
        response_format=_format(config),
        reasoning_effort="" if level == "thinking_level_unspecified" else level,
        thinking_budget=budget if budget and budget > 0 else None,
        thinking=None if budget is None else budget != 0,
        modalities=_modalities(config),
        speech=_speech(config),
        include_usage=True,  # this format always reports it
    )
    for name in HARMLESS:
        fields.any(name)
    for name in HARMLESS_CONFIG:
        config.any(name)
    tier = TIERS.get(fields.text("serviceTier").lower())
    extra = {**fields.rest(), **config.rest(), **({"service_tier": tier} if tier else {})}
    return evolve(request, extra=extra) if extra else request


def shows_thoughts(fields: Mapping[str, Any]) -> bool:
    """Whether the client asked to read the model's thoughts."""
    config = fields_of(either(fields, "generationConfig"))
    return either(fields_of(either(config, "thinkingConfig")), "includeThoughts") is True


def _sampling(config: ProtoFields) -> Sampling:
    return Sampling(
        temperature=config.number("temperature"),
        top_p=config.number("topP"),
        top_k=config.integer("topK"),
        seed=config.integer("seed"),
        frequency_penalty=config.number("frequencyPenalty"),
        presence_penalty=config.number("presencePenalty"),
        n=config.integer("candidateCount"),
        stop=config.texts("stopSequences"),
        logprobs=config.flag("responseLogprobs"),
        top_logprobs=config.integer("logprobs"),
    )


def _modalities(config: ProtoFields) -> tuple[str, ...]:
    kinds = tuple(kind.lower() for kind in config.texts("responseModalities"))
    return tuple(kind for kind in kinds if kind not in ("text", "modality_unspecified"))


def _speech(config: ProtoFields) -> Speech | None:
    """The voice of spoken answers. Several speakers are refused, because only this API has them."""
    given = config.mapping("speechConfig")
    if given is None:
        return None
    voice = fields_of(either(fields_of(either(given, "voiceConfig")), "prebuiltVoiceConfig"))
    if either(given, "multiSpeakerVoiceConfig"):
        raise UnsupportedFeature(feature="speechConfig.multiSpeakerVoiceConfig")
    return Speech(text(either(voice, "voiceName")), PCM16)


def _format(config: ProtoFields) -> ResponseFormat | None:
    kind = config.text("responseMimeType")
    own, given = config.mapping("responseSchema"), config.mapping("responseJsonSchema")
    given = given or config.mapping("_responseJsonSchema")
    schema = json_schema(own) if own else given
    if schema is not None and kind in (JSON, ENUM):
        return ResponseFormat(FormatKind.SCHEMA, schema=schema)
    return ResponseFormat(FormatKind.JSON) if kind == JSON else None


# --- tools -------------------------------------------------------------------------------------


def _tools(fields: ProtoFields) -> tuple[tuple[Tool | Native, ...], ToolChoice]:
    tools = tuple(tool for item in fields.objects("tools") for tool in _tools_of(item))
    config = fields.object("toolConfig") or ProtoFields({}, "toolConfig")
    calling = config.object("functionCallingConfig") or ProtoFields({}, "functionCallingConfig")
    given = calling.text("mode") or "AUTO"
    mode = MODES.get(given.upper())
    if mode is None:
        raise InvalidParameter(calling.named("mode"), f"{calling.named('mode')} {given!r} is unknown")
    allowed = calling.texts("allowedFunctionNames")
    if mode is not ToolMode.REQUIRED or not allowed:
        return tools, ToolChoice(mode)
    if len(allowed) == 1:
        return tools, ToolChoice(ToolMode.NAMED, allowed[0])
    return tools, ToolChoice(ToolMode.REQUIRED, allowed=allowed)


def _tools_of(item: ProtoFields) -> list[Tool | Native]:
    """The tools of one entry: functions, or a tool named by its key that runs at the provider."""
    functions: list[Tool | Native] = [_function(each) for each in item.objects("functionDeclarations")]
    own = {snake(name): value for name, value in item.rest().items() if value is not None}
    return functions + [Native(NAME, {"type": name, name: value}) for name, value in own.items()]


def _function(item: ProtoFields) -> Tool:
    own = item.mapping("parameters")
    parameters = json_schema(own) if own else item.mapping("parametersJsonSchema")
    return Tool(item.required_text("name"), item.text("description"), parameters)


# --- schemas -----------------------------------------------------------------------------------


def json_schema(schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Convert a schema in this API's form to JSON Schema: https://ai.google.dev/api/caching#Schema."""
    if depth > _DEEPEST:
        return {}
    told = {
        name: _said(name, value, depth + 1)
        for name in _names(schema)
        if (value := either(schema, name)) is not None
    }
    nullable = told.pop("nullable", False)
    if nullable and isinstance(told.get("type"), str):
        told["type"] = [told["type"], "null"]
    if "defs" in told:
        told["$defs"] = told.pop("defs")
    if "ref" in told:
        told["$ref"] = told.pop("ref")
    return told


def _names(schema: Mapping[str, Any]) -> list[str]:
    """The schema's keywords that JSON Schema also has, in this API's spelling."""
    spelt = {snake(name): name for name in _KNOWN}
    return [known for name in schema if (known := spelt.get(snake(name))) is not None]


_KNOWN = (
    *("type", "format", "title", "description", "nullable", "enum", "default", "pattern", "required"),
    *("minimum", "maximum", "ref"),
    *_NUMBERS,
    *_SCHEMAS,
    *_LISTS,
    *_NAMED,
)


def _said(name: str, value: Any, depth: int) -> Any:
    if name == "type" and isinstance(value, str):
        return value.lower()
    if name in _NUMBERS and isinstance(value, str) and value.isdigit():
        return int(value)
    if name in _SCHEMAS and isinstance(value, dict):
        return json_schema(value, depth)
    if name in _LISTS:
        return [json_schema(item, depth) for item in items_of(value)]
    if name in _NAMED and isinstance(value, dict):
        return {
            key: json_schema(item, depth) if isinstance(item, dict) else item for key, item in value.items()
        }
    return value
