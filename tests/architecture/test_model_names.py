"""Facts about single models are data: code names no models."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import oneapi
from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.dialects.proprietary.xunfei import VERSIONS
from oneapi.data import built_in_models, channel_models
from tests.architecture.programs import parsed
from tests.architecture.test_provider_names import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(oneapi.__file__).parent
#: Rows of providers are data in Python: a row may say which models an offer is for. How names are put together is told
#: in one place too.
HOMES = (ROOT / "adapters" / "providers" / "rows", ROOT / "domain" / "models" / "names.py")
#: What begins, or makes, the name of a model of any vendor.
FAMILY = re.compile(
    r"\b(?:(?:chat)?gpt-?\d|gpt-oss|o[134](?:-|\b(?=$))|claude|gemini-|gemma|qwen|qvq|llama-?\d|mixtral|command-|grok-"
    r"|deepseek-[a-z]|kimi-|moonshot-v|(?:chat)?glm|abab|ernie|dall-?e|whisper|tts-\d|davinci|babbage|curie|embedding-\d"
    r"|nova\b|titan|cogview|spark-|hunyuan-|doubao-|step-\d|yi-[a-z]|haiku|sonnet|flash\b|codex|veo\b|imagen)",
    re.IGNORECASE,
)
KNOWN = {model for model, _ in built_in_models()} | {
    model for models in channel_models().values() for model in models or ()
}
#: A command line, paths, wire formats, and what iFlytek calls the versions of its API.
OTHERS = {"command", "/claude", "/claude/", *DIALECTS, *(domain for _, domain in VERSIONS.values())}
ADDRESS = re.compile(r"https?://\S+")


def named(text: str) -> bool:
    """Whether ``text`` is, begins or looks for the name of a model."""
    if text in OTHERS:
        return False
    return text in KNOWN or FAMILY.search(ADDRESS.sub("", text)) is not None


def sources() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*.py")):
        if not any(path == home or home in path.parents for home in HOMES):
            yield path


def test_no_program_names_a_model() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {text!r}"
        for path in sources()
        for line, text in texts(parsed(path))
        if named(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "o1",
        "gpt-5",
        "gpt-4o-mini",
        "claude-",
        "gemini-3-pro",
        r"qwen[\d.]*-(vl|audio)",
        "gpt-3.5-turbo",
        "nova",
    ],
)
def test_names_of_models_are_found(text: str) -> None:
    assert named(text)


@pytest.mark.parametrize(
    "text", ["openai", "o", "text", "https://ai.google.dev/gemini-api/docs", "bedrock_claude"]
)
def test_other_texts_are_not_names_of_models(text: str) -> None:
    assert not named(text)
