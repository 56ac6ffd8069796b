"""Writing a conversation as a request for content.

Field names are spelled as one-api spelled them: the API reads both spellings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from oneapi.adapters.dialects.gemini import signatures
from oneapi.adapters.dialects.gemini.schemas import schema_field
from oneapi.adapters.dialects.gemini.thinking import thinking_config
from oneapi.adapters.dialects.gemini.wire import PCM, PCM16
from oneapi.adapters.dialects.narrow import given, missing, refuse, text, titled
from oneapi.adapters.dialects.reading import parsed_object
from oneapi.adapters.dialects.tool_calls import RULES
from oneapi.data import traits_of
from oneapi.domain.chat import (
    Audio,
    CustomTool,
    Document,
    FormatKind,
    Image,
    Message,
    MessageRole,
    ModelRefusal,
    Native,
    Speech,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolMode,
    ToolResult,
    text_of,
)
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from oneapi.domain.chat import ChatRequest, Part

HARMS = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY")
#: Tools that run at the provider; clients may use these names as the type of a tool.
OWN_TOOLS = ("google_search", "url_context", "code_execution")

#: Kinds of content that answers may contain beside text.
MODALITIES = (IMAGE, AUDIO) = ("image", "audio")
#: Keywords in the schema of a function without parameters; the API refuses such a schema.
WITHOUT_PARAMETERS = {"type", "properties", "required", "additionalProperties", "$schema"}


def write_request(request: ChatRequest, model: str, config: Mapping[str, Any]) -> dict[str, Any]:
    # Log probabilities are reported in whole answers only: no stream event carries them.
    others = tuple(kind for kind in request.modalities if kind not in MODALITIES)
    refuse(evolve(request, modalities=others), n=True, logprobs=not request.stream, tools=True, formats=True)
    system, messages = _split(request, model)
    contents = _contents(messages, model)
    if not contents:
        raise InvalidParameter("messages", "messages contains no text")
    threshold = text(config.get("GEMINI_SAFETY_SETTING"))
    safety = [{"category": f"HARM_CATEGORY_{harm}", "threshold": threshold} for harm in HARMS]
    fields = {
        "system_instruction": {"parts": [{"text": part.text} for part in system]} if system else None,
        "contents": contents,
        "safety_settings": safety if threshold else None,
        "tools": _tools(request.tools) or None,
        "tool_config": _tool_config(request),
    }
    return {**given(fields), "generation_config": {**_generation(request, model), **_modalities(request)}}


def _modalities(request: ChatRequest) -> dict[str, Any]:
    """Models that produce speech produce no text beside it."""
    if AUDIO not in request.modalities:
        return {"responseModalities": ["TEXT", "IMAGE"]} if IMAGE in request.modalities else {}
    speech = request.speech or Speech()
    if speech.format not in ("", PCM16):
        raise UnsupportedFeature(feature=f"audio.format: {speech.format}")
    voice = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": speech.voice}}} if speech.voice else None
    return given({"responseModalities": ["AUDIO"], "speechConfig": voice})


def _generation(request: ChatRequest, model: str) -> dict[str, Any]:
    sampling = request.sampling
    return {
        **given(
            {
                "temperature": sampling.temperature,
                "topP": sampling.top_p,
                "topK": sampling.top_k,
                "maxOutputTokens": request.max_tokens,
                "stopSequences": list(sampling.stop) or None,
                "candidateCount": sampling.n,
                "seed": sampling.seed,
                "frequencyPenalty": sampling.frequency_penalty,
                "presencePenalty": sampling.presence_penalty,
                "responseLogprobs": sampling.logprobs or None,
                "logprobs": sampling.top_logprobs if sampling.logprobs else None,
                "thinkingConfig": thinking_config(request, model),
            }
        ),
        **_format(request),
    }


def _format(request: ChatRequest) -> dict[str, Any]:
    wanted = request.response_format
    if wanted is None or wanted.kind is FormatKind.TEXT:
        return {}
    layout = {"responseMimeType": "application/json"}
    if not wanted.schema:
        return layout
    return {**layout, **schema_field("responseSchema", "responseJsonSchema", dict(wanted.schema))}


# --- tools -------------------------------------------------------------------------------------


def _tools(tools: Sequence[Tool | CustomTool | Native]) -> list[dict[str, Any]]:
    declared = [_declaration(tool) for tool in tools if isinstance(tool, Tool)]
    own = [_own(tool) for tool in tools if not isinstance(tool, Tool)]
    return [{"function_declarations": declared}, *own] if declared else own


def _declaration(tool: Tool) -> dict[str, Any]:
    schema = dict(tool.parameters or {})
    fields = given({"name": tool.name, "description": tool.description or None})
    if not schema.get("properties") and schema.keys() <= WITHOUT_PARAMETERS:
        return fields
    return {**fields, **schema_field("parameters", "parametersJsonSchema", schema)}


def _own(tool: CustomTool | Native) -> dict[str, Any]:
    kind = "" if isinstance(tool, CustomTool) else text(tool.fields.get("type"))
    if isinstance(tool, CustomTool) or kind not in OWN_TOOLS:
        raise UnsupportedFeature(feature=tool.feature)
    return {kind: tool.fields.get(kind) or {}}


def _tool_config(request: ChatRequest) -> dict[str, Any] | None:
    """The choice among tools; there is no parameter for parallel calls, which are left to the model."""
    if not any(isinstance(tool, Tool) for tool in request.tools):
        return None
    choice = request.tool_choice
    modes: dict[ToolMode, dict[str, Any]] = {
        ToolMode.NONE: {"mode": "NONE"},
        ToolMode.REQUIRED: {"mode": "ANY", "allowed_function_names": list(choice.allowed) or None},
        ToolMode.NAMED: {"mode": "ANY", "allowed_function_names": [choice.name]},
    }
    mode = modes.get(choice.mode)
    return None if mode is None else {"function_calling_config": given(mode)}


# --- messages ----------------------------------------------------------------------------------


def _split(request: ChatRequest, model: str) -> tuple[list[Text], list[Message]]:
    """The system's texts, and the other messages.

    If the model has no system prompt, or no other message needs an answer, the texts begin the first user message.
    """
    system: list[Text] = []
    messages = []
    for message in request.messages:
        if message.role is not MessageRole.SYSTEM:
            messages.append(message)
            continue
        for part in message.parts:
            if not isinstance(part, Text):
                raise UnsupportedFeature(feature="system messages that are not text")
            system.append(part)
    if not system or (messages and traits_of(model).system):
        return system, messages
    asked = messages.pop(0).parts if messages and messages[0].role is MessageRole.USER else ()
    return [], [Message(MessageRole.USER, (*system, *asked)), *messages]


def _contents(messages: Sequence[Message], model: str) -> list[dict[str, Any]]:
    #: Call id -> name, in the order of the calls; of a repeated id, the last.
    names: dict[str, str] = {}
    contents = []
    for message in messages:
        if message.role is MessageRole.ASSISTANT:
            for part in message.parts:
                if isinstance(part, ToolCall):
                    names.pop(part.id, None)
                    names[part.id] = part.name
            parts = _turn(message.parts, model)
        elif message.role is MessageRole.TOOL:
            parts = _results(message.parts, names)
        else:
            parts = [written for part in message.parts for written in _part(part)]
        if parts:
            contents.append(
                {"role": "model" if message.role is MessageRole.ASSISTANT else "user", "parts": parts}
            )
    return contents


def _turn(parts: Sequence[Part], model: str) -> list[dict[str, Any]]:
    """An earlier turn of the model, with each part's original signature."""
    signed = signatures.signatures_in(parts)
    written: list[dict[str, Any]] = []
    calls = 0
    for part in parts:
        if not isinstance(part, ToolCall):
            written += _part(part)
            continue
        signature = signed.get(signatures.of_call(calls))
        if signature is None and calls == 0 and traits_of(model).signs:
            signature = signatures.UNKNOWN
        call = {"name": part.name, "args": parsed_object(part.arguments)}
        written.append(given({"functionCall": call, "thoughtSignature": signature}))
        calls += 1
    shown = [fields for fields in written if "functionCall" not in fields]
    for picture in (fields for fields in shown if "inlineData" in fields):
        if traits_of(model).signs:
            picture["thoughtSignature"] = signatures.UNKNOWN
    if shown and signatures.TEXT in signed:
        shown[-1]["thoughtSignature"] = signed[signatures.TEXT]
    return written


