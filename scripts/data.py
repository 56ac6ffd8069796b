"""Write the tables of models and prices anew from public data: ``make data``.

Both sources are packages: genai-prices (MIT), and litellm (MIT) for what that does not have. What they do not know, and
the original did, stays: the lists only grow.
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

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "src" / "oneapi" / "data"
#: Channel type -> the provider's name in genai-prices, and its labels in litellm with what its models begin with there.
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
#: Our name of a price, in dollars for a million -> the sources' names of it.
KINDS = {
    "input": ("input_mtok", "input_cost_per_token"),
    "cached": ("cache_read_mtok", "cache_read_input_token_cost"),
    "output": ("output_mtok", "output_cost_per_token"),
    "reasoning": ("", "output_cost_per_reasoning_token"),
    "audio_in": ("input_audio_mtok", "input_cost_per_audio_token"),
    "audio_out": ("output_audio_mtok", "output_cost_per_audio_token"),
}
MILLION = 1_000_000
_INNERMOST = re.compile(r"[\[{][^\[\]{}]*[\]}]")
Prices = dict[str, dict[str, float]]


def main() -> int:
    today = dt.datetime.now(tz=dt.UTC).date()
    found = {number: _of_type(genai, labels, today) for number, (genai, labels) in SOURCES.items()}
    prices = {
        "about": "Dollars for a million tokens, by channel type and model. Made by `make data`.",
        "date": today.isoformat(),
        "sources": ["genai-prices", "litellm"],
        "prices": {str(number): dict(sorted(models.items())) for number, models in found.items() if models},
    }
    _write("prices.json", prices)
    floor: dict[str, list[str] | None] = json.loads((DATA / "channel_models.json").read_text("utf-8"))
    offered = {
        number: models
        if models is None
        else [*models, *sorted(found.get(int(number), {}).keys() - set(models))]
        for number, models in floor.items()
    }
    _write("models.json", offered)
    return 0


def _of_type(genai: str, labels: dict[str, str], today: dt.date) -> Prices:
    return {**dict(_litellm(labels)), **dict(_genai(genai, today))}


def _genai(name: str, today: dt.date) -> Iterator[tuple[str, dict[str, float]]]:
    providers = {provider.id: provider for provider in import_module("genai_prices.data").providers}
    for model in providers[name].models if name else ():
        listed = model.prices
        if isinstance(listed, list):
            # By date: the latest that has begun. By the hour: none of ours, as a bill must not hang on the clock.
            begun = [each for each in listed if _has_begun(each.constraint, today)]
            if not begun or any(hasattr(each.constraint, "start_time") for each in listed):
                continue
            listed = begun[-1].prices
        shown = {kind: getattr(listed, source, None) for kind, (source, _) in KINDS.items() if source}
        # Where a price rises with the length of the prompt, the lowest step is the usual one.
        plain = {
            kind: float(getattr(price, "base", price)) for kind, price in shown.items() if price is not None
        }
        if "input" in plain:
            yield model.id, plain


def _has_begun(constraint: Any, today: dt.date) -> bool:
    start = getattr(constraint, "start_date", None)
    return constraint is None or (start is not None and start <= today)


def _litellm(labels: dict[str, str]) -> Iterator[tuple[str, dict[str, float]]]:
    # Its data only: importing it would ask the network for newer ones.
    table = distribution("litellm").locate_file("litellm/model_prices_and_context_window_backup.json")
    for name, entry in json.loads(Path(str(table)).read_text("utf-8")).items():
        prefix = labels.get(entry.get("litellm_provider"))
        if prefix is None or not name.startswith(prefix) or not entry.get("input_cost_per_token"):
            continue
        plain = {
            kind: round(float(entry[source]) * MILLION, 6)
            for kind, (_, source) in KINDS.items()
            if isinstance(entry.get(source), int | float)
        }
        yield name.removeprefix(prefix), plain


def _write(name: str, table: Any) -> None:
    text = json.dumps(table, ensure_ascii=False, indent=1)
    # One line a model, so that a change of a price is a change of one line.
    text = _INNERMOST.sub(lambda found: " ".join(found[0].split()), text)
    (DATA / name).write_text(text + "\n", encoding="utf-8")
    print(f"wrote {name}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
