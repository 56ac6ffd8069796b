"""What each format writes for a model, by the model's name: as ``model_parameters.json`` has it.

The table was written by the code that knew models by the beginnings of their names. ``python -m
tests.adapters.dialects.test_models_are_asked_as_they_take_it`` writes it again, for a difference that is meant.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.providers.catalog import SPECS
from oneapi.adapters.tokenizer import encoding_name
from oneapi.domain.chat import (
    ChatRequest,
    FormatKind,
    Message,
    ResponseFormat,
    Role,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
)
from oneapi.domain.errors import GatewayError
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TABLE = Path(__file__).parent / "model_parameters.json"
FORMATS = ("anthropic", "bedrock_claude", "converse", "gemini", "ollama", "openai_chat")
NAMES = """
    claude-instant-1.2 claude-2.1 claude-3-haiku-20240307 claude-3-5-sonnet-20240620 claude-3-5-sonnet-latest
    claude-3-7-sonnet-20250219 claude-3-7-sonnet@20250219 claude-sonnet-4-20250514 claude-opus-4-1-20250805
    claude-sonnet-4-5-20250929 claude-haiku-4-5 claude-opus-4-6 claude-sonnet-4.6 claude-opus-4-7 claude-sonnet-5
    claude-opus-5-5 claude-sonnet-5-5 claude-haiku-5-5 claude-fable-5 claude-mythos-5-1 claude-latest
    anthropic/claude-sonnet-4.5 us.anthropic.claude-opus-4-7-v1:0 anthropic.claude-v2:1
    anthropic.claude-3-haiku-20240307-v1:0 arn:aws:bedrock:us-east-1:1:application-inference-profile/abc
    gemini-pro gemini-pro-vision gemini-1.0-pro-001 gemini-1.5-flash gemini-1.5-pro-002 gemini-2.0-flash
    gemini-2.0-flash-thinking-exp gemini-2.5-flash gemini-2.5-pro gemini-2.5-flash-lite gemini-3-pro-preview
    gemini-3-flash gemini-3.1-pro gemini-flash-latest gemma-3-27b-it learnlm-1.5-pro-experimental
    models/gemini-2.5-pro gemini-embedding-001 text-embedding-004
    gpt-3.5-turbo gpt-3.5-turbo-instruct gpt-35-turbo gpt-4 gpt-4-turbo-2024-04-09 gpt-4o gpt-4o-mini
    gpt-4o-mini-2024-07-18 chatgpt-4o-latest gpt-4.1-mini gpt-4.5-preview gpt-5 gpt-5-mini gpt-5-pro gpt-5-codex
    gpt-5.1 gpt-5.2 gpt-5.3-codex gpt-6 gpt-6-mini o1 o1-mini o1-preview o3 o3-pro-2025-06-10 o4-mini ft:o4-mini:org::1
    ft:gpt-4o-mini:org::1 ft:gpt-3.5-turbo-0125:org::1 gpt-oss-120b gpt-oss:20b openai.gpt-oss-120b-1:0 codex-mini-latest
    chat-latest gpt-image-1 dall-e-3 whisper-1 tts-1 text-embedding-3-small text-embedding-ada-002 text-davinci-003
    text-davinci-edit-001 code-davinci-002 davinci davinci-002 babbage-002 text-curie-001 text-search-ada-doc-001
    amazon.nova-pro-v1:0 us.amazon.nova-lite-v1:0 amazon.titan-text-express-v1 meta.llama3-70b-instruct-v1:0
    llama3-8b-8192 deepseek-chat deepseek-reasoner deepseek-r1:7b qwen-plus qwen3-coder-plus qwen-vl-max qwen2.5-vl:7b
    qvq-72b-preview glm-4.6 GLM-4.7 kimi-k2.5 MiniMax-M2 mistral-large-latest grok-4 command-r-plus my-model
""".split()
#: Names under which the model itself is known only by taking something off: what differs from the table of old.
ASKED_AS = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"

ASKED = ChatRequest("asked", (Message(Role.SYSTEM, (Text("be kind"),)), Message(Role.USER, (Text("hi"),))), "other")
TOOL = Tool("look", "looks", {"type": "object", "properties": {"at": {"type": "string"}}}, strict=True)
CASES: Mapping[str, ChatRequest] = {
    "both samplers": evolve(ASKED, sampling=Sampling(1.5, 0.5, 40, stop=(" ", "x"))),
    "one sampler": evolve(ASKED, sampling=Sampling(temperature=0.3)),
    "limit": evolve(ASKED, max_tokens=2000),
    **{
        f"effort {word}": evolve(ASKED, reasoning_effort=word)
        for word in ("none", "minimal", "low", "medium", "high", "xhigh", "max", "odd")
    },
    "effort and a forced tool": evolve(
        ASKED, reasoning_effort="high", tools=(TOOL,), tool_choice=ToolChoice(ToolMode.REQUIRED)
    ),
    "no thinking": evolve(ASKED, thinking=False),
    "thinking": evolve(ASKED, thinking=True, sampling=Sampling(temperature=0.3)),
    "small budget": evolve(ASKED, thinking_budget=2000),
    "large budget": evolve(ASKED, thinking_budget=30_000),
    "schema": evolve(
        ASKED, response_format=ResponseFormat(FormatKind.SCHEMA, "s", {"type": "object", "properties": {}})
    ),
    "named tool": evolve(ASKED, tools=(TOOL,), tool_choice=ToolChoice(ToolMode.NAMED, "look")),
    "begun answer": evolve(ASKED, messages=(*ASKED.messages, Message(Role.ASSISTANT, (Text("well "),)))),
    "unsigned call": evolve(
        ASKED,
        tools=(TOOL,),
        messages=(*ASKED.messages, Message(Role.ASSISTANT, (ToolCall("c", "look", "{}"),))),
    ),
}


def observed(name: str) -> Iterator[tuple[str, Any]]:
    """Everything that depends on the name of a model, each with what it is of."""
    yield "encoding", encoding_name(name)
    limits = next(offer for offer in SPECS[1].offers if offer.work is Work.CONVERSE).quirks
    yield "limit renamed", [quirk.serves("mine", name) for quirk in limits]
    for form in FORMATS:
        for case, request in CASES.items():
            try:
                body = DIALECTS[form].write_request(request, name)
            except GatewayError as error:
                yield f"{form}: {case}", type(error).__name__
            else:
                yield f"{form}: {case}", {key: value for key, value in body.items() if key != "model"}


def table() -> dict[str, dict[str, str]]:
    """By what is observed: what is written, in JSON -> the models for which it is."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in NAMES:
        for what, value in observed(name):
            found[what][json.dumps(value, sort_keys=True)].append(name)
    return {what: {value: " ".join(names) for value, names in by.items()} for what, by in found.items()}
