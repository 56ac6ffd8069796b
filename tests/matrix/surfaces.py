"""The client's side of the matrix: one value for each API that clients speak.

Each asks for the same things in its own words, and puts an answer together as the SDKs of its API do. Whether an answer
has the form that these SDKs expect is checked on the way.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field, frozen

from oneapi.entrypoints.http.surfaces import ANTHROPIC, OPENAI, RESPONSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneapi.entrypoints.http.surfaces.interface import Surface

Fields = dict[str, Any]

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKJcOkw7zDtsOfCg=="
SYSTEM, QUESTION, ABOUT_FILE = "Be brief.", "Hello?", "What is this?"
WEATHER, TIME, ROME = "get_weather", "get_time", "Rome"
WHAT_IT_DOES = "The weather of a city."
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
#: The calls in the history: (id, city, result).
CALLED = (("call_a", "Oslo", "4 degrees"), ("call_b", "Bern", "9 degrees"))
STOP_AT, LIMIT, BUDGET = "END", 4096, 2048


#: A picture in Markdown.
SHOWN = re.compile(r"!\[image\]\(data:image/png;base64,([^)]*)\)")


@frozen
class Said:
    """The contents of an answer, for every API; ``end`` is in canonical form."""

    text: str = ""
    thinking: str = ""
    #: (id, name, arguments)
    calls: tuple[tuple[str, str, Fields], ...] = ()
    end: str = ""
    #: Tokens of the prompt, those of them from a cache, and of the answer.
    usage: tuple[int, int, int] | None = None
    #: The pages that it cites.
    pages: tuple[str, ...] = ()
    #: The pictures that it shows.
    pictures: tuple[str, ...] = ()


class Client(Protocol):
    """One column of the matrix."""

    @property
    def name(self) -> str:
        """Of its wire format."""

    @property
    def surface(self) -> Surface: ...

    @property
    def lacks(self) -> tuple[str, ...]:
        """Features that the API does not have."""

    def asks(self, feature: str, model: str, *, stream: bool) -> Fields:
        """A request that uses ``feature``."""

    def posted(self, fields: Fields) -> tuple[str, str, Fields]:
        """The path of a request, the model that it names, and the body."""

    def joined(self, stream: bytes) -> Fields:
        """The message that a stream holds, and its ``error`` where it ends with one."""

    def said(self, message: Fields) -> Said: ...

    def answered(self, request: Fields, message: Fields, result: str) -> Fields:
        """``request`` with ``message`` in its history, and ``result`` for each call in it."""


def events(stream: bytes) -> Iterator[tuple[str, Any]]:
    """Name and data of each event."""
    assert stream.endswith(b"\n\n"), stream[-40:]
    for block in stream.decode()[:-2].split("\n\n"):
        found = re.fullmatch(r"(?:event: ([\w.]+)\n)?data: ([^\n]*)", block)
        assert found, block
        yield found[1] or "", found[2] if found[2] == "[DONE]" else json.loads(found[2])


# --- OpenAI's chat completions -----------------------------------------------------------------


@frozen
class ChatCompletions:
    """Implements ``Client``."""

    name: str = "openai_chat"
    surface: Surface = OPENAI
    lacks: tuple[str, ...] = ()

    def posted(self, fields: Fields) -> tuple[str, str, Fields]:
        return "/v1/chat/completions", "", fields

    def asks(self, feature: str, model: str, *, stream: bool) -> Fields:  # noqa: C901, PLR0912  # one case a feature
        fields: Fields = {"model": model, "messages": [{"role": "system", "content": SYSTEM}]}
        messages = fields["messages"]
        question: Fields = {"role": "user", "content": QUESTION}
        match feature:
            case "tools":
                messages += [question, *self._called(CALLED[:1]), {"role": "user", "content": ROME}]
                fields["tools"] = [self._tool()]
            case "parallel tools":
                messages += [question, *self._called(CALLED), {"role": "user", "content": ROME}]
                fields |= {"tools": [self._tool()], "tool_choice": "auto", "parallel_tool_calls": True}
            case "allowed tools":
                messages.append(question)
                allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": WEATHER}}]}
                fields["tools"] = [self._tool(), self._tool(TIME)]
                fields["tool_choice"] = {"type": "allowed_tools", "allowed_tools": allowed}
            case "custom tool":
                messages += [question, *self._called_custom(), {"role": "user", "content": ROME}]
                custom = {"name": WEATHER, "description": WHAT_IT_DOES}
                fields["tools"] = [{"type": "custom", "custom": custom}]
            case "picture":
                messages.append(question)
                fields["modalities"] = ["text", "image"]
            case "cache breakpoint":
                mark = {"cache_control": {"type": "ephemeral"}}
                messages[0] = {"role": "system", "content": [{"type": "text", "text": SYSTEM, **mark}]}
                messages.append(question)
            case "image":
                picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
                messages.append(self._about(picture))
            case "document":
                file = {"filename": "report.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
                messages.append(self._about({"type": "file", "file": file}))
            case "thinking" | "thinking and tools":
                messages.append(question)
                fields |= {"reasoning_effort": "low", "max_completion_tokens": LIMIT}
                if feature != "thinking":
                    fields["tools"] = [self._tool()]
            case "stop reason":
                messages.append(question)
                fields |= {"stop": [STOP_AT], "max_tokens": LIMIT}
            case _:
                messages.append(question)
        if stream:
            fields |= {"stream": True, "stream_options": {"include_usage": True}}
        return fields

    @staticmethod
    def _about(part: Fields) -> Fields:
        return {"role": "user", "content": [{"type": "text", "text": ABOUT_FILE}, part]}

    @staticmethod
    def _tool(name: str = WEATHER) -> Fields:
        function = {"name": name, "description": WHAT_IT_DOES, "parameters": SCHEMA}
        return {"type": "function", "function": function}

    @staticmethod
    def _called_custom() -> list[Fields]:
        call_id, city, result = CALLED[0]
        call = {"id": call_id, "type": "custom", "custom": {"name": WEATHER, "input": city}}
        return [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call_id, "content": result},
        ]

    @staticmethod
    def _called(calls: tuple[tuple[str, str, str], ...]) -> list[Fields]:
        made = [
            {
                "id": call_id,
                "type": "function",
                "function": {"name": WEATHER, "arguments": json.dumps({"city": city})},
            }
            for call_id, city, _ in calls
        ]
        results = [
            {"role": "tool", "tool_call_id": call_id, "content": result} for call_id, _, result in calls
        ]
        return [{"role": "assistant", "content": None, "tool_calls": made}, *results]

    def joined(self, stream: bytes) -> Fields:
        *told, last = events(stream)
        chunks = [data for _, data in told]
        error = last[1].get("error") if isinstance(last[1], dict) else None
        assert error or last == ("", "[DONE]"), last
        head = {name: chunks[0][name] for name in ("id", "model", "created") if name in chunks[0]}
        message: Fields = {"role": "assistant", "content": None}
        finish, usage = None, None
        for chunk in chunks:
            assert chunk["object"] == "chat.completion.chunk"
            assert {name: chunk.get(name) for name in head} == head, "all chunks are of one answer"
            usage = chunk.get("usage") or usage
            for choice in chunk["choices"]:
                assert finish is None, "nothing follows a finish reason"
                finish = choice.get("finish_reason")
                _grow(message, choice["delta"])
        if error:
            return {"message": message, "error": error}
        assert finish, "a stream says why it ends"
        if "tool_calls" not in message:
            # Whole answers hold them only beside calls; a stream cannot know yet whether any follow.
            message.pop("thinking_blocks", None)
        whole = {**head, "object": "chat.completion"}
        whole["choices"] = [{"index": 0, "message": message, "finish_reason": finish}]
        return {**whole, "usage": usage} if usage else whole

    def said(self, message: Fields) -> Said:
        [choice] = message["choices"]
        told, usage = choice["message"], message.get("usage") or {}
        calls = [
            (call["id"], call["custom"]["name"], {"input": call["custom"]["input"]})
            if call["type"] == "custom"
            else (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
            for call in told.get("tool_calls") or ()
        ]
        pictures = [image["image_url"]["url"].partition(",")[2] for image in told.get("images") or ()]
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        return Said(
            told.get("content") or "",
            told.get("reasoning_content") or "",
            tuple(calls),
            choice["finish_reason"],
            (usage["prompt_tokens"], cached, usage["completion_tokens"]) if usage else None,
            tuple(each["url_citation"]["url"] for each in told.get("annotations") or ()),
            tuple(pictures),
        )

    def answered(self, request: Fields, message: Fields, result: str) -> Fields:
        """Like agents that know only OpenAI's fields, and do not send back others."""
        told = message["choices"][0]["message"]
        own = {name: told[name] for name in ("role", "content", "tool_calls") if name in told}
        results = [
            {"role": "tool", "tool_call_id": call["id"], "content": result} for call in told["tool_calls"]
        ]
        return {**request, "messages": [*request["messages"], own, *results]}


