"""What each format writes for a model, by the model's name: as ``model_parameters.json`` has it.

The table was written by the code that knew models by the beginnings of their names. ``python -m
tests.adapters.dialects.test_models_are_asked_as_they_take_it`` writes it again, for a difference that is meant.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.providers.registry import SPECS
from oneapi.data import traits_of
from oneapi.domain.chat import (
    ChatRequest,
    FormatKind,
    Message,
    MessageRole,
    ResponseFormat,
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
    from collections.abc import Iterator, Mapping, Sequence

TABLE = Path(__file__).parent / "model_parameters.json"
#: Formats of upstreams -> models that are served in them.
MODELS: Mapping[tuple[str, ...], str] = {
    ("anthropic", "bedrock_claude", "converse", "openai_chat"): """
        claude-instant-1.2 claude-2.1 claude-3-haiku-20240307 claude-3-5-sonnet-20240620 claude-3-5-sonnet-latest
        claude-3-7-sonnet-20250219 claude-3-7-sonnet@20250219 claude-sonnet-4-20250514 claude-opus-4-1-20250805
        claude-sonnet-4-5-20250929 claude-haiku-4-5 claude-opus-4-6 claude-sonnet-4.6 claude-opus-4-7 claude-sonnet-5
        claude-opus-5-5 claude-sonnet-5-5 claude-haiku-5-5 claude-fable-5 claude-mythos-5-1 claude-latest
        anthropic/claude-sonnet-4.5 us.anthropic.claude-opus-4-7-v1:0 anthropic.claude-3-haiku-20240307-v1:0
    """,
    ("gemini", "openai_chat"): """
        gemini-pro gemini-pro-vision gemini-1.0-pro-001 gemini-1.5-flash gemini-1.5-pro-002 gemini-2.0-flash
        gemini-2.0-flash-thinking-exp gemini-2.5-flash gemini-2.5-pro gemini-2.5-flash-lite gemini-3-pro-preview
        gemini-3-flash gemini-3.1-pro gemini-flash-latest gemma-3-27b-it learnlm-1.5-pro-experimental
        models/gemini-2.5-pro
    """,
    ("openai_chat",): """
        gpt-3.5-turbo gpt-3.5-turbo-instruct gpt-4 gpt-4-turbo-2024-04-09 gpt-4o gpt-4o-mini gpt-4o-mini-2024-07-18
        chatgpt-4o-latest gpt-4.1-mini gpt-4.5-preview gpt-5 gpt-5-mini gpt-5-pro gpt-5-codex gpt-5.1 gpt-5.2
        gpt-5.3-codex gpt-6 gpt-6-mini o1 o1-mini o1-preview o3 o3-pro-2025-06-10 o4-mini codex-mini-latest chat-latest
        gpt-image-1 dall-e-3 whisper-1 tts-1 text-embedding-3-small text-embedding-ada-002 text-davinci-003
        text-davinci-edit-001 code-davinci-002 davinci davinci-002 babbage-002 text-curie-001 text-search-ada-doc-001
        mistral-large-latest grok-4 command-r-plus
    """,
    ("converse", "openai_chat"): """
        amazon.nova-pro-v1:0 us.amazon.nova-lite-v1:0 amazon.titan-text-express-v1 meta.llama3-70b-instruct-v1:0
        arn:aws:bedrock:us-east-1:1:application-inference-profile/abc
    """,
    ("anthropic", "ollama", "openai_chat"): """
        deepseek-chat deepseek-reasoner deepseek-r1:7b qwen-plus qwen3-coder-plus qwen-vl-max qwen2.5-vl:7b
        qvq-72b-preview glm-4.6 GLM-4.7 kimi-k2.5 MiniMax-M2 llama3-8b-8192 gpt-oss-120b gpt-oss:20b my-model
    """,
}
FORMATS = {name: formats for formats, names in MODELS.items() for name in names.split()}
#: Names under which others serve a model -> that model. Who asks for it by either is to get the same.
OTHER_NAMES = {
    "openai/gpt-5.2": "gpt-5.2",
    "openrouter/openai/o3": "o3",
    "ft:o4-mini-2025-04-16:org::1": "o4-mini",
    "ft:gpt-4o-mini-2024-07-18:org::1": "gpt-4o-mini",
    "gpt-35-turbo": "gpt-3.5-turbo",
    "openai.gpt-oss-120b-1:0": "gpt-oss-120b",
    "@cf/openai/gpt-oss-20b": "gpt-oss:20b",
    "google/gemini-3-pro": "gemini-3-pro-preview",
}

ASKED = ChatRequest(
    "asked",
    (Message(MessageRole.SYSTEM, (Text("be kind"),)), Message(MessageRole.USER, (Text("hi"),))),
    "other",
)
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
    "begun answer": evolve(
        ASKED, messages=(*ASKED.messages, Message(MessageRole.ASSISTANT, (Text("well "),)))
    ),
    "unsigned call": evolve(
        ASKED,
        tools=(TOOL,),
        messages=(*ASKED.messages, Message(MessageRole.ASSISTANT, (ToolCall("c", "look", "{}"),))),
    ),
}


def observed(name: str, formats: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Everything that depends on the name of a model, each with what it is of."""
    yield "encoding", traits_of(name).encoding
    limits = next(offer for offer in SPECS[1].offers if offer.work is Work.CONVERSE).quirks
    yield "limit renamed", [quirk.serves("mine", name) for quirk in limits]
    for form in formats:
        for case, request in CASES.items():
            try:
                body = DIALECTS[form].write_request(request, name)
            except GatewayError as error:
                yield f"{form}: {case}", type(error).__name__
            else:
                yield f"{form}: {case}", {key: value for key, value in body.items() if key != "model"}


@cache
def table() -> dict[str, dict[str, str]]:
    """By what is observed: what is written, in JSON -> the models for which it is, most often all that are left."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, formats in FORMATS.items():
        for what, value in observed(name, formats):
            found[what][json.dumps(value, sort_keys=True)].append(name)
    return {what: _without_the_rest(values) for what, values in found.items()}


def _without_the_rest(values: Mapping[str, list[str]]) -> dict[str, str]:
    most = max(values, key=lambda value: len(values[value]))
    return {value: REST if value == most else " ".join(names) for value, names in values.items()}


REST = "all others"
EXPECTED: Mapping[str, Mapping[str, str]] = json.loads(TABLE.read_text("utf-8")) if TABLE.exists() else {}


@pytest.mark.parametrize("what", sorted(EXPECTED))
def test_what_is_written_for_each_model(what: str) -> None:
    assert table()[what] == EXPECTED[what]


def test_nothing_is_missing_from_the_table() -> None:
    assert set(table()) == set(EXPECTED)


@pytest.mark.parametrize(("other", "name"), OTHER_NAMES.items())
def test_a_model_is_asked_the_same_under_its_other_names(other: str, name: str) -> None:
    assert dict(observed(other, FORMATS[name])) == dict(observed(name, FORMATS[name]))


if __name__ == "__main__":
    TABLE.write_text(json.dumps(table(), indent=1) + "\n", "utf-8")
