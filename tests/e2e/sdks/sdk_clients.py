"""The SDKs of four client APIs, each holding a conversation with tools: whole or streamed, sync or async."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import anthropic
import openai
from attrs import define, field
from google import genai
from google.genai import types

from tests.support.gateway.server import NO_TLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Site

TEXT = {"type": "string"}
#: An agent's tools: name -> parameters.
TOOLS = {
    "Read": {"file_path": TEXT},
    "Write": {"file_path": TEXT, "content": TEXT},
    "Bash": {"command": TEXT},
}
BUDGET, LIMIT = 1024, 4096


def schema_of(parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": parameters, "required": list(parameters)}


class Call(NamedTuple):
    id: str
    name: str
    arguments: dict[str, Any]


class Heard(NamedTuple):
    """An answer: its text and its tool calls."""

    text: str
    calls: list[Call]


class Conversation(Protocol):
    """A conversation with one SDK."""

    def ask(self, text: str) -> Heard:
        """Say ``text``."""

    def give(self, call: Call, result: str) -> Heard:
        """Return the result of a tool."""


@define
class _Mode:
    """How an SDK is used: sync or async, whole or streamed."""

    site: Site
    model: str
    asynchronous: bool
    stream: bool
    history: list[Any] = field(factory=list)

    @property
    def limits(self) -> dict[str, Any]:
        return {"api_key": self.site.key, "max_retries": 0, "timeout": 20}


@define
class Messages(_Mode):
    """Anthropic's SDK."""

    def ask(self, text: str) -> Heard:
        return self._send({"role": "user", "content": text})

    def give(self, call: Call, result: str) -> Heard:
        block = {"type": "tool_result", "tool_use_id": call.id, "content": result}
        return self._send({"role": "user", "content": [block]})

    def _send(self, said: Any) -> Heard:
        self.history.append(said)
        tools = [{"name": name, "input_schema": schema_of(each)} for name, each in TOOLS.items()]
        fields: dict[str, Any] = {
            "model": self.model,
            "max_tokens": LIMIT,
            "thinking": {"type": "enabled", "budget_tokens": BUDGET},
            "messages": self.history,
            "tools": tools,
        }
        message = asyncio.run(self._asynchronously(fields)) if self.asynchronous else self._at_once(fields)
        self.history.append({"role": "assistant", "content": message.content})
        texts = [block.text for block in message.content if block.type == "text"]
        uses = [block for block in message.content if block.type == "tool_use"]
        return Heard("".join(texts), [Call(use.id, use.name, dict(use.input)) for use in uses])

    def _at_once(self, fields: dict[str, Any]) -> Any:
        with anthropic.Anthropic(base_url=self.site.gateway.url, **self.limits) as client:
            if not self.stream:
                return client.messages.create(**fields)
            with client.messages.stream(**fields) as stream:
                return stream.get_final_message()

    async def _asynchronously(self, fields: dict[str, Any]) -> Any:
        async with anthropic.AsyncAnthropic(base_url=self.site.gateway.url, **self.limits) as client:
            if not self.stream:
                return await client.messages.create(**fields)
            async with client.messages.stream(**fields) as stream:
                return await stream.get_final_message()


@define
class Chat(_Mode):
    """OpenAI's SDK, its chat completions."""

    def ask(self, text: str) -> Heard:
        return self._send({"role": "user", "content": text})

    def give(self, call: Call, result: str) -> Heard:
        return self._send({"role": "tool", "tool_call_id": call.id, "content": result})

    def _send(self, said: Any) -> Heard:
        self.history.append(said)
        functions = [{"name": name, "parameters": schema_of(each)} for name, each in TOOLS.items()]
        fields: dict[str, Any] = {
            "model": self.model,
            "messages": self.history,
            "tools": [{"type": "function", "function": function} for function in functions],
            "reasoning_effort": "low",
        }
        whole = asyncio.run(self._asynchronously(fields)) if self.asynchronous else self._at_once(fields)
        message = whole.choices[0].message
        calls = [
            Call(call.id, call.function.name, json.loads(call.function.arguments))
            for call in message.tool_calls or ()
        ]
        kept = {"role", "content", "tool_calls"}
        self.history.append(message.model_dump(include=kept, exclude_none=True))
        return Heard(message.content or "", calls)

    def _at_once(self, fields: dict[str, Any]) -> Any:
        with openai.OpenAI(base_url=f"{self.site.gateway.url}/v1", **self.limits) as client:
            if not self.stream:
                return client.chat.completions.create(**fields)
            with client.chat.completions.stream(**fields) as stream:
                return stream.get_final_completion()

    async def _asynchronously(self, fields: dict[str, Any]) -> Any:
        async with openai.AsyncOpenAI(base_url=f"{self.site.gateway.url}/v1", **self.limits) as client:
            if not self.stream:
                return await client.chat.completions.create(**fields)
            async with client.chat.completions.stream(**fields) as stream:
                return await stream.get_final_completion()


