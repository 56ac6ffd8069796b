"""Requested features that an answer can do without and the client does not get; each is named in the log row."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.domain.chat import ChatRequest, Sampling

BREAKPOINTS = "cache breakpoints"
_BIAS = ("logit_bias",)
_OPENAIS = ("seed", "frequency_penalty", "presence_penalty", *_BIAS)
#: Format -> the members of ``Sampling`` that it cannot express, whatever the model.
NO_PLACE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("anthropic", "bedrock_claude", "vertex_claude", "converse"), _OPENAIS),
        **dict.fromkeys(("gemini", "cohere", "ollama"), _BIAS),
        "ali": ("frequency_penalty", *_BIAS),
        "baidu": ("top_k", "seed", "presence_penalty", *_BIAS),
        "coze": ("temperature", "top_p", "top_k", *_OPENAIS, "stop"),
        "library": ("temperature", "top_p", "top_k", *_OPENAIS, "stop"),
        "llama": ("top_k", *_OPENAIS, "stop"),
        "palm": (*_OPENAIS, "stop"),
        "replicate": ("seed", *_BIAS),
        "tencent": ("top_k", "frequency_penalty", "presence_penalty", *_BIAS),
        "xunfei": ("top_p", *_OPENAIS, "stop"),
        "zhipu_v3": ("top_k", *_OPENAIS, "stop"),
        "responses": ("top_k", "seed", "frequency_penalty", "presence_penalty"),
    }
)
#: Formats that can ask their provider to cache prompts.
KEEPING = frozenset({"anthropic", "bedrock_claude", "vertex_claude", "converse"})
#: OpenAI's own fields that ask for a different kind of answer -> the values that ask for nothing.
_ASKING: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {"verbosity": (), "prediction": (), "service_tier": ("auto", "default", "standard", "standard_only")}
)


def sampling_left_out(sampling: Sampling, dialect: str) -> Iterator[str]:
    """The members of ``sampling`` that are set and that the format ``dialect`` cannot express."""
    for name in NO_PLACE.get(dialect, ()):
        if getattr(sampling, name):
            yield name


def fields_left_out(request: ChatRequest, body: Mapping[str, Any]) -> Iterator[str]:
    """OpenAI's own fields that ask for something and are missing from ``body``."""
    for name, idle in _ASKING.items():
        value = request.extra.get(name)
        if value is not None and value not in idle and name not in body:
            yield name
