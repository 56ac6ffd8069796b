"""Prices against the original's tables and logs, and against exact decimals."""

import json
import random
import timeit
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.data import FOLDER, price_tables
from oneapi.domain.money.pricing import CLASSES_IN, CLASSES_OUT, LARGEST, Listed, Price, PriceBook
from oneapi.domain.options import read_options
from oneapi.domain.usage import Usage

FIXTURE = Path(__file__).parents[2] / "fixtures" / "original" / "manifest.json"
OPENAI, ANTHROPIC, BEDROCK = 1, 14, 33
COHERE_ON_AWS = BEDROCK


def table(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((FOLDER / name).read_text(), parse_float=Decimal, parse_int=Decimal)
    return value


def book(**stored: str) -> PriceBook:
    return PriceBook.from_options(read_options(stored), price_tables())


def price(model: str = "1", completion: str = "1", group: str = "1") -> Price:
    return Price(Decimal(model), Decimal(completion), Decimal(group), known=True)


# --- which price ---------------------------------------------------------------------------------


def test_completion_ratios_are_those_of_the_original_but_where_its_rules_do_not_know_the_model() -> None:
    prices, evaluated = book(), table("completion_ratio.json")["evaluated"]
    differing = {
        model: found
        for model, ratio in evaluated.items()
        if abs((found := prices.price(model, OPENAI, "default").completion_ratio) - ratio) > Decimal("1e-14")
    }
    assert len(evaluated) > 500
    assert differing == {"o3-mini": 4, "o3-mini-2025-01-31": 4}


def test_model_ratios_are_those_of_the_original_but_for_the_corrections() -> None:
    prices, originals = book(), table("model_ratio.json")["ratios"]
    wrong = table("corrections.json")["model_ratio"]
    assert len(originals) == 566
    for model, ratio in originals.items():
        found = prices.price(model, OPENAI, "default")
        if model not in wrong:
            assert found.known, model
            assert found.model_ratio == ratio, model


@pytest.mark.parametrize(
    ("sample", "original", "corrected", "factor", "how_many"),
    [
        ("llama3-70b-8192", "0.000295", "0.295", 1000, 15 + 8),
        ("meta/llama-2-70b-chat", "325", "0.325", Fraction(1, 1000), 18),
    ],
)
def test_a_wrong_factor_is_corrected_by_that_factor(
    sample: str, original: str, corrected: str, factor: Fraction, how_many: int
) -> None:
    originals, wrong = table("model_ratio.json")["ratios"], table("corrections.json")["model_ratio"]
    assert originals[sample] == Decimal(original)
    assert book().price(sample, OPENAI, "default").model_ratio == Decimal(corrected)
    moved = [m for m, ratio in wrong.items() if ratio and Fraction(ratio) == Fraction(originals[m]) * factor]
    assert len(moved) == how_many


def test_every_correction_is_of_a_model_that_the_original_prices() -> None:
    assert set(table("corrections.json")["model_ratio"]) <= set(table("model_ratio.json")["ratios"])


@pytest.mark.parametrize("stored", [{}, {"ModelRatio": '{"openrouter/auto": -500000, "gpt-4o": 2.5}'}])
def test_a_price_below_zero_is_no_price(stored: dict[str, str]) -> None:
    found = book(**stored).price("openrouter/auto", OPENAI, "default")
    assert found.model_ratio == 30
    assert not found.known


def test_a_model_without_a_price_costs_thirty_and_says_so() -> None:
    found = book().price("no-such-model", OPENAI, "default")
    assert found.model_ratio == 30
    assert found.completion_ratio == 1
    assert not found.known


def test_newer_names_cost_what_their_maker_asks_for_output() -> None:
    prices = book()
    names = ("gpt-4.1", "gpt-4.1-mini", "gpt-4.5-preview", "o3", "o4-mini", "gpt-4-0613")
    ratios = [prices.price(name, OPENAI, "default").completion_ratio for name in names]
    assert ratios == [4, 4, 2, 4, 4, 2]


def test_the_channel_type_goes_before_the_option_and_the_option_before_the_default() -> None:
    prices = book(ModelRatio='{"llama3-8b-8192": 7, "gpt-4o": 1, "gpt-4o(1)": 9}')
    assert prices.price("llama3-8b-8192", COHERE_ON_AWS, "default").model_ratio == Decimal("0.15")
    assert prices.price("llama3-8b-8192", OPENAI, "default").model_ratio == 7
    assert prices.price("gpt-4o", OPENAI, "default").model_ratio == 9
    assert prices.price("gpt-4o", 8, "default").model_ratio == 1
    assert prices.price("gpt-4", OPENAI, "default").model_ratio == 15


def test_internet_suffixes_do_not_change_the_price() -> None:
    prices = book(CompletionRatio='{"qwen-plus": 3, "command-r": 6}')
    assert prices.price("qwen-plus-internet", 17, "default").model_ratio == Decimal("0.0568")
    assert prices.price("qwen-plus-internet", 17, "default").completion_ratio == 3
    assert prices.price("command-r-internet", 35, "default").model_ratio == Decimal("0.25")
    assert prices.price("command-r-internet", 35, "default").completion_ratio == 1
    assert not prices.price("gpt-4-internet", OPENAI, "default").known


def test_groups() -> None:
    prices = book(GroupRatio='{"default": 1, "vip": 0.8}')
    assert [prices.price("gpt-4o", OPENAI, g).group_ratio for g in ("vip", "nobody")] == [Decimal("0.8"), 1]


def test_names_of_clients_do_not_fill_the_memory() -> None:
    prices = book()
    first = prices.price("gpt-4o", OPENAI, "default")
    assert prices.price("gpt-4o", OPENAI, "default") is first
    for number in range(12_000):
        prices.price(f"m{number}", OPENAI, "default")
    assert len(prices._cache) <= 10_001  # noqa: SLF001  # what it must not do cannot be seen from outside


# --- list prices ---------------------------------------------------------------------------------

GEMINI, RESELLER = 24, 2
LIST = {
    OPENAI: {
        "new": Listed(Decimal("2.5"), Decimal(10), {"cached": Decimal("1.25")}),
        "gpt-4": Listed(Decimal(1)),
    },
    GEMINI: {"new": Listed(Decimal(1)), "free": Listed(Decimal(0), Decimal(0))},
}


def listed_book(**options: str) -> PriceBook:
    tables = attrs.evolve(price_tables(), listed=LIST)
    return PriceBook.from_options(read_options({"UnpricedModelPolicy": "listed"} | options), tables)


def test_list_price_counts_where_there_is_no_ratio() -> None:
    prices = listed_book()
    new = prices.price("new", OPENAI, "default")
    assert (new.model_ratio, new.completion_ratio, new.class_ratios.get("cached", 1), new.known) == (
        Decimal("1.25"),
        Decimal(4),
        Decimal("0.5"),
        True,
    )
    assert new.charge(Usage(1_000_000, 0)) == 1_250_000, "2.5 dollars"
    assert new.charge(Usage(1000, 100, cached=400)) == 750 + 250 + 500
    assert new.text == "1.25 × 1.00 × 4.00, cached 0.50"
    assert prices.price("gpt-4", OPENAI, "default").model_ratio == 15, "the table's"
    assert prices.price("new", GEMINI, "default").model_ratio == Decimal("0.5")
    assert prices.price("new", RESELLER, "default") == new
    assert prices.price("nobody's", OPENAI, "default").model_ratio == 30
    assert prices.price("free", GEMINI, "default").charge(Usage(100, 100)) == 0


def test_operators_ratio_beats_the_list() -> None:
    prices = listed_book(ModelRatio='{"new": 3}', CompletionRatio='{"new": 7}')
    new = prices.price("new", OPENAI, "default")
    assert (new.model_ratio, new.completion_ratio, new.class_ratios.get("cached", 1)) == tuple(
        map(Decimal, (3, 7, 1))
    )
    only_output = listed_book(CompletionRatio='{"new": 7}').price("new", OPENAI, "default")
    assert (only_output.model_ratio, only_output.completion_ratio) == (Decimal("1.25"), Decimal(7))


@pytest.mark.parametrize("policy", ["default", "refuse"])
def test_list_does_not_count_unless_wanted(policy: str) -> None:
    found = listed_book(UnpricedModelPolicy=policy).price("new", OPENAI, "default")
    assert (found.model_ratio, found.known) == (Decimal(30), False)


def test_lists_that_come_with_the_program() -> None:
    prices = PriceBook.from_options(read_options({"UnpricedModelPolicy": "listed"}), price_tables())
    assert prices.price("claude-sonnet-4-5", 14, "default").charge(Usage(1_000_000, 0)) == 1_500_000
    for number, models in price_tables().listed.items():
        for model in models:
            price = prices.price(model, number, "default")
            assert price.known
            assert price.charge(Usage(10, 10)) >= 0


# --- what it costs -------------------------------------------------------------------------------

BILLED = [
    relay
    for relay in json.loads(FIXTURE.read_text())["relays"]
    if "log" in relay and "deviation" not in relay and relay["log"]["quota"] is not None
]


@pytest.mark.parametrize("relay", BILLED, ids=lambda relay: relay["name"])
def test_charges_and_log_texts_of_the_original(relay: dict[str, Any]) -> None:
    fixture, log = json.loads(FIXTURE.read_text()), relay["log"]
    group = next(user["group"] for user in fixture["users"] if user["name"] == log["username"])
    kind = next(channel["type"] for channel in fixture["channels"] if channel["id"] == log["channel"])
    found = book(**fixture["options"]["stored"]).price(log["model_name"], kind, group)
    assert found.charge(Usage(log["prompt_tokens"], log["completion_tokens"])) == log["quota"]
    assert f"倍率：{found.text}" == log["content"]


def test_a_hundred_thousand_charges_against_decimals() -> None:
    draw = random.Random(1)

    def ratio() -> Decimal:
        return Decimal(draw.choice((1, 11, 75, 333, 12_345, 0))).scaleb(-draw.randrange(6))

    differences = 0
    with localcontext(prec=60):
        for _ in range(10_000):
            model, completion, group = ratio(), ratio(), ratio()
            found = Price(model, completion, group, known=True)
            for _ in range(10):
                used = Usage(draw.randrange(draw.choice((3, 3000, 2_000_000))), draw.randrange(100_000))
                exact = (used.prompt + used.completion * completion) * model * group
                free = not used.total or not model * group
                differences += found.charge(used) != (0 if free else max(1, ceil(exact)))
    assert differences == 0


def test_tenths_are_exact() -> None:
    assert price("1.1").charge(Usage(100)) == 110  # a float says 110.00000000000001, and 111 once rounded up


@pytest.mark.parametrize(
    ("ratio", "tokens", "cost"),
    [
        ("3.3333333333333335", 3, 10),
        ("1.3333333333333333", 3, 4),
        ("1.3389830508474578", 59, 79),
        ("4.230769230769231", 13, 55),
    ],
)
def test_a_quotient_that_a_float_cut_off_counts_as_the_quotient(ratio: str, tokens: int, cost: int) -> None:
    assert price("1", ratio).charge(Usage(0, tokens)) == cost


def test_what_is_used_costs_at_least_one() -> None:
    assert price("0.0001").charge(Usage(1)) == 1
    assert price("1", "0").charge(Usage(0, 5)) == 1


def test_what_costs_nothing() -> None:
    assert price("2").charge(Usage()) == 0
    assert price("0").charge(Usage(100, 100)) == 0
    assert price("2", group="0").charge(Usage(100, 100)) == 0
    assert price("0").hold(100, 100) == price("0").per_unit(5) == price("0").per_image(Decimal(2), 3) == 0


def test_counts_below_zero_do_not_lower_a_price() -> None:
    assert price("2").charge(Usage(100, -90)) == 200
    assert price("2").charge(Usage(-5, -5)) == 0


def test_absurd_counts_stay_within_what_a_column_holds() -> None:
    assert price("30").hold(10**30, 10**30) == price("1000000000").charge(Usage(10**30)) == LARGEST


def test_a_hold_is_never_less_than_the_charge_for_as_many_tokens() -> None:
    draw = random.Random(2)
    for _ in range(2000):
        found = price(str(draw.randrange(1, 99) / 10), str(draw.randrange(0, 50) / 10), "0.8")
        prompt, completion = draw.randrange(5000), draw.randrange(5000)
        assert found.hold(prompt, completion) >= found.charge(Usage(prompt, completion))


def test_images_speech_and_transcripts() -> None:
    prices = book()
    dall_e = prices.price("dall-e-3", OPENAI, "default")
    assert dall_e.per_image(Decimal(3), 1) == 60_000
    assert prices.price("dall-e-2", OPENAI, "default").per_image(Decimal("1.125"), 4) == 45_000
    assert prices.price("no-such-image", OPENAI, "default").per_image(Decimal(1), 2) == 60_000
    assert prices.price("tts-1", OPENAI, "default").per_unit(11) == 83
    assert price("0.01").per_unit(3) == 1
    assert prices.price("whisper-1", OPENAI, "default").per_unit(17) == 255


def test_the_text_of_two_factors() -> None:
    assert price("0.125", group="0.8").short_text == "0.12 × 0.80"


def test_a_charge_is_cheap() -> None:
    found, used = price("0.075", "4", "0.8"), Usage(1234, 567)
    assert min(timeit.repeat(lambda: found.charge(used), number=2000, repeat=5)) / 2000 < 20e-6


# --- classes of tokens ---------------------------------------------------------------------------


def test_writes_to_a_cache_cost_what_anthropic_asks() -> None:
    price = listed_policy().price("claude-sonnet-4-5", ANTHROPIC, "default")
    plain = price.charge(Usage(100_000))
    assert price.charge(Usage(100_000, cache_write=100_000)) == plain * 5 // 4
    assert price.charge(Usage(100_000, cache_write_1h=100_000)) == plain * 2
    assert price.charge(Usage(100_000, cached=100_000)) == plain // 10


def test_images_cost_by_their_tokens() -> None:
    price = listed_policy().price("gpt-image-2", OPENAI, "default")
    assert price.charge(Usage(50, 4160, image_out=4160)) == 62_525
    assert price.charge(Usage(50, 272, image_out=272)) == 4205
    assert price.charge(Usage(100, 0, image_in=100)) == 400, "8 dollars a million"


def test_a_model_that_makes_only_pictures_charges_them_for_all_that_comes_out() -> None:
    only = Listed(Decimal(2), None, {"image_out": Decimal(8)})
    assert only.completion_ratio == 4


@pytest.mark.parametrize("name", [*CLASSES_IN, *CLASSES_OUT])
def test_no_class_costs_less_than_plain_tokens_where_its_price_is_unknown(name: str) -> None:
    unknown = Price(Decimal(2), Decimal(3), Decimal(1), known=True)
    side = {"prompt": 1000} if name in CLASSES_IN else {"completion": 1000}
    assert unknown.charge(Usage(**side, **{name: 1000})) == unknown.charge(Usage(**side))


def test_only_caches_and_what_the_list_says_so_cost_less_than_plain_tokens() -> None:
    cheaper = {
        (number, model, name)
        for number, models in price_tables().listed.items()
        for model, listed in models.items()
        for name, ratio in listed.class_ratios.items()
        if name != "cached" and ratio < (1 if name in CLASSES_IN else listed.completion_ratio)
    }
    assert {(model, name) for _, model, name in cheaper} <= {
        ("perplexity/sonar-deep-research", "reasoning"),
        ("sonar-deep-research", "reasoning"),
        ("gemini-2.5-pro-preview-tts", "audio_in"),
    }


def test_an_hours_price_follows_from_that_of_minutes_where_the_list_has_none() -> None:
    listed = Listed(Decimal(3), Decimal(15), {"cache_write": Decimal("3.75")})
    assert listed.class_ratios["cache_write_1h"] == 2


@given(
    st.lists(st.integers(0, 10**7), min_size=10, max_size=10),
    st.dictionaries(st.sampled_from([*CLASSES_IN, *CLASSES_OUT]), st.decimals("0.01", "20", places=2)),
)
def test_a_charge_is_the_sum_of_its_disjoint_classes(counts: list[int], ratios: dict[str, Decimal]) -> None:
    """Classes are taken out of their side in turn, and never more than is left of it."""
    usage = Usage(counts[0], counts[1], **dict(zip([*CLASSES_IN, *CLASSES_OUT], counts[2:], strict=True)))
    price = Price(Decimal("1.25"), Decimal(4), Decimal("0.8"), known=True, class_ratios=ratios)
    expected, left = Fraction(0), {CLASSES_IN: usage.prompt, CLASSES_OUT: usage.completion}
    for side, plain in ((CLASSES_IN, Decimal(1)), (CLASSES_OUT, Decimal(4))):
        for name in side:
            if name in ratios:
                count = min(getattr(usage, name), left[side])
                left[side] -= count
                expected += count * Fraction(ratios[name])
        expected += left[side] * Fraction(plain)
    assert price.charge(usage) == (max(1, ceil(expected)) if usage.total else 0)


def test_operators_ratio_prices_all_tokens_of_a_side_alike() -> None:
    """A ratio keeps its meaning: bills of the original come out to the unit."""
    price = listed_policy(ModelRatio='{"claude-sonnet-4-5": 1}').price(
        "claude-sonnet-4-5", ANTHROPIC, "default"
    )
    used = Usage(1000, 10, cached=500, cache_write=200, cache_write_1h=100)
    assert price.charge(used) == price.charge(Usage(1000, 10))


def test_ratios_that_come_with_the_program_have_the_classes_of_the_list() -> None:
    listed = listed_policy().price("claude-3-5-sonnet-20240620", BEDROCK, "default")
    assert listed.charge(Usage(100_000, cache_write=100_000)) == 187_500
    kept = book().price("claude-3-5-sonnet-20240620", BEDROCK, "default")
    assert kept.charge(Usage(100_000, cache_write=100_000)) == 150_000, "a database of the original's"


def test_the_log_row_names_the_classes_that_were_used() -> None:
    price = listed_policy().price("claude-sonnet-4-5", ANTHROPIC, "default")
    assert price.explained(Usage(10, 10)) == price.text == "1.50 × 1.00 × 5.00, cached 0.10"
    assert price.explained(Usage(30, 1, cache_write=20)) == f"{price.text}, cache_write 20 × 1.25"


def listed_policy(**options: str) -> PriceBook:
    return PriceBook.from_options(
        read_options({"UnpricedModelPolicy": "listed_only"} | options), price_tables()
    )
