"""The quota that a request needs, and the most that it may cost."""

from __future__ import annotations

from typing import Any, cast

import pytest

from oneapi.adapters.dialects import SURFACES
from oneapi.application.money.metering import BYTES_PER_HEARD_TOKEN, Meter, Tariff
from oneapi.data import image_limits, price_tables, traits_of
from oneapi.domain.money.pricing import LARGEST_OUTPUT, PriceBook
from oneapi.domain.options import Options
from oneapi.domain.requests import RelayRequest
from oneapi.domain.work import Work
from tests.application.relay.test_serving import channel
from tests.fakes.relay.upstream import FakeCounter

BODY = b"x" * 300


class Snapshot:
    options = Options(pre_consumed_quota=500)
    prices = PriceBook.from_options(options, price_tables())


def tariff(work: Work, model: str = "gpt-3.5-turbo", body: bytes = BODY, **fields: Any) -> Tariff:
    request = RelayRequest(work, "openai_chat", model, body, fields)
    return Meter(FakeCounter(), image_limits(), SURFACES, traits_of).tariff(
        cast("Any", Snapshot()), request, channel(1), model, "default"
    )


@pytest.mark.parametrize(
    "asked", [{"max_tokens": 40}, {"max_completion_tokens": 40}, {"max_tokens": 20, "n": 2}]
)
def test_a_maximum_of_the_client_is_held_exactly(asked: dict[str, Any]) -> None:
    found = tariff(Work.CONVERSE, **asked)
    assert found.least == found.most == found.price.hold(100 + 500, 40)


@pytest.mark.parametrize("work", [Work.CONVERSE, Work.COMPLETE, Work.EDIT])
@pytest.mark.parametrize(
    "odd", [{}, {"max_tokens": 0}, {"max_tokens": True}, {"max_tokens": "9"}, {"max_tokens": 9.5}]
)
def test_without_one_the_largest_answer_of_the_model_is_wanted(work: Work, odd: dict[str, Any]) -> None:
    found = tariff(work, **odd)
    assert found.least == found.price.hold(100 + 500, 0), "PreConsumedQuota means what it meant"
    assert found.most == found.price.hold(100 + 500, 4096)
    assert tariff(work, n=3, **odd).most == found.price.hold(100 + 500, 3 * 4096)


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gpt-4o-mini", 16_384),
        ("gpt-4", 8192),
        ("gpt-4-32k-0613", 32_768),
        ("gpt-4-turbo-2024-04-09", 4096),
        ("gpt-3.5-turbo-16k", 16_384),
        ("claude-3-5-haiku", 8192),
        ("claude-sonnet-4-20250514", 64_000),
        ("claude-sonnet-4-6", 128_000),
        ("deepseek-chat", 393_216),
        ("mistral-large-latest", 262_144),
        ("new", LARGEST_OUTPUT),
    ],
)
def test_the_largest_answer_by_model(model: str, tokens: int) -> None:
    assert tariff(Work.CONVERSE, model).price.largest_output == tokens


@pytest.mark.parametrize("work", [Work.EMBED, Work.MODERATE])
def test_what_has_no_answer_of_its_own_is_certain(work: Work) -> None:
    found = tariff(work, input="x")
    assert found.least == found.most


def test_images_and_speech_are_held_at_their_price() -> None:
    for found in (
        tariff(Work.DRAW, "dall-e-3", prompt="x", size="1792x1024", quality="hd"),
        tariff(Work.SPEAK, "tts-1", input="x" * 100),
    ):
        assert found.least == found.most == found.fixed


def test_of_a_recording_the_longest_transcript_is_wanted() -> None:
    found = tariff(Work.TRANSCRIBE, "whisper-1", b"x" * BYTES_PER_HEARD_TOKEN * 9000)
    assert found.least == found.price.hold(500, 0)
    assert found.most == found.price.hold(9000, 0)


@pytest.mark.parametrize("n", [10**30, -1, True, "2", 2**63])
def test_no_hold_exceeds_what_a_balance_can_be(n: Any) -> None:
    assert 0 < tariff(Work.CONVERSE, n=n, max_tokens=10**30).least <= 2**53
    assert 0 < tariff(Work.CONVERSE, n=n).most <= 2**53
