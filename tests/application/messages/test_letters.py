"""What people read: complete in both languages, and literal whatever stands in a name."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.application.messages.letters import WORDS, compose, quota_text
from oneapi.domain.options import Options

VALUES: dict[str, Any] = {
    "system": "One API",
    "code": "1a2b3c",
    "quota": "$1",
    "id": 7,
    "name": "main",
    "reason": "no credit",
    "rate": "12.50%",
    "seconds": "6.00",
    "threshold": "5",
    "tested": 9,
    "failed": 2,
    "count": 3,
}
NASTY = "{{7*7}} {0} {id} %(x)s ${7*7} <script>alert(1)</script> & \"q\" 'a'"


class Reader(HTMLParser):
    """The tags of a page and the text in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("kind", WORDS)
def test_every_letter_says_the_same_in_both_languages(kind: str) -> None:
    assert set(WORDS[kind]) == {"zh", "en"}

    def places(language: str) -> set[str | None]:
        words = WORDS[kind][language]
        return {name for text in (*words.lines, words.mark) for _, name, _, _ in Formatter().parse(text)}

    assert places("zh") - {"system"} == places("en") - {"system"}
    assert bool(WORDS[kind]["zh"].button) == bool(WORDS[kind]["en"].button)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", WORDS)
def test_html_and_text_say_the_same(kind: str, language: str) -> None:
    letter = compose(kind, language, link="https://gateway.example.com/x?a=1&b=2", **VALUES)
    page = Reader(letter.html)
    assert all(line in page.text for line in letter.text.splitlines())
    assert page.links == ["https://gateway.example.com/x?a=1&b=2"]
    assert "{" not in letter.subject + letter.text
    assert letter.subject in page.text


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("verification", "One API 邮箱验证邮件"),
        ("password_reset", "One API 密码重置"),
        ("quota_low", "额度提醒"),
        ("quota_used_up", "额度提醒"),
        ("channel_disabled", "渠道状态变更提醒"),
        ("channel_unreliable", "渠道状态变更提醒"),
        ("channel_enabled", "渠道状态变更提醒"),
        ("tests_finished", "渠道测试完成"),
        ("channel_slow", "渠道 main （7）测试超时"),
    ],
)
def test_subjects_are_those_that_filters_know(kind: str, subject: str) -> None:
    assert compose(kind, "zh", **VALUES).subject == subject


def test_names_are_literal() -> None:
    letter = compose("channel_disabled", "zh", id=7, name=NASTY, reason=NASTY)
    assert letter.text.count(NASTY) == 2
    page = Reader(letter.html)
    assert page.text.count(NASTY) == 2
    assert "script" not in page.tags


@given(name=st.text(min_size=1, max_size=40), link=st.text(min_size=1, max_size=40))
def test_nothing_becomes_a_tag(name: str, link: str) -> None:
    plain = Reader(compose("verification", "zh", link="x", system="s", code="c").html)
    page = Reader(compose("verification", "zh", link=link, system=name, code=name).html)
    assert page.tags == plain.tags


def test_letter_without_a_link_has_no_button() -> None:
    assert Reader(compose("quota_low", "en", **VALUES).html).links == []


@pytest.mark.parametrize("kind", WORDS)
def test_layout_leaves_text_and_background_to_the_reader(kind: str) -> None:
    page = compose(kind, "zh", link="https://example.com", **VALUES).html
    body = re.search(r"<body style=\"([^\"]*)\"", page)
    assert body is not None
    assert "color" not in body.group(1)
    assert '<meta name="color-scheme" content="light dark">' in page


@pytest.mark.parametrize(
    ("currency", "language", "text"),
    [
        (True, "zh", "＄0.001800 额度"),
        (True, "en", "$0.001800"),
        (False, "zh", "900 点额度"),
        (False, "en", "900 units of quota"),
    ],
)
def test_quota_text(language: str, text: str, *, currency: bool) -> None:
    options = Options(display_in_currency_enabled=currency, quota_per_unit=Decimal(500_000))
    assert quota_text(900, options, language) == text
