"""Update the tables of models, prices and profiles from public data: ``make data``.

The sources are the packages genai-prices (MIT) and, for what that lacks, litellm (MIT). Models that only the original
knew are kept: the lists only grow.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oneapi.data import MAKERS

if TYPE_CHECKING:
    from collections.abc import Iterator

Prices = dict[str, dict[str, float]]
DATA = Path(__file__).parents[1] / "src" / "oneapi" / "data"
#: Channel type -> the provider's name in genai-prices, and its labels in litellm with the prefix of its models there.
SOURCES: dict[int, tuple[str, dict[str, str]]] = {
    1: ("openai", {"openai": ""}),
    3: ("azure", {"azure": "azure/"}),
    14: ("anthropic", {"anthropic": ""}),
    16: ("zhipuai", {}),
    17: ("", {"dashscope": "dashscope/"}),
    20: ("openrouter", {}),
    24: ("google", {"gemini": "gemini/"}),
    25: ("moonshotai", {"moonshot": "moonshot/"}),
    27: ("minimax", {"minimax": "minimax/"}),
    28: ("mistral", {"mistral": "mistral/"}),
    29: ("groq", {"groq": "groq/"}),
    33: ("aws", {"bedrock_converse": ""}),
    35: ("cohere", {"cohere_chat": "", "cohere": ""}),
    36: ("deepseek", {"deepseek": "deepseek/"}),
    37: ("cloudflare", {"cloudflare": "cloudflare/"}),
    39: ("together", {"together_ai": "together_ai/"}),
    40: ("", {"volcengine": "volcengine/"}),
    41: ("novita", {"novita": "novita/"}),
    42: ("google", {"vertex_ai-language-models": "", "vertex_ai-anthropic_models": "vertex_ai/"}),
    45: ("x-ai", {"xai": "xai/"}),
    46: ("", {"replicate": "replicate/"}),
    49: ("", {"dashscope": "dashscope/"}),
    51: ("google", {"gemini": "gemini/"}),
}
#: Further labels in litellm, from which only the reranking models are taken.
RERANKERS: dict[int, dict[str, str]] = {33: {"bedrock": ""}, 42: {"vertex_ai": "vertex_ai/"}}
RERANK = "rerank"
#: Other sellers, for models in no channel type's list; their prices are stored under type 0 and looked up last.
ELSEWHERE = 0
OTHERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("zai", {"zai": "zai/"}),
    ("fireworks", {"fireworks_ai": "fireworks_ai/", "fireworks_ai-embedding-models": "fireworks_ai/"}),
    ("perplexity", {"perplexity": "perplexity/"}),
    ("voyageai", {"voyage": "voyage/", "jina_ai": "", "tencent": "tencent/"}),
    ("baseten", {"deepinfra": "deepinfra/", "hyperbolic": "hyperbolic/", "nebius": "nebius/"}),
    ("ovhcloud", {"llamagate": "llamagate/", "empiriolabs": "empiriolabs/", "aihubmix": "aihubmix/"}),
)
#: Prices for all models of a type. Ollama is free: it runs on the operator's own machine.
ANY: dict[int, Prices] = {30: {"*": {"input": 0.0, "output": 0.0}}}
#: Our name for a price, in dollars per million tokens -> its names in genai-prices and in litellm.
KINDS = {
    "input": ("input_mtok", "input_cost_per_token"),
    "cached": ("cache_read_mtok", "cache_read_input_token_cost"),
    "cache_write": ("cache_write_mtok", "cache_creation_input_token_cost"),
    "cache_write_1h": ("cache_write_1h_mtok", "cache_creation_input_token_cost_above_1hr"),
    "output": ("output_mtok", "output_cost_per_token"),
    "reasoning": ("output_reasoning_mtok", "output_cost_per_reasoning_token"),
    "audio_in": ("input_audio_mtok", "input_cost_per_audio_token"),
    "audio_out": ("output_audio_mtok", "output_cost_per_audio_token"),
    "image_in": ("input_image_mtok", "input_cost_per_image_token"),
    "image_out": ("output_image_mtok", "output_cost_per_image_token"),
}
#: Prices that are wrong in both sources: channel type -> model -> kind -> price.
#: https://developers.openai.com/api/docs/models/gpt-4o-transcribe: $2.50 per million input tokens, of audio too.
#: https://developers.openai.com/api/docs/models/gpt-4o-mini-transcribe: $1.25.
CORRECTED = {
    1: {
        "gpt-4o-transcribe": {"audio_in": 2.5},
        "gpt-4o-transcribe-diarize": {"audio_in": 2.5},
        "gpt-4o-mini-transcribe": {"audio_in": 1.25},
    }
}
WRITES = ("cache_write", "cache_write_1h")
OUT = ("reasoning", "audio_out", "image_out")
SOUND = ("audio_transcription", "audio_speech")
#: The modes of text models in litellm, kinds of content as OpenRouter names them, and litellm's flags for them.
TEXTUAL = ("chat", "completion", "responses")
MODALITIES = ("text", "image", "file", "audio", "video")
INPUTS = {
    "image": "supports_vision",
    "file": "supports_pdf_input",
    "audio": "supports_audio_input",
    "video": "supports_video_input",
}
MILLION = 1_000_000
#: Models sold by the second of audio get a price per token: a minute of speech counts as 200 tokens.
TOKENS_PER_SECOND = 200 / 60
#: Models sold by the search get one too.
TOKENS_PER_SEARCH = 1000
_INNERMOST = re.compile(r"[\[{][^\[\]{}]*[\]}]")


def main() -> int:
    today = dt.datetime.now(tz=dt.UTC).date()
    found = {
        number: _of_type(*source, CORRECTED.get(number, {}), today) for number, source in SOURCES.items()
    }
    for number, labels in RERANKERS.items():
        found[number] |= dict(_litellm(labels, mode=RERANK))
    prices = {
        "about": "Dollars for a million tokens, by channel type and model. Made by `make data`.",
        "date": today.isoformat(),
        "sources": ["genai-prices", "litellm"],
        "prices": {
            str(number): _with_aliases(SOURCES[number][0], models, today)
            for number, models in found.items()
            if models
        }
        | {str(number): models for number, models in ANY.items()}
        | {str(ELSEWHERE): _elsewhere(found, today)},
    }
    _write("prices.json", prices)
    _write("profiles.json", _profiles(today))
    floor: dict[str, list[str] | None] = json.loads((DATA / "channel_models.json").read_text("utf-8"))
    offered = {
        number: models
        if models is None
        # Resellers of OpenAI's models offer the same as OpenAI.
        else [
            *models,
            *sorted(found.get(1 if models == floor["1"] else int(number), {}).keys() - set(models)),
        ]
        for number, models in floor.items()
    }
    _write("models.json", offered)
    return 0


def _profiles(today: dt.date) -> dict[str, Any]:
    """The profile of each model, from its maker: other providers retire it on dates of their own."""
    found: dict[str, dict[str, Any]] = {}
    for genai, labels in [*(SOURCES[int(number)] for number in MAKERS), *OTHERS[:1]]:
        own = {name: _profile(entry) for name, entry in _litellm_entries(labels)}
        for provider in import_module("genai_prices.data").providers:
            for model in provider.models if provider.id == genai else ():
                if model.context_window:
                    own.setdefault(model.id, {})["context"] = model.context_window
        for name, profile in own.items():
            found.setdefault(name, profile)
    return {
        "about": "What is known of each model. Made by `make data`.",
        "date": today.isoformat(),
        "sources": ["genai-prices", "litellm"],
        "models": {name: profile for name, profile in sorted(found.items()) if profile},
    }


def _profile(entry: dict[str, Any]) -> dict[str, Any]:
    """The most tokens of the context and of the answer, kinds of content in and out, and the date of the shutdown."""
    profile = {
        name: entry[source]
        for name, source in (("context", "max_input_tokens"), ("output", "max_output_tokens"))
        if isinstance(entry.get(source), int)
    }
    inputs = {"text", *entry.get("supported_modalities", ())} | {
        kind for kind, flag in INPUTS.items() if entry.get(flag)
    }
    says_inputs = "supported_modalities" in entry or "supports_vision" in entry
    if entry.get("mode") in TEXTUAL and says_inputs:
        profile["inputs"] = [kind for kind in MODALITIES if kind in inputs]
        outputs = {"text", *entry.get("supported_output_modalities", ())}
        profile["outputs"] = [kind for kind in MODALITIES if kind in outputs]
    if date := entry.get("deprecation_date"):
        profile["shutdown"] = date
    return profile


def _of_type(genai: str, labels: dict[str, str], corrected: Prices, today: dt.date) -> Prices:
    """The prices of one seller, by model, without aliases."""
    found = dict(_litellm(labels))
    for _, model, prices in _genai(genai, today):
        other = found.get(model, {})
        # Prices from the second source are trusted only if both sources agree on the price of input.
        found[model] = {**other, **prices} if other.get("input") == prices["input"] else prices
    for model, prices in corrected.items():
        found[model] |= prices
    return {model: _in_order(prices) for model, prices in found.items()}


def _with_aliases(genai: str, found: Prices, today: dt.date) -> Prices:
    aliases = {alias: found[model] for names, model, _ in _genai(genai, today) for alias in names}
    return dict(sorted((aliases | found).items()))


def _elsewhere(found: dict[int, Prices], today: dt.date) -> Prices:
    """Prices of models that are in no channel type's list, from their first seller."""
    known = {model for models in found.values() for model in models}
    prices: Prices = {}
    for genai, labels in OTHERS:
        for model, each in _of_type(genai, labels, {}, today).items():
            name = model.removeprefix("accounts/fireworks/models/")
            if name not in known:
                prices.setdefault(name, each)
    return dict(sorted(prices.items()))


