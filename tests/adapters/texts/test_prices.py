"""Charges explained in both languages; in Chinese as the original's clients know it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oneapi.adapters.texts.prices import CLASSES, PRICE_WORDS
from oneapi.domain.money.pricing import TOLD, Price
from oneapi.domain.usage import Usage


@pytest.mark.parametrize(
    ("language", "short", "whole", "used"),
    [
        ("zh", "倍率：1.25 × 0.80", " × 4.00，缓存 0.50", "，缓存写入 20 × 1.25，音频输出 3 × 8.00"),
        (
            "en",
            "Ratio: 1.25 × 0.80",
            " × 4.00, cached 0.50",
            ", cache writes 20 × 1.25, audio output 3 × 8.00",
        ),
    ],
)
def test_words(language: str, short: str, whole: str, used: str) -> None:
    ratios = {"cached": Decimal("0.5"), "cache_write": Decimal("1.25"), "audio_out": Decimal(8)}
    price = Price(
        Decimal("1.25"),
        Decimal(4),
        Decimal("0.8"),
        known=True,
        class_ratios=ratios,
        words=PRICE_WORDS[language],
    )
    assert price.short_text == short
    assert price.text == price.explained(Usage(10, 10)) == short + whole
    assert price.explained(Usage(30, 9, cache_write=20, audio_out=3)) == short + whole + used


@pytest.mark.parametrize(
    ("language", "told"), [("zh", "，搜索 2 次，每次按 1000 token 计"), ("en", ", searches 2 × 1000 tokens")]
)
def test_searches_are_told(language: str, told: str) -> None:
    price = Price(Decimal(1), Decimal(1), Decimal(1), known=True, words=PRICE_WORDS[language])
    assert price.explained(Usage(2000, searches=2)) == price.text + told


def test_every_class_that_the_log_tells_of_has_a_name() -> None:
    assert set(CLASSES) == set(TOLD)
    assert all(set(words) == {"zh", "en"} for words in CLASSES.values())
