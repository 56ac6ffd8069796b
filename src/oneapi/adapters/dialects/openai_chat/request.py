"""Reading a client's chat completion request.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.caching import read_breakpoint
from oneapi.adapters.dialects.media import PDF, media_type
from oneapi.adapters.dialects.openai_chat.functions import as_tools, speaks_functions
from oneapi.adapters.dialects.openai_chat.wire import NAME, UNKEPT
from oneapi.adapters.dialects.reading import Fields, as_json, split_data_url, wrong
from oneapi.domain.chat import (
    Audio,
    ChatRequest,
    CustomTool,
    Document,
    FormatKind,
    Image,
    Message,
    MessageRole,
    ModelRefusal,
    Native,
    ResponseFormat,
    Sampling,
    Speech,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneapi.domain.chat import CacheBreakpoint, Part

MOST_TOKENS = 1073741823
#: one-api's clients wrote ``any`` before OpenAI defined a value for it.
MODES = {
    "auto": ToolMode.AUTO,
    "none": ToolMode.NONE,
    "required": ToolMode.REQUIRED,
    "any": ToolMode.REQUIRED,
}


#: Types of ``thinking`` -> whether the model thinks.
SWITCHES = {"enabled": True, "adaptive": True, "disabled": False}


def read_request(body: Mapping[str, Any]) -> ChatRequest:
    if speaks_functions(body):
        body = as_tools(body)
    fields = Fields(body)
    newer, older = fields.integer("max_completion_tokens"), fields.integer("max_tokens")
    limit = older if newer is None else newer
    if limit is not None and not 0 <= limit <= MOST_TOKENS:
        raise InvalidParameter("max_tokens", "max_tokens is invalid")
    options = fields.object("stream_options")
    return ChatRequest(
        dialect=NAME,
        model=fields.text("model"),
        messages=_messages(fields),
        tools=tuple(_tool(item) for item in fields.objects("tools")),
        tool_choice=_tool_choice(fields),
        parallel_tool_calls=fields.flag("parallel_tool_calls"),
        sampling=_sampling(fields),
        max_tokens=limit or None,
        response_format=_response_format(fields.object("response_format")),
        reasoning_effort=fields.text("reasoning_effort") or _effort(body),
        thinking_budget=_thinking_budget(fields, body),
        thinking=_thinking(body),
        modalities=tuple(kind for kind in fields.texts("modalities") if kind != "text"),
        speech=_speech(fields),
        stream=bool(fields.flag("stream")),
        include_usage=bool(options and options.flag("include_usage")),
        user=fields.text("user"),
        extra=fields.rest(),
    )


def _sampling(fields: Fields) -> Sampling:
    return Sampling(
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_k=fields.integer("top_k"),
        seed=fields.number("seed"),
        frequency_penalty=fields.number("frequency_penalty"),
        presence_penalty=fields.number("presence_penalty"),
        logit_bias=fields.mapping("logit_bias"),
        n=fields.integer("n"),
        stop=fields.texts("stop"),
        logprobs=fields.flag("logprobs"),
        top_logprobs=fields.integer("top_logprobs"),
    )


def _speech(fields: Fields) -> Speech | None:
    given = fields.object("audio")
    if given is None:
        return None
    if isinstance(given.any("voice"), dict):
        raise UnsupportedFeature(feature="audio.voice by id")
    return Speech(given.text("voice"), given.text("format"))


def _effort(body: Mapping[str, Any]) -> str:
    """Also in other APIs' fields: https://openrouter.ai/docs/use-cases/reasoning-tokens, https://docs.ollama.com/api/chat."""
    reasoning = body.get("reasoning")
    for word in (reasoning.get("effort") if isinstance(reasoning, dict) else None, body.get("think")):
        if isinstance(word, str) and word:
            return word
    return ""


def _thinking_budget(fields: Fields, body: Mapping[str, Any]) -> int | None:
    """Read Anthropic's ``thinking`` parameter, and the equivalent fields of DashScope and OpenRouter."""
    given, reasoning = body.get("thinking"), body.get("reasoning")
    if isinstance(given, dict) and given.get("type") == "enabled" and given.get("budget_tokens") is not None:
        thinking = fields.object("thinking")
        return thinking.integer("budget_tokens") if thinking else None
    for budget in (
        body.get("thinking_budget"),
        reasoning.get("max_tokens") if isinstance(reasoning, dict) else None,
    ):
        if isinstance(budget, int) and not isinstance(budget, bool) and budget > 0:
            return budget
    return None