def _in_order(prices: dict[str, float]) -> dict[str, float]:
    """``prices`` in the order of ``KINDS``, without those that are 0 or the same as for plain tokens.

    A price of cache writes below that of input is left out as well: it is a surcharge for storage.
    """
    kept = {}
    for kind in KINDS:
        price, plain = prices.get(kind), prices.get("output" if kind in OUT else "input")
        says = price and price != plain and not (kind in WRITES and plain and price < plain)
        if price is not None and (says or kind in ("input", "output")):
            kept[kind] = price
    return kept


def _genai(name: str, today: dt.date) -> Iterator[tuple[list[str], str, dict[str, float]]]:
    """The aliases, name and prices of each model in genai-prices."""
    providers = {provider.id: provider for provider in import_module("genai_prices.data").providers}
    for model in providers[name].models if name else ():
        listed = model.prices
        if isinstance(listed, list):
            # Of prices by date, the latest in force counts. Prices by the hour are skipped: a bill must not depend on
            # the time of day.
            begun = [each for each in listed if _has_begun(each.constraint, today)]
            if not begun or any(hasattr(each.constraint, "start_time") for each in listed):
                continue
            listed = begun[-1].prices
        # If the price rises with the length of the prompt, the lowest step is the usual price.
        plain = {
            kind: float(getattr(price, "base", price))
            for kind, (source, _) in KINDS.items()
            if (price := getattr(listed, source, None)) is not None
        }
        if (hours := getattr(listed, "input_audio_hours", None)) is not None and "input" not in plain:
            plain["input"] = round(float(hours) / 3600 / TOKENS_PER_SECOND * MILLION, 6)
        if "input" in plain:
            yield [*_aliases(model.match)], model.id, plain