@define
class Responses(_Mode):
    """OpenAI's SDK, its responses; the server stores nothing."""

    def ask(self, text: str) -> Heard:
        return self._send({"role": "user", "content": text})

    def give(self, call: Call, result: str) -> Heard:
        return self._send({"type": "function_call_output", "call_id": call.id, "output": result})

    def _send(self, said: Any) -> Heard:
        self.history.append(said)
        fields: dict[str, Any] = {
            "model": self.model,
            "input": self.history,
            "tools": [
                {"type": "function", "name": name, "parameters": schema_of(each), "strict": False}
                for name, each in TOOLS.items()
            ],
            "reasoning": {"effort": "low", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
            "store": False,
        }
        response = asyncio.run(self._asynchronously(fields)) if self.asynchronous else self._at_once(fields)
        self.history += [
            item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in response.output
        ]
        made = [item for item in response.output if item.type == "function_call"]
        calls = [Call(item.call_id, item.name, json.loads(item.arguments)) for item in made]
        return Heard(response.output_text, calls)

    def _at_once(self, fields: dict[str, Any]) -> Any:
        with openai.OpenAI(base_url=f"{self.site.gateway.url}/v1", **self.limits) as client:
            if not self.stream:
                return client.responses.create(**fields)
            with client.responses.stream(**fields) as stream:
                return stream.get_final_response()

    async def _asynchronously(self, fields: dict[str, Any]) -> Any:
        async with openai.AsyncOpenAI(base_url=f"{self.site.gateway.url}/v1", **self.limits) as client:
            if not self.stream:
                return await client.responses.create(**fields)
            async with client.responses.stream(**fields) as stream:
                return await stream.get_final_response()


@define
class GenerateContent(_Mode):
    """Google's SDK."""

    def ask(self, text: str) -> Heard:
        return self._send(types.Part(text=text))

    def give(self, call: Call, result: str) -> Heard:
        """Like the SDK's helpers, without the id of the call."""
        return self._send(types.Part.from_function_response(name=call.name, response={"output": result}))

    def _send(self, said: types.Part) -> Heard:
        self.history.append(types.Content(role="user", parts=[said]))
        declared = [
            types.FunctionDeclaration(name=name, parameters_json_schema=schema_of(each))
            for name, each in TOOLS.items()
        ]
        config = types.GenerateContentConfig(
            tools=[types.Tool(function_declarations=declared)],
            thinking_config=types.ThinkingConfig(
                include_thoughts=True, thinking_level=types.ThinkingLevel.LOW
            ),
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        fields = {"model": self.model, "contents": self.history, "config": config}
        chunks = asyncio.run(self._asynchronously(fields)) if self.asynchronous else self._at_once(fields)
        parts = [part for chunk in chunks for part in self._parts(chunk)]
        self.history.append(types.Content(role="model", parts=parts))
        texts = [part.text for part in parts if part.text and not part.thought]
        calls = [part.function_call for part in parts if part.function_call]
        made = [Call(call.id or "", call.name or "", dict(call.args or {})) for call in calls]
        return Heard("".join(texts), made)

    @staticmethod
    def _parts(chunk: Any) -> Iterator[types.Part]:
        (candidate,) = chunk.candidates
        yield from (candidate.content and candidate.content.parts) or ()

    def _client(self) -> genai.Client:
        options = types.HttpOptions(
            base_url=self.site.gateway.url,
            timeout=20_000,
            client_args={"verify": NO_TLS},
            async_client_args={"verify": NO_TLS},
        )
        return genai.Client(api_key=self.site.key, http_options=options)

    def _at_once(self, fields: dict[str, Any]) -> list[Any]:
        with self._client() as client:
            if not self.stream:
                return [client.models.generate_content(**fields)]
            return list(client.models.generate_content_stream(**fields))

    async def _asynchronously(self, fields: dict[str, Any]) -> list[Any]:
        async with self._client().aio as client:
            if not self.stream:
                return [await client.models.generate_content(**fields)]
            return [chunk async for chunk in await client.models.generate_content_stream(**fields)]


SDKS: dict[str, type[Messages | Chat | Responses | GenerateContent]] = {
    "anthropic": Messages,
    "openai-chat": Chat,
    "openai-responses": Responses,
    "google-genai": GenerateContent,
}