def _grow(message: Fields, delta: Fields) -> None:
    for name in ("content", "reasoning_content", "refusal"):
        if delta.get(name):
            message[name] = (message.get(name) or "") + delta[name]
    for block in delta.get("thinking_blocks") or ():
        told = block.get("thinking") == "" and {"thinking": message.get("reasoning_content", "")}
        message.setdefault("thinking_blocks", []).append({**block, **(told or {})})
    for name in ("annotations", "images"):
        if delta.get(name):
            message.setdefault(name, []).extend(delta[name])
    for piece in delta.get("tool_calls") or ():
        calls = message.setdefault("tool_calls", [])
        if piece["index"] == len(calls):
            kind = piece["type"]
            calls.append({"id": piece["id"], "type": kind, kind: dict(piece[kind])})
        else:
            assert piece["index"] < len(calls), "calls are numbered from 0"
            assert not piece.get("id"), "a call begins once"
            kind = calls[piece["index"]]["type"]
            text = "input" if kind == "custom" else "arguments"
            calls[piece["index"]][kind][text] += piece[kind][text]


# --- Anthropic's Messages ----------------------------------------------------------------------


@frozen
class Messages:
    """Implements ``Client``."""

    name: str = "anthropic"
    surface: Surface = ANTHROPIC
    lacks: tuple[str, ...] = ("allowed tools", "custom tool")

    def posted(self, fields: Fields) -> tuple[str, str, Fields]:
        return "/v1/messages", "", fields

    def asks(self, feature: str, model: str, *, stream: bool) -> Fields:
        fields: Fields = {"model": model, "max_tokens": LIMIT, "system": SYSTEM, "messages": []}
        messages = fields["messages"]
        question: Fields = {"role": "user", "content": QUESTION}
        match feature:
            case "tools":
                messages += [question, *self._called(CALLED[:1])]
                fields["tools"] = [self._tool()]
            case "parallel tools":
                messages += [question, *self._called(CALLED)]
                fields |= {"tools": [self._tool()], "tool_choice": {"type": "auto"}}
            case "cache breakpoint":
                fields["system"] = [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}]
                messages.append(question)
            case "image":
                source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
                messages.append(self._about({"type": "image", "source": source}))
            case "document":
                source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
                messages.append(self._about({"type": "document", "source": source, "title": "report.pdf"}))
            case "thinking" | "thinking and tools":
                messages.append(question)
                fields["thinking"] = {"type": "enabled", "budget_tokens": BUDGET}
                if feature != "thinking":
                    fields["tools"] = [self._tool()]
            case "stop reason":
                messages.append(question)
                fields["stop_sequences"] = [STOP_AT]
            case _:
                messages.append(question)
        return {**fields, "stream": True} if stream else fields

    @staticmethod
    def _about(block: Fields) -> Fields:
        return {"role": "user", "content": [{"type": "text", "text": ABOUT_FILE}, block]}

    @staticmethod
    def _tool() -> Fields:
        return {"name": WEATHER, "description": WHAT_IT_DOES, "input_schema": SCHEMA}

    @staticmethod
    def _called(calls: tuple[tuple[str, str, str], ...]) -> list[Fields]:
        made = [
            {"type": "tool_use", "id": call_id, "name": WEATHER, "input": {"city": city}}
            for call_id, city, _ in calls
        ]
        results = [
            {"type": "tool_result", "tool_use_id": call_id, "content": result} for call_id, _, result in calls
        ]
        return [
            {"role": "assistant", "content": made},
            {"role": "user", "content": [*results, {"type": "text", "text": ROME}]},
        ]

    def joined(self, stream: bytes) -> Fields:
        told = list(events(stream))
        for name, data in told:
            assert name == data["type"]
        (first, start), *rest = [one for one in told if one[0] != "ping"]
        assert first == "message_start"
        message: Fields = {**start["message"], "content": []}
        assert message["usage"]["input_tokens"], "clients show the size of the prompt from the beginning on"
        growing = _Blocks(message["content"])
        for name, data in rest:
            match name:
                case "content_block_start" | "content_block_delta" | "content_block_stop":
                    growing.take(name, data)
                case "message_delta":
                    assert growing.open is None, "all blocks end before the message"
                    assert message["stop_reason"] is None, "a message ends once"
                    message |= data["delta"]
                    message["usage"] = {**message["usage"], **data["usage"]}
                case "error":
                    return {"message": message["content"], "error": data["error"]}
        assert rest[-1][0] == "message_stop", rest[-1]
        assert message["stop_reason"], "a message says why it ends"
        return message

    def said(self, message: Fields) -> Said:
        blocks, usage = message["content"], message["usage"]
        cached = usage.get("cache_read_input_tokens") or 0
        written = usage.get("cache_creation_input_tokens") or 0
        return Said(
            "".join(block["text"] for block in blocks if block["type"] == "text"),
            "".join(block["thinking"] for block in blocks if block["type"] == "thinking"),
            tuple(
                (block["id"], block["name"], block["input"])
                for block in blocks
                if block["type"] == "tool_use"
            ),
            {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls"}[message["stop_reason"]],
            (usage["input_tokens"] + cached + written, cached, usage["output_tokens"]),
            tuple(
                cited.get("url") or cited["source"]
                for block in blocks
                for cited in block.get("citations") or ()
            ),
            tuple(shown[1] for block in blocks if (shown := SHOWN.fullmatch(block.get("text", "")))),
        )

    def answered(self, request: Fields, message: Fields, result: str) -> Fields:
        results = [
            {"type": "tool_result", "tool_use_id": block["id"], "content": result}
            for block in message["content"]
            if block["type"] == "tool_use"
        ]
        turns = [
            {"role": "assistant", "content": message["content"]},
            {"role": "user", "content": results},
        ]
        return {**request, "messages": [*request["messages"], *turns]}


@frozen
class _Blocks:
    """The blocks of a message while their events come: one is open at a time, and they are numbered in order."""

    blocks: list[Fields]
    _arguments: list[str] = field(factory=list)
    _open: list[int] = field(factory=list)

    @property
    def open(self) -> int | None:
        return self._open[0] if self._open else None

    def take(self, name: str, data: Fields) -> None:
        if name == "content_block_start":
            assert self.open is None, "one block is open at a time"
            assert data["index"] == len(self.blocks), "blocks are numbered from 0"
            self.blocks.append(dict(data["content_block"]))
            self._open.append(data["index"])
            return
        assert data["index"] == self.open, "deltas are of the open block"
        block = self.blocks[-1]
        if name == "content_block_stop":
            if self._arguments:
                block["input"] = json.loads("".join(self._arguments))
            self._arguments.clear()
            self._open.clear()
            return
        match data["delta"]["type"], data["delta"]:
            case "input_json_delta", delta:
                self._arguments.append(delta["partial_json"])
            case "citations_delta", delta:
                block["citations"] = [*(block.get("citations") or ()), delta["citation"]]
            case kind, delta:
                part = kind.removesuffix("_delta")
                block[part] = block.get(part, "") + delta[part]


# --- OpenAI's Responses ------------------------------------------------------------------------


@frozen
class Responses:
    """Implements ``Client``."""

    name: str = "responses"
    surface: Surface = RESPONSES
    lacks: tuple[str, ...] = ()

    def posted(self, fields: Fields) -> tuple[str, str, Fields]:
        return "/v1/responses", "", fields

    def asks(self, feature: str, model: str, *, stream: bool) -> Fields:  # noqa: C901  # one case a feature
        fields: Fields = {"model": model, "instructions": SYSTEM, "input": [], "store": False}
        items = fields["input"]
        question: Fields = {"role": "user", "content": QUESTION}
        match feature:
            case "tools":
                items += [question, *self._called(CALLED[:1]), {"role": "user", "content": ROME}]
                fields["tools"] = [self._tool()]
            case "parallel tools":
                items += [question, *self._called(CALLED), {"role": "user", "content": ROME}]
                fields |= {"tools": [self._tool()], "tool_choice": "auto", "parallel_tool_calls": True}
            case "cache breakpoint":
                mark = {"prompt_cache_breakpoint": {"mode": "explicit"}}
                items.append({"role": "user", "content": [{"type": "input_text", "text": QUESTION, **mark}]})
            case "allowed tools":
                items.append(question)
                fields["tools"] = [self._tool(), self._tool(TIME)]
                named = [{"type": "function", "name": WEATHER}]
                fields["tool_choice"] = {"type": "allowed_tools", "mode": "required", "tools": named}
            case "custom tool":
                items += [question, *self._called_custom(), {"role": "user", "content": ROME}]
                fields["tools"] = [{"type": "custom", "name": WEATHER, "description": WHAT_IT_DOES}]
            case "image":
                items.append(
                    self._about({"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}"})
                )
            case "document":
                file = {"filename": "report.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
                items.append(self._about({"type": "input_file", **file}))
            case "thinking" | "thinking and tools":
                items.append(question)
                fields |= {"reasoning": {"effort": "low", "summary": "auto"}, "max_output_tokens": LIMIT}
                if feature != "thinking":
                    fields["tools"] = [self._tool()]
            case "stop reason":  # it knows no stop sequences
                items.append(question)
                fields["max_output_tokens"] = LIMIT
            case _:
                items.append(question)
        return {**fields, "stream": True} if stream else fields

    @staticmethod
    def _about(part: Fields) -> Fields:
        return {"role": "user", "content": [{"type": "input_text", "text": ABOUT_FILE}, part]}

    @staticmethod
    def _tool(name: str = WEATHER) -> Fields:
        return {"type": "function", "name": name, "description": WHAT_IT_DOES, "parameters": SCHEMA}

    @staticmethod
    def _called_custom() -> list[Fields]:
        call_id, city, result = CALLED[0]
        return [
            {"type": "custom_tool_call", "call_id": call_id, "name": WEATHER, "input": city},
            {"type": "custom_tool_call_output", "call_id": call_id, "output": result},
        ]

    @staticmethod
    def _called(calls: tuple[tuple[str, str, str], ...]) -> list[Fields]:
        made = [
            {
                "type": "function_call",
                "call_id": call_id,
                "name": WEATHER,
                "arguments": json.dumps({"city": city}),
            }
            for call_id, city, _ in calls
        ]
        return [*made, *(_output(call_id, result) for call_id, _, result in calls)]

    def joined(self, stream: bytes) -> Fields:
        told = [(name, data) for name, data in events(stream)]
        assert [name for name, _ in told[:2]] == ["response.created", "response.in_progress"]
        assert [data["sequence_number"] for _, data in told] == list(range(len(told)))
        assert len({data["response"]["id"] for _, data in told if "response" in data}) == 1
        deltas: dict[tuple[int, str], str] = {}
        items: dict[int, Fields] = {}
        for name, data in told:
            assert name == data["type"]
            kind = name.removeprefix("response.").rpartition(".")[0]
            if name == "response.output_item.added":
                assert data["output_index"] == len(items), "items are numbered from 0"
                items[data["output_index"]] = {}
            elif name.endswith(".delta"):
                place = (data["output_index"], kind)
                deltas[place] = deltas.get(place, "") + data["delta"]
            elif name == "response.output_item.done":
                assert items[data["output_index"]] == {}, "an item ends once"
                items[data["output_index"]] = data["item"]
            elif name.endswith("_text.done"):
                assert data["text"] == deltas[data["output_index"], kind]
        name, last = told[-1]
        response: Fields = last["response"]
        if name == "response.failed":
            words = [text for (_, kind), text in sorted(deltas.items()) if kind == "output_text"]
            content = [{"type": "output_text", "text": text} for text in words]
            return {"message": content, "error": response["error"]}
        assert name == f"response.{response['status']}"
        assert response["output"] == [items[place] for place in sorted(items)], "the end repeats every item"
        return response

    def said(self, message: Fields) -> Said:
        output, usage = message["output"], message["usage"]
        parts = [part for item in output if item["type"] == "message" for part in item["content"]]
        calls = [item for item in output if item["type"].endswith("tool_call") or "arguments" in item]
        pictures = [item["result"] for item in output if item["type"] == "image_generation_call"]
        complete = "tool_calls" if calls else "stop"
        return Said(
            "".join(part["text"] for part in parts),
            "".join(
                part["text"] for item in output if item["type"] == "reasoning" for part in item["summary"]
            ),
            tuple((item["call_id"], item["name"], _given(item)) for item in calls),
            complete if message["status"] == "completed" else "length",
            usage
            and (
                usage["input_tokens"],
                usage["input_tokens_details"]["cached_tokens"],
                usage["output_tokens"],
            ),
            tuple(each["url"] for part in parts for each in part["annotations"]),
            tuple(pictures),
        )

    def answered(self, request: Fields, message: Fields, result: str) -> Fields:
        results = [
            _output(item["call_id"], result) for item in message["output"] if item["type"] == "function_call"
        ]
        return {**request, "input": [*request["input"], *message["output"], *results]}


def _given(call: Fields) -> Fields:
    """The arguments of a tool call."""
    return {"input": call["input"]} if "input" in call else json.loads(call["arguments"])


def _output(call_id: str, result: str) -> Fields:
    return {"type": "function_call_output", "call_id": call_id, "output": result}