def _results(parts: Sequence[Part], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Results in the order of their calls, because this format has no ids; content other than text follows."""
    places = {call_id: place for place, call_id in enumerate(names)}
    results = sorted(
        (part for part in parts if isinstance(part, ToolResult)),
        key=lambda result: places.get(result.call_id, len(places)),
    )
    # A result whose call is missing from the history still needs a name.
    written: list[dict[str, Any]] = [
        {
            "functionResponse": {
                "name": names.get(result.call_id) or RULES["gemini"].fitted(result.call_id),
                "response": _response(result),
            }
        }
        for result in results
    ]
    shown = [part for result in results for part in result.parts if not isinstance(part, Text)]
    return written + [fields for part in shown for fields in _part(part)]


def _response(result: ToolResult) -> dict[str, Any]:
    """A result as an object, which the API requires; others are wrapped under its names ``output`` and ``error``.

    https://ai.google.dev/api/caching#FunctionResponse
    """
    told = text_of(result.parts)
    if result.is_error:
        return {"error": told}
    if told.strip() == "{}":
        return {}
    return parsed_object(told) or {"output": told}


def _part(part: Part) -> Iterable[dict[str, Any]]:
    """One part, or none if the API would refuse it or does not need it."""
    match part:
        case Text(text=told) | ModelRefusal(text=told):
            if told:
                yield {"text": told}
        case Thinking():
            pass  # summaries that the model does not want back
        case Image(data=data, media_type=kind) if data:
            yield _inline(kind, data)
        case Document():
            yield _document(part)
        case Audio(data=data, format=kind) if data:
            yield _inline(PCM if kind == PCM16 else f"audio/{kind}", data)
        case _:
            raise missing(part)


def _inline(kind: str, data: str) -> dict[str, Any]:
    return {"inlineData": {"mimeType": kind, "data": data}}


def _document(document: Document) -> dict[str, Any]:
    if document.url:
        return {"fileData": {"mimeType": document.media_type or "application/pdf", "fileUri": document.url}}
    if document.text:
        return {"text": titled(document)}
    return _inline(document.media_type, document.data)
