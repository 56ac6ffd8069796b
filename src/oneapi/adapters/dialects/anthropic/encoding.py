"""Writing a conversation as a request of the Messages API.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from oneapi.adapters.dialects.anthropic.messages import conversation, marked, own_fields
from oneapi.adapters.dialects.anthropic.schemas import bound_schema, input_schema
from oneapi.adapters.dialects.anthropic.thinking import thinking_fields
from oneapi.adapters.dialects.anthropic.wire import NAME
from oneapi.adapters.dialects.reading import as_json
from oneapi.data import traits_of, upstream_names
from oneapi.domain.chat import (
    FormatKind,
    Message,
    MessageRole,
    Native,
    Sampling,
    Text,
    Tool,
    ToolChoice,
    ToolMode,
)
from oneapi.domain.errors import UnsupportedFeature
from oneapi.domain.histories import tools_called
from oneapi.domain.models.names import behind_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneapi.domain.chat import ChatRequest, CustomTool
    from oneapi.domain.models.traits import ModelTraits

#: The API requires a limit; one-api's choice for clients that set none.
DEFAULT_MAX_TOKENS = 4096
#: Expresses OpenAI's ``json_object`` for an API that offers only free text or a schema.
JSON_ONLY = "Answer with a single JSON object and nothing else."
#: The API's default, which is also its maximum.
LARGEST_TEMPERATURE = 1
#: Modes in which the model must call a tool.
FORCED = (ToolMode.REQUIRED, ToolMode.NAMED)


def write_request(request: ChatRequest, model: str) -> dict[str, Any]:
    """Fields of this format's own clients pass unchanged; those of others are adapted to what the model accepts."""
    _refuse_what_is_missing(request)
    traits = traits_of(behind_arn(model, request.model))
    output = _output(request, traits)
    if request.dialect != NAME:
        request = _fitted(request, traits, output)
    system, messages = conversation(request, traits)
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": upstream_names(NAME).get(model, model),
        "messages": messages,
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
    }
    given = {
        "system": system,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "stop_sequences": list(sampling.stop) or None,
        "stream": True if request.stream else None,
        "metadata": _metadata(request),
        # This API accepts only the default of those that OpenAI knows.
        "service_tier": own if (own := request.extra.get("service_tier")) == "standard_only" else None,
    }
    body |= {name: value for name, value in given.items() if value is not None}
    if request.tools:
        body["tools"] = [_tool(tool, strict=traits.schemas) for tool in request.tools]
        body["tool_choice"] = _tool_choice(request)
    body |= output
    if request.dialect != NAME:
        if request.max_tokens is None:
            body["max_tokens"] += output.get("thinking", {}).get("budget_tokens", 0)
        return body
    for name, value in request.extra.items():
        known = body.get(name)
        body[name] = {**value, **known} if isinstance(known, dict) and isinstance(value, dict) else value
    return body


def _refuse_what_is_missing(request: ChatRequest) -> None:
    """Refuse features without a counterpart that the client would miss."""
    wanted = {
        "n > 1": (request.sampling.n or 1) > 1,
        "logprobs": bool(request.sampling.logprobs),
        "modalities other than text": bool(request.modalities),
    }
    for feature, is_wanted in wanted.items():
        if is_wanted:
            raise UnsupportedFeature(feature=feature)


def _fitted(request: ChatRequest, traits: ModelTraits, output: Mapping[str, Any]) -> ChatRequest:
    """``request`` without what the model refuses; what no parameter expresses goes into the system prompt."""
    # With thinking, no sampling parameter is accepted except a top_p close to 1.
    thinking = output.get("thinking", {}).get("type") in ("enabled", "adaptive")
    sampling = Sampling() if thinking else sampling_for(traits, request.sampling)
    stop = tuple(each for each in request.sampling.stop if each.strip())  # blank ones are refused
    tools, choice = request.tools, request.tool_choice
    words = list(_format_words(request, output))
    if not tools:
        tools, choice = tools_called(request.messages), ToolChoice(ToolMode.NONE)
    elif choice.mode in FORCED and not traits.forced_tools:
        called = f"the tool {choice.name}" if choice.name else "one of the tools"
        words.append(f"Answer by calling {called}.")
        choice = ToolChoice()
    said = tuple(Message(MessageRole.SYSTEM, (Text(each),)) for each in words)
    return evolve(
        request,
        messages=(*request.messages, *said),
        sampling=evolve(sampling, stop=stop),
        tools=tools,
        tool_choice=choice,
    )


