"""What people read: complete in both languages, and literal whatever stands in a name."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from string import Formatter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.texts.letters import CAUSES, WORDS, write_letter
from oneapi.application.messages.letters import (
    ChannelDisabled,
    ChannelEnabled,
    ChannelSlow,
    ChargesSetAside,
    Message,
    PasswordReset,
    QuotaLow,
    QuotaUsedUp,
    TestsFinished,
    Trial,
    VerificationCode,
)
from oneapi.domain.options import Options
from oneapi.domain.routing.health import Cause, LowSuccessRate, NoBalance, SlowTest

LINK = "https://gateway.example.com/x?a=1&b=2"
LEFT = Options().amount(900)
SAMPLES: list[Message] = [
    VerificationCode("One API", "1a2b3c"),
    PasswordReset("One API", LINK),
    QuotaLow(LEFT, LINK),
    QuotaUsedUp(LEFT, LINK),
    ChannelDisabled(7, "main", "no credit"),
    ChannelEnabled(7, "main"),
    ChannelSlow(7, "main", 6.25, 5.0),
    TestsFinished(9, 2),
    ChargesSetAside(3),
    Trial("One API"),
]
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


def test_everything_has_words_and_a_sample() -> None:
    assert set(WORDS) == set(get_args(Message)) == {type(message) for message in SAMPLES}
    assert set(CAUSES) == set(get_args(Cause)) - {str}


@pytest.mark.parametrize("kind", WORDS)
def test_every_letter_says_the_same_in_both_languages(kind: type[Message]) -> None:
    assert set(WORDS[kind]) == {"zh", "en"}

    def places(language: str) -> set[str | None]:
        words = WORDS[kind][language]
        return {name for text in (*words.lines, words.mark) for _, name, _, _ in Formatter().parse(text)}

    assert places("zh") - {"system"} == places("en") - {"system"}
    assert bool(WORDS[kind]["zh"].button) == bool(WORDS[kind]["en"].button)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_html_and_text_say_the_same(message: Message, language: str) -> None:
    letter = write_letter(message, language)
    page = Reader(letter.html)
    assert all(line in page.text for line in letter.text.splitlines())
    assert page.links == ([LINK] if hasattr(message, "link") else [])
    assert "{" not in letter.subject + letter.text
    assert letter.subject in page.text


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        (VerificationCode("One API", "1"), "One API 邮箱验证邮件"),
        (PasswordReset("One API", LINK), "One API 密码重置"),
        (QuotaLow(LEFT, ""), "额度提醒"),
        (QuotaUsedUp(LEFT, ""), "额度提醒"),
        (ChannelDisabled(7, "main", "no credit"), "渠道状态变更提醒"),
        (ChannelEnabled(7, "main"), "渠道状态变更提醒"),
        (TestsFinished(9, 2), "渠道测试完成"),
        (ChannelSlow(7, "main", 6.25, 5.0), "渠道 main （7）测试超时"),
    ],
)
def test_subjects_are_those_that_filters_know(message: Message, subject: str) -> None:
    assert write_letter(message, "zh").subject == subject


@pytest.mark.parametrize(
    ("cause", "chinese", "english"),
    [
        ("no credit", "no credit", "no credit"),
        (LowSuccessRate(0.125), "成功率只有 12.50%", "only 12.50% of its requests succeeded"),
        (NoBalance(), "余额不足", "its account has no balance left"),
        (
            SlowTest(6.25, 5.0),
            "测试用时 6.25 秒，超过阈值 5 秒",
            "its test took 6.25 s, more than the limit of 5 s",
        ),
    ],
)
def test_root_reads_why_a_channel_was_switched_off(cause: Cause, chinese: str, english: str) -> None:
    disabled = ChannelDisabled(7, "main", cause)
    assert write_letter(disabled, "zh").text.endswith(f"禁用原因：{chinese}\n")
    assert write_letter(disabled, "en").text.endswith(f"Reason: {english}\n")


def test_names_are_literal() -> None:
    letter = write_letter(ChannelDisabled(7, NASTY, NASTY), "zh")
    assert letter.text.count(NASTY) == 2
    page = Reader(letter.html)
    assert page.text.count(NASTY) == 2
    assert "script" not in page.tags


@given(name=st.text(min_size=1, max_size=40), link=st.text(min_size=1, max_size=40))
def test_nothing_becomes_a_tag(name: str, link: str) -> None:
    plain = Reader(write_letter(PasswordReset("s", "x"), "zh").html)
    page = Reader(write_letter(PasswordReset(name, link), "zh").html)
    assert page.tags == plain.tags


def test_letter_without_a_link_has_no_button() -> None:
    assert Reader(write_letter(QuotaLow(LEFT, ""), "en").html).links == []


@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_layout_leaves_text_and_background_to_the_reader(message: Message) -> None:
    page = write_letter(message, "zh").html
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
def test_quota_is_told_as_the_operator_shows_it(language: str, text: str, *, currency: bool) -> None:
    options = Options(display_in_currency_enabled=currency, quota_per_unit=Decimal(500_000))
    assert text in write_letter(QuotaLow(options.amount(900), ""), language).text