def _aliases(match: Any) -> Iterator[str]:
    """The aliases that match whole names; patterns for prefixes and suffixes are left out."""
    for clause in getattr(match, "or_", [match]):
        if (name := getattr(clause, "equals", None)) is not None:
            yield name


def _has_begun(constraint: Any, today: dt.date) -> bool:
    start = getattr(constraint, "start_date", None)
    return constraint is None or (start is not None and start <= today)


def _litellm(labels: dict[str, str], mode: str | None = None) -> Iterator[tuple[str, dict[str, float]]]:
    """The name and prices of each model in litellm; of one ``mode`` only if it is given."""
    for name, entry in _litellm_entries(labels):
        if mode is not None and entry.get("mode") != mode:
            continue
        plain = {
            kind: round(float(entry[source]) * MILLION, 6)
            for kind, (_, source) in KINDS.items()
            if isinstance(entry.get(source), int | float)
        }
        if entry.get("mode") in SOUND and not plain.get("input"):
            plain["input"] = _of_sound(entry)
        if entry.get("mode") == RERANK and not plain.get("input"):
            plain["input"] = round((entry.get("input_cost_per_query") or 0) / TOKENS_PER_SEARCH * MILLION, 6)
        if plain.get("input"):
            yield name, plain


def _litellm_entries(labels: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    # Only its data file is read: importing the package would download a newer one.
    table = distribution("litellm").locate_file("litellm/model_prices_and_context_window_backup.json")
    for name, entry in json.loads(Path(str(table)).read_text("utf-8")).items():
        prefix = labels.get(entry.get("litellm_provider"))
        if prefix is not None and name.startswith(prefix):
            yield name.removeprefix(prefix), entry


def _of_sound(entry: dict[str, Any]) -> float:
    """The price per million tokens of a model that is sold by the second or by the character."""
    by_second, by_character = entry.get("input_cost_per_second"), entry.get("input_cost_per_character")
    each = by_second / TOKENS_PER_SECOND if by_second else by_character or 0
    return round(float(each) * MILLION, 6)


def _write(name: str, table: Any) -> None:
    text = json.dumps(table, ensure_ascii=False, indent=1)
    # One line per model, so that a diff shows each change of a price as one line.
    text = _INNERMOST.sub(lambda found: " ".join(found[0].split()), text)
    (DATA / name).write_text(text + "\n", encoding="utf-8")
    print(f"wrote {name}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