def _thinking(body: Mapping[str, Any]) -> bool | None:
    """Read provider-specific switches: ``think``, ``enable_thinking``, ``thinking``.

    https://docs.ollama.com/capabilities/thinking, https://help.aliyun.com/zh/model-studio/deep-thinking,
    https://docs.bigmodel.cn/cn/guide/capabilities/thinking, https://docs.vllm.ai/en/latest/features/reasoning_outputs
    """
    thinking, template = body.get("thinking"), body.get("chat_template_kwargs")
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    if isinstance(kind, str) and kind in SWITCHES:
        return SWITCHES[kind]
    inside = template.get("enable_thinking") if isinstance(template, dict) else None
    reasoning = body.get("reasoning")
    enabled = reasoning.get("enabled") if isinstance(reasoning, dict) else None
    for word in (body.get("think"), body.get("enable_thinking"), inside, enabled):
        if isinstance(word, bool):
            return word
    return None


def _response_format(given: Fields | None) -> ResponseFormat | None:
    if given is None:
        return None
    kind = given.text("type") or FormatKind.TEXT
    if kind not in list(FormatKind):
        raise InvalidParameter(given.named("type"), f"response_format type {kind!r} is unknown")
    schema = given.object("json_schema") if kind == FormatKind.SCHEMA else None
    if schema is None:
        return ResponseFormat(FormatKind(kind))
    return ResponseFormat(
        FormatKind.SCHEMA,
        name=schema.text("name"),
        schema=schema.mapping("schema"),
        strict=schema.flag("strict"),
        description=schema.text("description"),
    )


def _tool(item: Fields) -> Tool | CustomTool | Native:
    if item.text("type") == "custom" and (custom := item.object("custom")) is not None:
        layout = custom.object("format") or Fields({}, custom.named("format"))
        grammar = layout.object("grammar") or Fields({}, layout.named("grammar"))
        return CustomTool(
            custom.required_text("name"),
            custom.text("description"),
            grammar.text("syntax"),
            grammar.text("definition"),
        )
    function = item.object("function")
    if item.text("type") not in {"", "function"} or function is None:
        return Native(NAME, item.whole())
    return Tool(
        name=function.required_text("name"),
        description=function.text("description"),
        parameters=function.mapping("parameters"),
        strict=function.flag("strict"),
        cache=read_breakpoint(item),
    )


def _tool_choice(fields: Fields) -> ToolChoice:
    given = fields.any("tool_choice")
    if given is None:
        return ToolChoice()
    if isinstance(given, str):
        if given not in MODES:
            raise InvalidParameter("tool_choice", f"tool_choice {given!r} is unknown")
        return ToolChoice(MODES[given])
    choice = Fields(given, "tool_choice")
    allowed = choice.object("allowed_tools")
    if allowed is None:
        return ToolChoice(ToolMode.NAMED, _named(choice))
    mode = allowed.text("mode") or "auto"
    if mode not in ("auto", "required"):
        raise wrong(allowed.named("mode"), "auto or required")
    names = tuple(map(_named, allowed.objects("tools")))
    if not names:
        raise wrong(allowed.named("tools"), "a list of tools")
    return ToolChoice(MODES[mode], allowed=names)


def _named(choice: Fields) -> str:
    """The name of a tool, nested under its kind."""
    named = choice.object("function") or choice.object("custom")
    if named is None:
        raise wrong(choice.path, "a mode, the name of a tool or allowed_tools")
    return named.required_text("name")


# --- messages ----------------------------------------------------------------------------------


def _messages(fields: Fields) -> tuple[Message, ...]:
    given = fields.objects("messages")
    if not given:
        raise InvalidParameter("messages", "field messages is required", "missing_required_parameter")
    messages: list[Message] = []
    for item in given:
        message = _message(item)
        if message.role is MessageRole.TOOL and messages and messages[-1].role is MessageRole.TOOL:
            messages[-1] = Message(MessageRole.TOOL, messages[-1].parts + message.parts)
        else:
            messages.append(message)
    return tuple(messages)


