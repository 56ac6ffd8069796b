"""Other names of a model, under which its price may be listed if it has none of its own.

Each rule removes one part of a name that says where, when or how the same model is served. No rule touches a part that
it does not know: ``gpt-4o-mini-x`` leads to no other name, least of all to ``gpt-4o``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: OpenRouter's suffix for models that cost nothing: https://openrouter.ai/docs/features/model-routing
FREE = ":free"
#: OpenRouter's variants that change how a model is called, but not the price of its tokens.
_VARIANTS = (":thinking", ":online", ":beta", ":exacto", ":floor")
#: Makers and hosts of models that appear as a prefix of a name.
_PREFIXES = frozenset(
    "openai anthropic google x-ai xai deepseek deepseek-ai moonshotai moonshot mistralai mistral cohere z-ai zai-org "
    "zhipuai thudm minimax minimaxai qwen alibaba dashscope models publishers/google/models "
    "publishers/anthropic/models openrouter azure azure_ai bedrock vertex_ai gemini groq".split()
)
#: Regions of Bedrock: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
_REGION = re.compile(r"(?:us|eu|ap|apac|au|ca|jp|sa|me|af|il|mx|us-gov|global)\.(?=[a-z0-9-]+\.)")
_BEDROCK_CLAUDE = re.compile(r"anthropic\.(claude-.+?)(?:-v\d)?(?::\d)?(?::\d+k)?")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:.*/")
#: A release date, as OpenAI, Anthropic and Vertex AI write it.
_DAY = re.compile(r"(?:-20\d\d-[01]\d-[0-3]\d|[-@]20\d\d[01]\d[0-3]\d)$")
_ALIAS = re.compile(r"(?:-latest|@latest|@default)$")
_SIZE = re.compile(r":(\d+(?:\.\d+)?[bm])$")
_TUNED = re.compile(r"(ft:[^:]+):.*")
_CLAUDE_VERSION = re.compile(r"(claude-(?:[a-z]+-)?\d+)\.(\d+)")
#: Longer names are not real models; looking them up would only cost time.
LONGEST = 256


def related(model: str) -> Iterator[str]:
    """Other names of ``model``, the nearest first; not ``model`` itself."""
    if len(model) > LONGEST:
        return
    names = [model]
    for rule in _RULES:
        for name in tuple(names):
            shorter = rule(name)
            if shorter and shorter not in names:
                names.append(shorter)
                yield shorter


def _without_variant(name: str) -> str:
    return next((name.removesuffix(variant) for variant in _VARIANTS if name.endswith(variant)), "")


def _without_tuner(name: str) -> str:
    found = _TUNED.fullmatch(name)
    return found[1] if found else ""


def _without_arn(name: str) -> str:
    return _ARN.sub("", name)


def _without_prefix(name: str) -> str:
    """``name`` without the prefixes of its maker and its host."""
    head, slash, rest = name.rpartition("/")
    known = slash and (
        head.lower() in _PREFIXES or all(part in _PREFIXES for part in head.lower().split("/"))
    )
    return rest if known else ""


def _without_region(name: str) -> str:
    return _REGION.sub("", name, count=1) if _REGION.match(name) else ""


def _without_bedrock(name: str) -> str:
    found = _BEDROCK_CLAUDE.fullmatch(name)
    return found[1] if found else ""


def _without_tag(name: str) -> str:
    """``qwen3:8b``, as Ollama writes it, in the form ``qwen3-8b``: https://docs.ollama.com/api."""
    return _SIZE.sub(r"-\1", name.removesuffix(":latest"))


def _with_dashes(name: str) -> str:
    """The name of a Claude model with the dot that OpenRouter puts in its version replaced, as Anthropic writes it."""
    return _CLAUDE_VERSION.sub(r"\1-\2", name, count=1)


def _as_openai_spells(name: str) -> str:
    """OpenAI's name for Azure's GPT-3.5: https://learn.microsoft.com/azure/ai-foundry/openai/concepts/models."""
    return name.replace("gpt-35-", "gpt-3.5-", 1) if name.startswith("gpt-35-") else ""


def as_azure_spells(model: str) -> str:
    """Azure's name for ``model``, which for some models differs from OpenAI's."""
    return model.replace("gpt-3.5", "gpt-35", 1) if model.startswith("gpt-3.5") else model


def behind_arn(model: str, asked: str) -> str:
    """``model``, or ``asked`` if ``model`` is an ARN that does not name its model."""
    return asked if model.startswith("arn:") and "claude" not in model else model


def _with_dashed_day(name: str) -> str:
    """Vertex AI's ``@20240620`` as ``-20240620``, as Anthropic writes it."""
    return re.sub(r"@(?=20\d{6}$)", "-", name)


def _without_day(name: str) -> str:
    return _DAY.sub("", name)


def _without_alias(name: str) -> str:
    return _ALIAS.sub("", name)


def _without_number(name: str) -> str:
    """``name`` without Google's version ``-002``: https://ai.google.dev/gemini-api/docs/models#model-versions."""
    return re.sub(r"^(gemini-.+)-00\d$", r"\1", name)


def _released(name: str) -> str:
    return name.removesuffix("-preview")


_RULES: tuple[Callable[[str], str], ...] = (
    _without_variant,
    _without_tuner,
    _without_arn,
    _without_prefix,
    _without_region,
    _without_bedrock,
    _without_tag,
    _with_dashes,
    _as_openai_spells,
    _without_alias,
    _with_dashed_day,
    _without_day,
    _without_number,
    _released,
)


@define
class Spellings:
    """Finds a name in a table that spells it differently: in another case, with a maker, a date, or as a preview."""

    _by_lower: dict[str, str] = field(factory=dict)
    #: The value is empty if several makers have a model of that name.
    _by_bare: dict[str, str] = field(factory=dict)

    @classmethod
    def of(cls, names: Iterable[str]) -> Spellings:
        made = cls()
        for name in sorted(names):  # so that the newest date comes last and wins
            lower = name.lower()
            made._by_lower.setdefault(lower, name)
            for bare in (_without_day(lower), _released(lower), _without_alias(lower)):
                if bare != lower:
                    made._by_bare[bare] = name
        for name in tuple(made._by_lower.values()):
            maker, slash, bare = name.lower().rpartition("/")
            if slash and bare not in made._by_lower:
                other = made._by_bare.get(bare, name).lower()
                made._by_bare[bare] = name if other in {name.lower(), f"{maker}/{bare}"} else ""
        return made

    def find(self, name: str) -> str:
        """The table's own spelling of ``name``; empty if the table lacks it."""
        lower = name.lower()
        return self._by_lower.get(lower) or self._by_bare.get(lower, "")
