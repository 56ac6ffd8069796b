"""The formats of the scripted model's requests and answers: two of OpenAI, Anthropic's and Google's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from oneapi.adapters.dialects.gemini.wire import snake
from tests.support.providers.answers import CHAT_ID, CREATED, chat_chunk, json_reply, sse
from tests.support.providers.messages import events_of, message_reply, text_block
from tests.support.providers.scripted_model.script import SIGNATURE, Asked, Call, Counts, Said, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.providers.upstream import Answer, ReceivedRequest

Fields = dict[str, Any]


class Format(Protocol):
    """The format of one provider's requests and answers."""

    @property
    def verbs(self) -> tuple[str, ...]:
        """The ends of paths for conversations."""

    @property
    def counts(self) -> tuple[str, ...]:
        """The ends of paths for counting tokens, and the field with the count."""

    @property
    def count_field(self) -> str: ...

    def read(self, request: ReceivedRequest) -> Asked: ...

    def answer(self, asked: Asked, said: Said, counts: Counts) -> Answer: ...


def _texts(content: Any) -> Iterator[str]:
    """The texts of a message, which is a text or has parts."""
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]


def _halves(text: str) -> list[str]:
    return [half for half in (text[: len(text) // 2], text[len(text) // 2 :]) if half]


def _either(fields: Fields, name: str) -> Any:
    """One of Google's fields, under its name in camelCase or in snake_case; None if it is missing."""
    return fields.get(name, fields.get(snake(name)))


class Chat:
    """OpenAI's chat completions."""

    verbs = ("/chat/completions",)
    counts: tuple[str, ...] = ()
    count_field = ""

    def read(self, request: ReceivedRequest) -> Asked:
        body = request.json()
        said = [(each["role"], "\n".join(_texts(each.get("content")))) for each in body["messages"]]
        layout = body.get("response_format") or {}
        functions = [tool["function"] for tool in body.get("tools") or () if "function" in tool]
        return Asked(
            stream=bool(body.get("stream")),
            model=body["model"],
            texts=[text for role, text in said if role == "user"],
            results=[text for role, text in said if role == "tool"],
            tools=[Tool(each["name"], each.get("parameters") or {}) for each in functions],
            schema=(layout.get("json_schema") or {}).get("schema"),
            thinking="reasoning_effort" in body,
        )

    def answer(self, asked: Asked, said: Said, counts: Counts) -> Answer:
        function = said.call and {"name": said.call.name, "arguments": said.call.text}
        calls = [{"id": f"call_{counts.prompt}", "type": "function", "function": function}]
        finish = "tool_calls" if said.call else "stop"
        usage = {
            "prompt_tokens": counts.prompt,
            "completion_tokens": counts.completion,
            "total_tokens": counts.prompt + counts.completion,
            "prompt_tokens_details": {"cached_tokens": counts.cached},
        }
        if not asked.stream:
            message: Fields = {"role": "assistant", "content": said.text or None}
            message |= {"tool_calls": calls} if said.call else {}
            message |= {"reasoning_content": said.thought} if said.thought else {}
            choice = {"index": 0, "message": message, "finish_reason": finish}
            head = {"id": CHAT_ID, "object": "chat.completion", "created": CREATED, "model": asked.model}
            return json_reply({**head, "choices": [choice], "usage": usage})
        deltas: list[Fields] = [{"role": "assistant", "content": ""}]
        deltas += [{"reasoning_content": half} for half in _halves(said.thought)]
        deltas += [{"content": half} for half in _halves(said.text)]
        if said.call:
            deltas.append({"tool_calls": [{"index": 0, **calls[0]}]})
            begun: Any = calls[0]["function"]
            deltas[-1]["tool_calls"][0]["function"] = begun | {"arguments": ""}
            pieces = _halves(said.call.text)
            deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": each}}]} for each in pieces]
        chunks = [chat_chunk(delta, model=asked.model) for delta in deltas]
        chunks.append(chat_chunk({}, model=asked.model, finish_reason=finish))
        return sse([*chunks, chat_chunk({}, model=asked.model) | {"choices": [], "usage": usage}])


class Messages:
    """Anthropic's."""

    verbs = ("/messages",)
    counts = ("/messages/count_tokens",)
    count_field = "input_tokens"

    def read(self, request: ReceivedRequest) -> Asked:
        body = request.json()
        users = [each["content"] for each in body["messages"] if each["role"] == "user"]
        blocks = [block for content in users if isinstance(content, list) for block in content]
        results = [block.get("content") for block in blocks if block["type"] == "tool_result"]
        layout = (body.get("output_config") or {}).get("format") or {}
        tools = [tool for tool in body.get("tools") or () if "input_schema" in tool]
        return Asked(
            stream=bool(body.get("stream")),
            model=body["model"],
            texts=[text for content in users for text in _texts(content)],
            results=["\n".join(_texts(content)) for content in results],
            tools=[Tool(tool["name"], tool["input_schema"]) for tool in tools],
            schema=layout.get("schema"),
            thinking=(body.get("thinking") or {}).get("type") in ("enabled", "adaptive"),
        )

    def answer(self, asked: Asked, said: Said, counts: Counts) -> Answer:
        """A third of the uncached tokens is written to the cache."""
        written = (counts.prompt - counts.cached) // 3
        started = {
            "input_tokens": counts.prompt - counts.cached - written,
            "cache_read_input_tokens": counts.cached,
            "cache_creation_input_tokens": written,
        }
        ended = {"output_tokens": counts.completion}
        reason = "tool_use" if said.call else "end_turn"
        use = said.call and {"type": "tool_use", "id": f"toolu_{counts.prompt}", "name": said.call.name}
        if not asked.stream:
            thought = {"type": "thinking", "thinking": said.thought, "signature": SIGNATURE}
            content: list[Fields] = [thought] if said.thought else []
            content += [{"type": "text", "text": said.text}] if said.text else []
            content += [{**use, "input": said.call.arguments}] if said.call and use else []
            return message_reply(content, stop_reason=reason, usage=started | ended, model=asked.model)
        blocks: list[tuple[Fields, list[Fields]]] = []
        if said.thought:
            deltas = [{"type": "thinking_delta", "thinking": half} for half in _halves(said.thought)]
            deltas.append({"type": "signature_delta", "signature": SIGNATURE})
            blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
        if said.text:
            blocks.append(text_block(*_halves(said.text)))
        if said.call and use:
            pieces = _halves(said.call.text)
            deltas = [{"type": "input_json_delta", "partial_json": each} for each in pieces]
            blocks.append(({**use, "input": {}}, deltas))
        return sse(events_of(blocks, stop_reason=reason, started=started, ended=ended), done=False)


class Gemini:
    """Google's, in both of its spellings."""

    verbs = (":generateContent", ":streamGenerateContent")
    counts = (":countTokens",)
    count_field = "totalTokens"

    def read(self, request: ReceivedRequest) -> Asked:
        body = request.json()
        parts = [part for each in body["contents"] if each.get("role") != "model" for part in each["parts"]]
        results = [
            result["response"] for part in parts if (result := _either(part, "functionResponse")) is not None
        ]
        offered = body.get("tools") or ()
        functions = [each for tool in offered for each in _either(tool, "functionDeclarations") or ()]
        config = _either(body, "generationConfig") or {}
        return Asked(
            stream=request.path.endswith(":streamGenerateContent"),
            model=request.path.rpartition("/")[2].partition(":")[0],
            texts=list(_texts(parts)),
            results=[json.dumps(result) for result in results],
            tools=[
                Tool(each["name"], _either(each, "parametersJsonSchema") or each.get("parameters") or {})
                for each in functions
            ],
            schema=_either(config, "responseJsonSchema") or _either(config, "responseSchema"),
            thinking=bool(_either(_either(config, "thinkingConfig") or {}, "includeThoughts")),
        )

    def answer(self, asked: Asked, said: Said, counts: Counts) -> Answer:
        thoughts = 3 if said.thought else 0
        usage = {
            "promptTokenCount": counts.prompt,
            "cachedContentTokenCount": counts.cached,
            "candidatesTokenCount": counts.completion - thoughts,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": counts.prompt + counts.completion,
        }
        parts: list[Fields] = [{"text": half, "thought": True} for half in _halves(said.thought)]
        parts += [{"text": half} for half in _halves(said.text)]
        if said.call:
            call = {"name": said.call.name, "args": said.call.arguments}
            parts.append({"functionCall": call, "thoughtSignature": SIGNATURE})
        if not asked.stream:
            return json_reply(self._chunk(asked, parts, usage, finishReason="STOP"))
        *first, last = [[part] for part in parts]
        events = [self._chunk(asked, each, {"promptTokenCount": counts.prompt}) for each in first]
        events.append(self._chunk(asked, last, usage, finishReason="STOP"))
        return sse([f"data: {json.dumps(event)}\r\n\r\n" for event in events], done=False)

    @staticmethod
    def _chunk(asked: Asked, parts: list[Fields], usage: Fields, **fields: str) -> Fields:
        candidate = {"content": {"role": "model", "parts": parts}, "index": 0, **fields}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": asked.model}


class Responses:
    """OpenAI's newer one."""

    verbs = ("/responses",)
    counts = ("/responses/input_tokens",)
    count_field = "input_tokens"

    def read(self, request: ReceivedRequest) -> Asked:
        body = request.json()
        given = body.get("input") or []
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        offered = [*(body.get("tools") or ())]
        for item in items:
            offered += item.get("tools") or () if item.get("type") == "additional_tools" else ()
        outputs = [item["output"] for item in items if str(item.get("type")).endswith("_output")]
        layout = (body.get("text") or {}).get("format") or {}
        return Asked(
            stream=bool(body.get("stream")),
            model=body["model"],
            texts=[text for item in items if item.get("role") == "user" for text in _texts(item["content"])],
            results=["\n".join(_texts(output)) for output in outputs],
            tools=list(self._tools(offered)),
            schema=layout.get("schema"),
            thinking=bool(body.get("reasoning")),
        )

    def _tools(self, offered: list[Fields], space: str = "") -> Iterator[Tool]:
        for tool in offered:
            match tool["type"]:
                case "namespace":
                    yield from self._tools(tool["tools"], f"{tool['name']}__")
                case "function":
                    yield Tool(space + tool["name"], tool.get("parameters") or {})
                case "custom":
                    yield Tool(space + tool["name"], None)

    def answer(self, asked: Asked, said: Said, counts: Counts) -> Answer:
        usage = {
            "input_tokens": counts.prompt,
            "input_tokens_details": {"cached_tokens": counts.cached},
            "output_tokens": counts.completion,
            "output_tokens_details": {"reasoning_tokens": 3 if said.thought else 0},
            "total_tokens": counts.prompt + counts.completion,
        }
        head: Fields = {
            "id": f"resp_{counts.prompt}", "object": "response", "created_at": CREATED, "model": asked.model,
            "status": "in_progress", "output": [], "tools": [], "tool_choice": "auto",
            "parallel_tool_calls": True, "error": None, "incomplete_details": None, "instructions": None,
            "metadata": {}, "temperature": 1.0, "top_p": 1.0, "usage": None,
        }  # fmt: skip
        items = list(self._items(said, counts.prompt))
        whole = head | {"status": "completed", "output": items, "usage": usage}
        if not asked.stream:
            return json_reply(whole)
        events: list[Fields] = [
            {"type": "response.created", "response": head},
            {"type": "response.in_progress", "response": head},
        ]
        for place, item in enumerate(items):
            events += [event | {"output_index": place} for event in self._events_of(item)]
        events.append({"type": "response.completed", "response": whole})
        told = [event | {"sequence_number": number} for number, event in enumerate(events)]
        return sse([f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in told], done=False)

    def _items(self, said: Said, number: int) -> Iterator[Fields]:
        if said.thought:
            summary = [{"type": "summary_text", "text": said.thought}]
            yield {
                "type": "reasoning", "id": f"rs_{number}", "summary": summary, "encrypted_content": SIGNATURE
            }  # fmt: skip
        if said.text:
            part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
            message = {"type": "message", "id": f"msg_{number}", "role": "assistant"}
            yield {**message, "status": "completed", "content": [part]}
        if said.call:
            yield self._call_item(said.call, number)

    @staticmethod
    def _call_item(call: Call, number: int) -> Fields:
        space, _, name = call.name.rpartition("__")
        is_plain = isinstance(call.arguments, str)
        kind, field = ("custom_tool_call", "input") if is_plain else ("function_call", "arguments")
        named: Fields = {"name": name, "namespace": space} if space else {"name": name}
        item = {"type": kind, "id": f"fc_{number}", "call_id": f"call_{number}", "status": "completed"}
        return {**item, **named, field: call.text}

    @staticmethod
    def _events_of(item: Fields) -> Iterator[Fields]:
        yield {"type": "response.output_item.added", "item": item | {"status": "in_progress"}}
        if item["type"] == "message":
            place = {"item_id": item["id"], "content_index": 0}
            (part,) = item["content"]
            yield {"type": "response.content_part.added", **place, "part": part | {"text": ""}}
            for half in _halves(part["text"]):
                yield {"type": "response.output_text.delta", **place, "delta": half, "logprobs": []}
            yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}
            yield {"type": "response.content_part.done", **place, "part": part}
        if item["type"] == "function_call":
            about = {"item_id": item["id"]}
            for half in _halves(item["arguments"]):
                yield {"type": "response.function_call_arguments.delta", **about, "delta": half}
            whole = {"arguments": item["arguments"], "name": item["name"]}
            yield {"type": "response.function_call_arguments.done", **about, **whole}
        yield {"type": "response.output_item.done", "item": item}


ALL: tuple[Format, ...] = (Chat(), Messages(), Gemini(), Responses())