def _message(item: Fields) -> Message:
    name = item.text("name")
    match item.text("role").lower():
        case "system" | "developer":
            return Message(MessageRole.SYSTEM, _content(item), name)
        case "user":
            return Message(MessageRole.USER, _content(item), name)
        case "assistant":
            return Message(MessageRole.ASSISTANT, tuple(_assistant(item)), name)
        case "tool":
            return Message(MessageRole.TOOL, (_tool_result(item),))
        case role:
            raise InvalidParameter(item.named("role"), f"{item.named('role')} {role!r} is not supported")


def _tool_result(item: Fields) -> ToolResult:
    return ToolResult(item.required_text("tool_call_id"), _content(item), cache=read_breakpoint(item))


def _assistant(item: Fields) -> Iterable[Part]:
    yield from _thoughts(item)
    yield from _content(item)
    if refusal := item.text("refusal"):
        yield ModelRefusal(refusal)
    if (audio := item.object("audio")) is not None and (spoken := audio.required_text("id")) != UNKEPT:
        yield Audio(id=spoken)
    for picture in item.objects("images"):
        yield _image(picture, None)
    for call in item.objects("tool_calls"):
        if (custom := call.object("custom")) is not None:
            call_id, name = call.required_text("id"), custom.required_text("name")
            yield ToolCall(call_id, name, custom.text("input"), is_custom=True)
            continue
        function = call.object("function")
        if call.text("type") not in {"", "function"} or function is None:
            raise InvalidParameter(call.path, f"{call.path} is not a function call", "unsupported_value")
        arguments = function.any("arguments")
        yield ToolCall(
            id=call.required_text("id"),
            name=function.required_text("name"),
            arguments=arguments
            if isinstance(arguments, str)
            else as_json({} if arguments is None else arguments),
            cache=read_breakpoint(call),
        )


def _thoughts(item: Fields) -> Iterable[Thinking]:
    """Read ``thinking_blocks``, which ``reply.py`` writes for Claude, as LiteLLM does; they keep the signatures."""
    told = item.any("reasoning_content") or item.any("reasoning")
    told = told if isinstance(told, str) else ""
    blocks = item.objects("thinking_blocks")
    signed = [block for block in blocks if block.text("type") == "thinking"]
    for block in blocks:
        if block.text("type") == "redacted_thinking":
            yield Thinking(redacted=block.text("data"))
        else:
            # A stream's reader gets the text as reasoning_content, and a block that holds only the signature.
            text = block.text("thinking") or (told if len(signed) == 1 else "")
            yield Thinking(text, signature=block.text("signature"))
    if told and not blocks:
        yield Thinking(told)


def _content(item: Fields) -> tuple[Part, ...]:
    content = item.any("content")
    if content is None or isinstance(content, str):
        return (Text(content),) if content else ()
    parts = (_part(part) for part in item.objects("content"))
    return tuple(part for part in parts if part != Text(""))


def _part(part: Fields) -> Part:
    cache = read_breakpoint(part)
    match part.text("type"):
        case "text":
            return Text(part.text("text"), cache)
        case "refusal":
            return ModelRefusal(part.text("refusal"))
        case "image_url":
            return _image(part, cache)
        case "input_audio":
            audio = part.object("input_audio") or Fields({}, part.named("input_audio"))
            return Audio(audio.required_text("data"), audio.required_text("format"))
        case "file":
            return _file(part, cache)
        case "":
            raise InvalidParameter(part.named("type"), f"{part.named('type')} is required")
        case _:
            return Native(NAME, part.whole())


def _image(part: Fields, cache: CacheBreakpoint | None) -> Image:
    given = part.any("image_url")
    # Some clients send the URL itself.
    image = Fields({"url": given} if isinstance(given, str) else given, part.named("image_url"))
    url = image.required_text("url")
    detail = image.text("detail")
    inline = split_data_url(url, image.named("url"))
    if inline is None:
        return Image(url=url, detail=detail, cache=cache)
    return Image(media_type=media_type(*inline), data=inline[1], detail=detail, cache=cache)


def _file(part: Fields, cache: CacheBreakpoint | None) -> Document | Image | Native:
    file = part.object("file") or Fields({}, part.named("file"))
    given, title = file.text("file_data"), file.text("filename")
    if not given:
        return Native(NAME, part.whole())
    declared, data = split_data_url(given, file.named("file_data")) or ("", given)
    kind = media_type(declared, data, title) or PDF
    if kind.startswith("image/"):
        return Image(media_type=kind, data=data, cache=cache)
    return Document(media_type=kind, data=data, title=title, cache=cache)
