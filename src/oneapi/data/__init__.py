"""Tables shipped with the program: prices, limits, models and their profiles, token encodings."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oneapi.domain.media import ImageLimits
from oneapi.domain.models import traits
from oneapi.domain.models.profiles import ModelProfile
from oneapi.domain.models.traits import Family, ModelKind, ModelTraits, ThinkingForm, TraitRule, Unthinking
from oneapi.domain.money.pricing import CLASSES_IN, CLASSES_OUT, Case, CompletionRule, Listed, Tables

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent
ENCODINGS = FOLDER / "encodings"
#: Channel types of the makers of models, whose list prices outrank those of others, in order of precedence.
MAKERS = ("1", "14", "24", "36", "45", "28", "25", "16", "27", "17", "35")


@cache
def price_tables() -> Tables:
    """The original's ratios, with the corrections in ``corrections.json``, and list prices."""
    corrections = _read("corrections.json")
    ratios = _read("model_ratio.json")
    models: dict[str, Decimal] = ratios["ratios"] | corrections["model_ratio"]
    completion = _read("completion_ratio.json")
    return Tables(
        model_ratio={name: Decimal(ratio) for name, ratio in models.items() if ratio is not None},
        completion_ratio=_decimals(completion["table"] | corrections["completion_ratio"]),
        completion_rules=tuple(
            _rule(entry) for entry in corrections["completion_rules"] + completion["rules"]
        ),
        completion_exact=_decimals(completion["exact"]),
        group_ratio=_decimals(_read("group_ratio.json")["ratios"]),
        listed=_list_prices(),
        largest_output={name: int(most) for name, most in _read("largest_output.json")["tokens"].items()},
        internet=tuple(ratios["internet"]),
        internet_completion=tuple(completion["internet"]),
    )


@cache
def image_limits() -> ImageLimits:
    """The original's limits and price factors of image models."""
    table = _read("image_ratio.json")
    quality = {
        (model, name): _decimals(factors)
        for model, qualities in table["quality_factor"].items()
        for name, factors in qualities.items()
    }
    return ImageLimits(
        sizes={model: _decimals(sizes) for model, sizes in table["size_ratios"].items()},
        quality=quality,
        counts={model: (int(low), int(high)) for model, (low, high) in table["n_range"].items()},
        prompts={model: int(length) for model, length in table["prompt_max_characters"].items()},
    )


@cache
def model_owners() -> dict[str, str]:
    """The owner of each well-known model, in order of listing; of repeated names the first counts."""
    owners: dict[str, str] = {}
    for model, owner in built_in_models():
        owners.setdefault(model, owner)
    return owners


@cache
def model_profiles() -> dict[str, ModelProfile]:
    """Profiles of models, as documented by their makers."""
    profiles: dict[str, dict[str, Any]] = json.loads((FOLDER / "profiles.json").read_text("utf-8"))["models"]
    return {name: ModelProfile(**profile) for name, profile in profiles.items()}


#: The number of model names whose traits are cached.
MOST_TRAITS = 4096


@lru_cache(MOST_TRAITS)
def traits_of(model: str) -> ModelTraits:
    """The traits of ``model``, whose name may be written as clients, operators or providers write it."""
    return traits.traits_of(model, _trait_rules())


@cache
def upstream_names(provider: str) -> dict[str, str]:
    """The provider's names or URLs of models, by the names that clients use."""
    names: dict[str, str] = _read("upstream_names.json")[provider]
    return names


@cache
def usual_models() -> dict[str, str]:
    """The default model for requests that name none, by kind of request."""
    names: dict[str, str] = _read("usual_models.json")["models"]
    return names


@cache
def built_in_models() -> tuple[tuple[str, str], ...]:
    """Pairs of a well-known model and its owner; some models have several."""
    entries = _read("builtin_models.json")["catalogue"]
    return tuple((model, entry["owned_by"]) for entry in entries for model in entry["models"])


@cache
def channel_models() -> dict[str, list[str] | None]:
    """Channel type -> the models that its form offers: first the original's, then current ones."""
    models: dict[str, list[str] | None] = _read("models.json")
    return models


@cache
def _trait_rules() -> tuple[TraitRule, ...]:
    table = json.loads((FOLDER / "model_traits.json").read_text("utf-8"))
    families = {
        name: Family(family["mark"], re.compile(family["version"]), family.get("versions", {}))
        for name, family in table["families"].items()
    }
    return tuple(_trait_rule(entry, families) for entry in table["rules"])


def _trait_rule(entry: dict[str, Any], families: dict[str, Family]) -> TraitRule:
    scope = {name: read(entry[name]) for name, read in TRAIT_SCOPE.items() if name in entry}
    facts = {
        name: TRAIT_TYPES.get(name, lambda given: given)(value)
        for name, value in entry.items()
        if name not in (*TRAIT_SCOPE, "family", "source")
    }
    return TraitRule(facts, family=families[entry["family"]] if "family" in entry else None, **scope)


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)


#: Members of a rule in ``model_traits.json`` that select models. All others but ``family`` and ``source`` are traits.
TRAIT_SCOPE: dict[str, Callable[[str], Any]] = {"names": re.compile, "since": _version, "before": _version}
#: Conversions of traits whose type JSON lacks.
TRAIT_TYPES: dict[str, Callable[[Any], Any]] = {
    "kind": ModelKind,
    "thinking": ThinkingForm,
    "unthinking": Unthinking,
    "refuses": frozenset,
    "efforts": tuple,
    "cache_points": frozenset,
    "image_tokens": tuple,
}


def _list_prices() -> dict[int, dict[str, Listed]]:
    """List prices by channel type and model, those of the makers first."""
    prices: dict[str, dict[str, dict[str, Decimal]]] = _read("prices.json")["prices"]
    order = [*(number for number in MAKERS if number in prices), *prices]
    return {
        int(number): {model: _listed(each) for model, each in prices[number].items()}
        for number in dict.fromkeys(order)
    }


def _listed(prices: dict[str, Decimal]) -> Listed:
    classes = {name: Decimal(prices[name]) for name in (*CLASSES_IN, *CLASSES_OUT) if name in prices}
    output = prices.get("output")
    return Listed(Decimal(prices["input"]), None if output is None else Decimal(output), classes)


def _read(name: str) -> Any:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def _decimals(table: dict[str, Decimal]) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in table.items()}


def _rule(entry: dict[str, Any]) -> CompletionRule:
    cases = entry.get("cases") or [entry]
    return CompletionRule(entry.get("prefix", ""), tuple(_case(case) for case in cases))


def _case(entry: dict[str, Any]) -> Case:
    return Case(entry["ratio"], entry.get("exact"), entry.get("suffix"), entry.get("prefix"))
