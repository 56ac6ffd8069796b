"""Traits of models: which rule applies to which names, and what the rules say."""

from __future__ import annotations

import json
import re

import pytest
from attrs import fields

from oneapi.data import FOLDER, traits_of
from oneapi.domain.models import traits
from oneapi.domain.models.traits import (
    EFFORTS,
    Family,
    ModelKind,
    ModelTraits,
    ThinkingForm,
    TraitRule,
    Unthinking,
)

CAT = Family("cat-", re.compile(r"cat-(\d)(?:\.(\d))?"), {"cat-old": (1, 0)})
RULES = (
    TraitRule({"refuses": {"top_k"}, "system": True}, family=CAT, since=(2, 0)),
    TraitRule({"refuses": {"top_p"}, "system": False, "prefill": True}, names=re.compile("cat")),
    TraitRule({"encoding": "new"}, names=re.compile("^dog")),
    TraitRule({"schemas": False}, family=CAT, names=re.compile("small"), before=(3, 0)),
)
ENTRIES = json.loads((FOLDER / "model_traits.json").read_text("utf-8"))["rules"]


def test_of_an_unknown_model_nothing_is_known() -> None:
    assert traits.traits_of("", RULES) == ModelTraits()


def test_a_name_that_is_too_long_is_unknown() -> None:
    assert traits.traits_of("cat-2" * 100, RULES) == ModelTraits()


def test_the_first_rule_decides_and_refusals_add_up() -> None:
    found = traits.traits_of("cat-2", RULES)
    assert (found.system, found.prefill, set(found.refuses)) == (True, True, {"top_k", "top_p"})


@pytest.mark.parametrize(
    ("name", "refuses"),
    [
        ("cat-1.9", {"top_p"}),
        ("cat-2.0", {"top_p", "top_k"}),
        ("cat-old", {"top_p"}),
        ("cat-latest", {"top_p", "top_k"}),
        ("cats", {"top_p"}),
    ],
)
def test_a_version_that_the_name_does_not_tell_is_the_newest(name: str, refuses: set[str]) -> None:
    assert traits.traits_of(name, RULES).refuses == refuses


@pytest.mark.parametrize(
    ("name", "schemas"),
    [("cat-2-small", False), ("cat-2-large", True), ("cat-3-small", True), ("small", True)],
)
def test_a_rule_may_be_for_a_part_of_a_family(name: str, schemas: bool) -> None:  # noqa: FBT001
    assert traits.traits_of(name, RULES).schemas is schemas


@pytest.mark.parametrize(
    "name", ["dog", "Dog", "openai/dog", "openrouter/openai/dog", "dog:free", "dog-2026-11-30"]
)
def test_other_names_of_a_model_lead_to_it(name: str) -> None:
    assert traits.traits_of(name, RULES).encoding == "new"


def test_a_name_that_only_holds_another_is_another_model() -> None:
    assert traits.traits_of("hot/dog", RULES) == traits.traits_of("hotdog", RULES) == ModelTraits()


@pytest.mark.parametrize(
    ("known", "asked", "given"),
    [
        (("low", "medium", "high", "max"), "xhigh", "high"),
        (("low", "medium", "high", "xhigh"), "max", "xhigh"),
        (("low", "high"), "medium", "high"),
        (("low", "high"), "none", "low"),
        (("minimal", "low"), "high", "low"),
        (("max",), "xhigh", "xhigh"),
        (("low", "high"), "odd", "odd"),
        ((), "none", "none"),
    ],
)
def test_the_nearest_effort(known: tuple[str, ...], asked: str, given: str) -> None:
    assert ModelTraits(efforts=known).effort(asked) == given


# --- the table --------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.get("names") or entry.get("family"))
def test_every_rule_is_about_a_fact_and_says_where_it_is_from(entry: dict[str, object]) -> None:
    facts = set(entry) - {"names", "family", "since", "before", "source"}
    assert facts
    assert facts <= {field.name for field in fields(ModelTraits)}
    assert str(entry.get("source", "")).startswith("https://") or facts == {"kind"}


@pytest.mark.parametrize("name", sorted({effort for entry in ENTRIES for effort in entry.get("efforts", ())}))
def test_efforts_are_known_ones(name: str) -> None:
    assert name in EFFORTS


@pytest.mark.parametrize(
    ("model", "asked", "given"),
    [
        ("o3", "none", "low"),
        ("o4-mini", "xhigh", "high"),
        ("gpt-5", "none", "minimal"),
        ("gpt-5-pro", "low", "high"),
        ("gpt-5.1", "minimal", "low"),
        ("gpt-5.1", "none", "none"),
        ("gpt-5.1", "xhigh", "high"),
        ("gpt-5.1-codex-max", "xhigh", "xhigh"),
        ("openai/gpt-5.2", "max", "xhigh"),
        ("gpt-5.2-pro", "none", "medium"),
    ],
)
def test_efforts_of_models_that_reason(model: str, asked: str, given: str) -> None:
    assert traits_of(model).effort(asked) == given


@pytest.mark.parametrize(
    ("model", "refuses"),
    [
        ("o3-mini", True),
        ("gpt-5", True),
        ("gpt-5-mini-2025-08-07", True),
        ("gpt-5-chat-latest", False),
        ("gpt-5.2", False),
        ("gpt-4o", False),
        ("openai/gpt-5-nano", True),
    ],
)
def test_models_that_refuse_a_temperature(model: str, refuses: bool) -> None:  # noqa: FBT001
    assert ("temperature" in traits_of(model).refuses) is refuses


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-sonnet-4-20250514", ModelTraits(thinking=ThinkingForm.BUDGET)),
        ("claude-x", ModelTraits(thinking=ThinkingForm.ADAPTIVE, unthinking=Unthinking.DISABLED)),
        ("gemini-flash-latest", ModelTraits(thinking=ThinkingForm.LEVEL)),
        ("gemma-3-27b-it", ModelTraits()),
        ("openai/whisper-1", ModelTraits(kind=ModelKind.TRANSCRIPTION)),
        ("openai/gpt-4o-audio-preview", ModelTraits(kind=ModelKind.SPEECH)),
    ],
)
def test_what_is_known_of_some_models(model: str, expected: ModelTraits) -> None:
    found = traits_of(model)
    assert (found.thinking, found.unthinking, found.kind) == (
        expected.thinking,
        expected.unthinking,
        expected.kind,
    )