def sampling_for(traits: ModelTraits, asked: Sampling) -> Sampling:
    """The sampling that the model accepts; OpenAI's temperatures go up to 2, and its clients send both samplers."""
    if "temperature" in traits.refuses:
        return Sampling()
    temperature, top_p, top_k = asked.temperature, asked.top_p, asked.top_k
    if temperature is not None:
        temperature = min(temperature, LARGEST_TEMPERATURE)
    if temperature is not None and top_p is not None and traits.one_sampler:
        # Keep the one that differs from its default: both defaults are 1.
        if temperature == LARGEST_TEMPERATURE and top_p < 1:
            temperature = None
        else:
            top_p = None
    if top_k is not None and top_k < 0:  # other APIs' value for "all"
        top_k = None
    return Sampling(temperature, top_p, top_k)


def _output(request: ChatRequest, traits: ModelTraits) -> dict[str, Any]:
    """The fields for thinking and for the answer's format."""
    is_own = request.dialect == NAME
    fields: dict[str, Any] = {}
    if not is_own:
        fields = thinking_fields(request, traits)
    elif request.thinking_budget:
        fields["thinking"] = {"type": "enabled", "budget_tokens": request.thinking_budget}
    if is_own and request.reasoning_effort:
        fields["output_config"] = {"effort": request.reasoning_effort}
    wanted = request.response_format
    if wanted is not None and wanted.schema is not None and traits.schemas:
        schema = wanted.schema if is_own else bound_schema(wanted.schema)
        if schema is not None:
            layout = {"type": "json_schema", "schema": schema}
            fields["output_config"] = {**fields.get("output_config", {}), "format": layout}
    return fields


def _format_words(request: ChatRequest, output: Mapping[str, Any]) -> Iterable[str]:
    """Instructions to the model that no parameter can express."""
    wanted = request.response_format
    if wanted is None or wanted.kind is FormatKind.TEXT or "format" in output.get("output_config", {}):
        return
    if wanted.schema is None:
        yield JSON_ONLY
    else:
        yield f"{JSON_ONLY} It has to conform to this JSON schema: {as_json(wanted.schema)}"


def _metadata(request: ChatRequest) -> dict[str, Any] | None:
    """Only the user's id, which OpenAI's clients may also send in this API's own field."""
    given = request.extra.get("metadata") if request.dialect != NAME else None
    own = given.get("user_id") if isinstance(given, dict) else None
    user = request.user or (own if isinstance(own, str) else "")
    return {"user_id": user} if user else None


def _tool(tool: Tool | CustomTool | Native, *, strict: bool) -> dict[str, Any]:
    if not isinstance(tool, Tool):
        return own_fields(tool)
    fields: dict[str, Any] = {"name": tool.name, "input_schema": input_schema(tool.parameters)}
    if tool.description.strip():
        fields["description"] = tool.description
    if tool.strict and strict and (bound := bound_schema(fields["input_schema"])) is not None:
        fields |= {"strict": True, "input_schema": bound}
    return marked(fields, tool.cache)


def _tool_choice(request: ChatRequest) -> dict[str, Any]:
    modes: dict[ToolMode, dict[str, Any]] = {
        ToolMode.AUTO: {"type": "auto"},
        ToolMode.NONE: {"type": "none"},
        ToolMode.REQUIRED: {"type": "any"},
        ToolMode.NAMED: {"type": "tool", "name": request.tool_choice.name},
    }
    choice = modes[request.tool_choice.mode]
    if request.parallel_tool_calls is False and request.tool_choice.mode is not ToolMode.NONE:
        choice["disable_parallel_tool_use"] = True
    return choice
