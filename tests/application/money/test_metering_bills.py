"""What requests cost: images, speech, transcripts, and incomplete usage."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from oneapi.adapters.dialects import REQUEST_FORMATS, SURFACES
from oneapi.adapters.dialects.reranking.clients import RERANK_V1
from oneapi.application.money.metering import Meter, Tariff
from oneapi.data import image_limits, price_tables, traits_of
from oneapi.domain.errors import UnpricedModel
from oneapi.domain.money.pricing import PriceBook
from oneapi.domain.options import read_options
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel, ChannelStatus
from oneapi.domain.usage import NOTHING, Usage
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import text_of
from tests.fakes.relay.upstream import FakeCounter


class Prices:
    """The part of a catalog snapshot that a meter reads."""

    def __init__(self, policy: str = "listed_only", **options: str) -> None:
        self.options = read_options({"UnpricedModelPolicy": policy, "PreConsumedQuota": "0"} | options)
        self.prices = PriceBook.from_options(self.options, price_tables())

    def tariff(self, work: Work, model: str, upstream: str = "", **fields: Any) -> Tariff:
        request = RelayRequest(work, "openai_chat", model, b"{}", {"model": model, **fields})
        channel = Channel(id=1, type=1, key="k", status=ChannelStatus.ENABLED, name="c", models=(model,))
        meter = Meter(FakeCounter(), image_limits(), SURFACES, traits_of)
        return meter.tariff(cast("Any", self), request, channel, upstream or model, "default")


def image(prices: Prices, model: str, **fields: Any) -> Tariff:
    return prices.tariff(Work.DRAW, model, prompt="a cat", **fields)


# --- pictures ------------------------------------------------------------------------------------


def test_an_image_costs_what_its_answer_reports() -> None:
    tariff = image(Prices(), "gpt-image-2", quality="high")
    bill = tariff.bill(Usage(50, 4160))
    assert (bill.amount, bill.prompt_tokens, bill.completion_tokens) == (62_525, 50, 4160)
    assert tariff.bill(Usage(50, 272)).amount == 4205
    mixed = image(Prices(), "chatgpt-image-latest").bill(Usage(50, 300, image_out=272))
    assert mixed.amount == 125 + 28 * 5 + 272 * 16, "text and picture come out at prices of their own"


def test_without_a_report_it_costs_what_its_quality_and_size_do() -> None:
    high = image(Prices(), "gpt-image-2", quality="high")
    assert (
        high.least == high.bill(None).amount == high.bill(NOTHING).amount == -(-(5 * 25 + 4160 * 150) // 10)
    )
    low = image(Prices(), "gpt-image-2", quality="low")
    assert low.least == -(-(5 * 25 + 272 * 150) // 10)
    assert image(Prices(), "gpt-image-2", n=3, quality="low").most > 2.9 * low.most
    assert image(Prices(), "gpt-image-2", size="1536x1024", quality="low").most > 1.4 * low.most
    assert image(Prices(), "gpt-image-2").most >= high.most, "held for the dearest"


@pytest.mark.parametrize("size", ["auto", "axb", "x", "1024x", "9" * 400 + "x1", "-1x5", "١x٢"])
def test_no_size_breaks_the_estimate(size: str) -> None:
    assert image(Prices(), "gpt-image-2", size=size).most > 0


def test_an_operators_ratio_is_the_price_of_an_image() -> None:
    """Ratio 1 is 1000 units per image, as in the original, whatever an answer reports."""
    tariff = image(Prices(ModelRatio='{"gpt-image-2": 1}'), "gpt-image-2")
    assert tariff.bill(Usage(50, 4160)).amount == tariff.most == 1000
    assert image(Prices(), "dall-e-3").bill(Usage(50, 4160)).amount == 20_000


def test_an_operator_who_prices_the_completion_prices_tokens() -> None:
    prices = Prices(ModelRatio='{"gpt-image-2": 1}', CompletionRatio='{"gpt-image-2": 2}')
    tariff = image(prices, "gpt-image-2")
    assert tariff.bill(Usage(50, 4160)).amount == 50 + 8320
    assert tariff.bill(None).amount == tariff.most == 1000


# --- speech and transcripts ----------------------------------------------------------------------


def test_speech_costs_its_characters_or_what_it_reports() -> None:
    by_character = Prices().tariff(Work.SPEAK, "tts-1", input="hello world")
    assert by_character.bill(None).amount == by_character.bill(Usage(9, 900)).amount == 83
    by_token = Prices().tariff(Work.SPEAK, "gpt-4o-mini-tts", input="hello world")
    assert by_token.bill(Usage(10, 1000)).amount == 3 + 6000
    assert by_token.bill(None).amount > 11 * 6, "sound costs more than the text that is spoken"


def test_a_transcript_costs_the_tokens_that_it_reports() -> None:
    tariff = Prices().tariff(Work.TRANSCRIBE, "gpt-4o-transcribe")
    once = tariff.bill(Usage(6000, 101, audio_in=6000))
    assert (once.amount, once.prompt_tokens, once.completion_tokens) == (8005, 6000, 101)
    assert tariff.bill(Usage(12_000, 202)).amount == 2 * 8005
    assert tariff.bill(Usage(6000, 0)).amount == 7500, "an hour of silence"
    assert tariff.bill(Usage(0, 101)).prompt_tokens == 101, "words that were counted here"


def test_seconds_cost_what_their_minute_does() -> None:
    """whisper-1 costs $0.006 per minute: ratio 15 for each of 200 tokens."""
    bill = Prices().tariff(Work.TRANSCRIBE, "whisper-1").bill(Usage(seconds=60))
    assert (bill.amount, bill.prompt_tokens) == (3000, 200)
    assert Prices().tariff(Work.TRANSCRIBE, "whisper-1").bill(Usage(seconds=1)).amount == 60
    assert Prices().tariff(Work.TRANSCRIBE, "whisper-large-v3").bill(Usage(seconds=3600)).amount == 55_500


# --- incomplete reports --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("work", "reported", "expected"),
    [
        (Work.CONVERSE, None, Usage(45, 7)),
        (Work.CONVERSE, Usage(unsplit=100), Usage(45, 55)),
        (Work.CONVERSE, Usage(0, 20, unsplit=80), Usage(45, 55)),
        (Work.CONVERSE, NOTHING, Usage(45, 7)),
        (Work.EMBED, Usage(unsplit=100), Usage(100)),
        (Work.EMBED, NOTHING, Usage(45)),
        (Work.EMBED, None, Usage(45)),
        (Work.TRANSCRIBE, None, Usage(0, 7)),
        (Work.TRANSCRIBE, Usage(unsplit=100), Usage(0, 100)),
    ],
)
def test_what_is_left_open_is_counted_here(work: Work, reported: Usage | None, expected: Usage) -> None:
    assert Meter.combine(work, reported, 45, 7, complete=True) == expected


def test_an_empty_answer_that_is_reported_as_nothing_is_free() -> None:
    assert Meter.combine(Work.CONVERSE, NOTHING, 7, 0, complete=True) == NOTHING
    assert Meter.combine(Work.CONVERSE, None, 7, 0, complete=True) == Usage(7)
    tariff = Prices().tariff(Work.CONVERSE, "gpt-4o", messages=[{"role": "user", "content": "hi"}])
    assert tariff.bill(NOTHING).amount == 0


def test_what_was_delivered_before_the_end_is_billed_though_less_was_reported() -> None:
    assert Meter.combine(Work.CONVERSE, Usage(9, 1), 45, 7, complete=False) == Usage(9, 7)
    assert Meter.combine(Work.CONVERSE, Usage(0, 1), 45, 7, complete=False) == Usage(45, 7)
    assert Meter.combine(Work.CONVERSE, NOTHING, 45, 0, complete=False) == Usage(45)
    assert Meter.combine(Work.CONVERSE, Usage(unsplit=50), 45, 7, complete=False) == Usage(45, 7)


# --- no price ------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["refuse", "listed_only"])
def test_a_model_without_a_price_is_refused_with_who_can_set_one(policy: str) -> None:
    with pytest.raises(UnpricedModel) as refused:
        Prices(policy).tariff(Work.CONVERSE, "nobodys-model", messages=[])
    assert "administrator" in text_of(refused.value, "en")
    assert "管理员" in text_of(refused.value, "zh")
    assert "nobodys-model" in text_of(refused.value, "en")


@pytest.mark.parametrize("policy", ["default", "listed"])
def test_other_policies_charge_ratio_thirty(policy: str) -> None:
    tariff = Prices(policy).tariff(Work.CONVERSE, "nobodys-model", messages=[])
    assert tariff.bill(Usage(1)).amount == 30


def test_a_mapped_deployment_costs_what_the_model_does_that_was_asked_for() -> None:
    prices = Prices()
    mapped = prices.tariff(Work.CONVERSE, "gpt-4o", "prod-east-1", messages=[])
    assert mapped.bill(Usage(1000, 100)) == prices.tariff(Work.CONVERSE, "gpt-4o", messages=[]).bill(
        Usage(1000, 100)
    )


# --- rerankings ----------------------------------------------------------------------------------


def reranking(model: str, query: str = "q", documents: int = 3, **options: str) -> Tariff:
    prices = Prices(**options)
    fields = {"model": model, "query": query, "documents": ["x" * 300] * documents}
    request = RelayRequest(Work.RERANK, RERANK_V1, model, json.dumps(fields).encode(), fields)
    channel = Channel(id=1, type=35, key="k", status=ChannelStatus.ENABLED, name="c", models=(model,))
    meter = Meter(FakeCounter(), image_limits(), REQUEST_FORMATS, traits_of)
    return meter.tariff(cast("Any", prices), request, channel, model, "default")


def test_a_search_costs_its_list_price_or_as_a_thousand_tokens() -> None:
    bill = reranking("rerank-v3.5").bill(Usage(searches=2))
    assert (bill.amount, bill.prompt_tokens, bill.completion_tokens) == (2000, 2000, 0)
    assert reranking("rerank-v4.0-pro").bill(Usage(searches=1)).amount == 1250
    own = reranking("mine", ModelRatio='{"mine": 3}')
    assert own.bill(Usage(searches=1)).amount == 3000
    assert own.bill(Usage(prompt=50)).amount == 150


def test_models_that_are_sold_by_the_token_cost_their_tokens() -> None:
    assert reranking("jina-reranker-v2-base-multilingual").bill(Usage(40_000)).amount == 1000


def test_a_reranking_is_held_as_both_tokens_and_searches() -> None:
    short = reranking("rerank-v3.5")
    assert (short.least, short.most) == (301, 1000)
    many = reranking("rerank-v3.5", query="w" * 30, documents=150)
    assert (many.least, many.most) == (2000, 150 * 110)


@pytest.mark.parametrize("reported", [None, NOTHING, Usage(searches=0)])
def test_a_reranking_of_which_nobody_says_what_it_cost_is_counted(reported: Usage | None) -> None:
    used = Meter.combine(Work.RERANK, reported, 70, 9, complete=True)
    assert used == Usage(70)
    assert reranking("rerank-v3.5").bill(used).amount == 70
