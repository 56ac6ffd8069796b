"""Names with which a model's price is found, and names without a price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oneapi.data import price_tables
from oneapi.domain.models.names import Spellings, related
from oneapi.domain.money.pricing import Price, PriceBook
from oneapi.domain.options import read_options

OPENAI, AZURE, ANTHROPIC, OPENROUTER, GEMINI, BEDROCK, VERTEX, COMPATIBLE = 1, 3, 14, 20, 24, 33, 42, 50
ZHIPU, ALIBABA, OLLAMA, NOVITA = 16, 17, 30, 41


def book(policy: str = "listed_only", **options: str) -> PriceBook:
    return PriceBook.from_options(read_options({"UnpricedModelPolicy": policy} | options), price_tables())


def same(one: Price, other: Price) -> bool:
    return one.known and (one.model_ratio, one.completion_ratio, dict(one.class_ratios)) == (
        other.model_ratio,
        other.completion_ratio,
        dict(other.class_ratios),
    )


@pytest.mark.parametrize(
    ("name", "channel_type", "model", "listed_for"),
    [
        # days
        ("gpt-5-2031-08-07", OPENAI, "gpt-5", OPENAI),
        ("claude-sonnet-4-5-20310929", ANTHROPIC, "claude-sonnet-4-5", ANTHROPIC),
        ("claude-sonnet-4-5@20310929", VERTEX, "claude-sonnet-4-5", VERTEX),
        ("claude-sonnet-4-5@default", VERTEX, "claude-sonnet-4-5", VERTEX),
        # aliases
        ("claude-sonnet-4-5-latest", ANTHROPIC, "claude-sonnet-4-5", ANTHROPIC),
        ("claude-sonnet-4.5", ANTHROPIC, "claude-sonnet-4-5", ANTHROPIC),
        ("gemini-3-pro", GEMINI, "gemini-3-pro-preview", GEMINI),
        # prefixes
        ("openai/gpt-5", COMPATIBLE, "openai/gpt-5", OPENROUTER),
        ("azure/gpt-5-mini", COMPATIBLE, "gpt-5-mini", OPENAI),
        ("models/gemini-2.5-pro", GEMINI, "gemini-2.5-pro", GEMINI),
        ("publishers/google/models/gemini-2.5-pro", VERTEX, "gemini-2.5-pro", VERTEX),
        ("openrouter/openai/gpt-5", COMPATIBLE, "gpt-5", OPENAI),
        # Bedrock
        (
            "us.anthropic.claude-sonnet-4-5-20310929-v1:0",
            BEDROCK,
            "claude-sonnet-4-5",
            ANTHROPIC,
        ),
        (
            "sa.anthropic.claude-sonnet-4-5-20250929-v1:0",
            BEDROCK,
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            BEDROCK,
        ),
        (
            "arn:aws:bedrock:us-east-1:123456789012:foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
            BEDROCK,
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            BEDROCK,
        ),
        # variants and case
        ("anthropic/claude-sonnet-4.5:thinking", OPENROUTER, "anthropic/claude-sonnet-4.5", OPENROUTER),
        ("openai/gpt-5:online", OPENROUTER, "openai/gpt-5", OPENROUTER),
        ("qwen3:8b", OLLAMA, "qwen3-8b", ALIBABA),
        ("bge-m3", COMPATIBLE, "baai/bge-m3", NOVITA),
        ("glm-4.6", ZHIPU, "z-ai/glm-4.6", OPENROUTER),
        ("gemini-2.5-pro-002", GEMINI, "gemini-2.5-pro", GEMINI),
        ("GPT-5", OPENAI, "gpt-5", OPENAI),
        ("Claude-Sonnet-4-5", ANTHROPIC, "claude-sonnet-4-5", ANTHROPIC),
        # deployments and tuned models
        ("gpt-35-turbo-0125", AZURE, "gpt-3.5-turbo-0125", OPENAI),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", OPENAI, "ft:gpt-4o-mini-2024-07-18", OPENAI),
    ],
)
def test_kind_b2_a_name_finds_the_price_of_its_model(
    name: str, channel_type: int, model: str, listed_for: int
) -> None:
    prices = book()
    assert same(prices.price(name, channel_type, "default"), prices.price(model, listed_for, "default"))


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-mini-x",
        "gpt-5-ultra",
        "gpt-5x",
        "gpt",
        "xgpt-5",
        "acme/gpt-5",
        "claude-sonnet-4-5-turbo",
        "claude-sonnet",
        "anthropic.claude-unheard-of-v1:0",
        "gemini-2.5-flash-preview-05-20-x",
        "gpt-5-2031-99-99",
        "gpt-4o:extended-x",
        "gpt-5:nitro",
        "us.acme.model-v1:0",
        "openai/",
        "/gpt-5",
        ":thinking",
        "-latest",
        "-2031-01-01",
        "a" * 5000,
        "",
    ],
)
def test_kind_b2_no_name_finds_the_price_of_another_model(name: str) -> None:
    assert not book().price(name, OPENAI, "default").known


def test_kind_b2_exact_names_keep_their_own_price() -> None:
    prices, tables = book(), price_tables()
    for name, ratio in tables.model_ratio.items():
        if "(" not in name:
            assert prices.price(name, 0, "default").model_ratio == ratio, name
    for number, models in tables.listed.items():
        for name, listed in models.items():
            if name not in tables.model_ratio and f"{name}({number})" not in tables.model_ratio:
                price = prices.price(name, number, "default")
                assert (price.model_ratio, price.completion_ratio) == (listed.ratio, listed.completion_ratio)


def test_kind_b2_something_appended_to_any_name_leads_nowhere() -> None:
    """For all names in the tables: a longer name is another model, unless a rule knows the addition."""
    prices, tables = book(), price_tables()
    names = {name for models in tables.listed.values() for name in models} | set(tables.model_ratio)
    known = {part for name in names for part in (name.lower(), name.lower().rpartition("/")[2])}
    for name in names:
        for other in (f"{name}-x", f"x{name}"):
            if not {other.lower(), other.lower().rpartition("/")[2]} & known and not other.endswith(":free"):
                assert not prices.price(other, 0, "default").known, other


def test_kind_b2_free_variants_cost_nothing_under_every_policy() -> None:
    for policy in ("default", "listed", "refuse", "listed_only"):
        for name in ("qwen/qwen3-coder:free", "acme/brand-new-model:free"):
            price = book(policy).price(name, OPENROUTER, "default")
            assert price.known
            assert price.model_ratio == 0
    paid = book(ModelRatio='{"acme/brand-new-model:free": 3}').price(
        "acme/brand-new-model:free", 20, "default"
    )
    assert paid.model_ratio == 3, "the operator's word"


def test_kind_b2_a_deployment_costs_what_the_model_does_that_was_asked_for() -> None:
    prices = book()
    assert same(
        prices.price("prod-east-1", AZURE, "default", "gpt-5"), prices.price("gpt-5", AZURE, "default")
    )
    assert same(
        prices.price("gpt-5-mini", AZURE, "default", "gpt-5"), prices.price("gpt-5-mini", AZURE, "default")
    )
    assert not prices.price("prod-east-1", AZURE, "default", "my-model").known


def test_kind_b2_an_operators_ratio_holds_for_other_names_of_the_model_too() -> None:
    prices = book(ModelRatio='{"gpt-5": 7}', CompletionRatio='{"gpt-5": 3}')
    for name in ("gpt-5", "gpt-5-2031-08-07", "azure/gpt-5"):
        found = prices.price(name, OPENAI, "default")
        assert (found.model_ratio, found.completion_ratio) == (Decimal(7), Decimal(3))


@pytest.mark.parametrize("policy", ["default", "refuse"])
def test_an_existing_database_keeps_its_policy(policy: str) -> None:
    found = book(policy).price("gpt-4o-2031-08-07", OPENAI, "default", "gpt-4o")
    assert (found.model_ratio, found.known) == (Decimal(30), False)


def test_what_runs_on_the_operators_own_machine_costs_nothing_unless_somebody_sells_it_too() -> None:
    own = book().price("my-own-model", OLLAMA, "default")
    assert own.known
    assert own.model_ratio == 0
    assert book().price("qwen3:8b", OLLAMA, "default").model_ratio > 0
    assert book(ModelRatio='{"my-own-model": 2}').price("my-own-model", OLLAMA, "default").model_ratio == 2
    assert book("listed").price("my-own-model", OLLAMA, "default").model_ratio == 0
    assert book("default").price("my-own-model", OLLAMA, "default").model_ratio == 30
    assert not book().price("*", OPENAI, "default").known


def test_a_bare_name_that_several_makers_have_is_nobodys() -> None:
    spellings = Spellings.of(["a/large", "b/large", "a/small", "b/own"])
    assert [spellings.find(name) for name in ("large", "small", "own")] == ["", "a/small", "b/own"]


def test_names_are_related_in_few_steps() -> None:
    assert list(related("gpt-4o-mini-x")) == []
    assert list(related("a" * 257)) == []
    assert len(list(related("openrouter/anthropic/claude-sonnet-4.5-20310101:thinking:online"))) < 40


def test_a_spelling_is_found_by_case_day_and_preview() -> None:
    spellings = Spellings.of(["GLM-5", "m-20240101", "m-20250101", "p-preview", "q", "q-2024-01-01"])
    found = [spellings.find(name) for name in ("glm-5", "m", "p", "q", "Q", "z")]
    assert found == ["GLM-5", "m-20250101", "p-preview", "q", "q", ""]
