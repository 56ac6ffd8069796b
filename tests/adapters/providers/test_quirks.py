"""What quirks change, and what they leave unchanged."""

from __future__ import annotations

from typing import Any

import pytest

from oneapi.adapters.providers.quirks import (
    ABSENT,
    Drop,
    ExtraHeaders,
    Fill,
    HiddenError,
    Quirk,
    Rename,
    StatusInBody,
    UsageOption,
)
from oneapi.adapters.providers.registry import SPECS
from oneapi.domain.routing.channels import Channel

CHANNEL = Channel(1, 3, "key", 1, "c")
WHY: Any = {"reason": "seen in a test", "link": "https://example.org"}


def test_a_plain_quirk_changes_nothing() -> None:
    quirk = Quirk(**WHY)
    assert (*quirk.headers(), *quirk.amend({"a": 1})) == ()
    assert quirk.asks_usage(CHANNEL) is None
    assert quirk.refusal({"error": 1}) is None


def test_extra_headers() -> None:
    assert ExtraHeaders(extra=(("x-a", "1"),), **WHY).headers() == (("x-a", "1"),)


def test_fill_gives_values_only_where_they_are_missing() -> None:
    fill = Fill(values={"n": 1, "size": "s"}, **WHY)
    assert fill.amend({"n": 2}) == {"size": "s"}
    assert fill.amend({}) == {"n": 1, "size": "s"}


def test_drop() -> None:
    assert Drop(name="a", **WHY).amend({"a": 0}) == {"a": ABSENT}
    assert Drop(name="a", **WHY).amend({"b": 0}) == {}


def test_rename() -> None:
    rename = Rename(old="a", new="b", **WHY)
    assert rename.amend({"a": 0}) == {"a": ABSENT, "b": 0}
    assert rename.amend({"a": 0, "b": 1}) == {"a": ABSENT}
    assert rename.amend({"b": 1}) == {}


def test_usage_option_applies_where_it_says() -> None:
    option = UsageOption(asked=False, applies=lambda channel: channel.type == 3, **WHY)
    assert option.asks_usage(CHANNEL) is False
    assert option.asks_usage(Channel(1, 1, "key", 1, "c")) is None
    assert UsageOption(asked=True, **WHY).asks_usage(CHANNEL) is True


@pytest.mark.parametrize(("version", "asks"), [("", False), ("2024-06-01", False), ("2024-10-21", None)])
def test_old_versions_of_azure_are_not_asked_for_usage(version: str, asks: object) -> None:
    channel = Channel(1, 3, "key", 1, "c", config={"api_version": version})
    for offer in (offer for offer in SPECS[3].offers if offer.dialect != "responses"):
        options = [quirk for quirk in offer.quirks if isinstance(quirk, UsageOption)]
        assert [quirk.asks_usage(channel) for quirk in options] == [asks]


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ({"r": {"status_code": 0}}, None),
        ({"r": {"status_code": 1008, "status_msg": "no money"}}, HiddenError(403, "no money", 1008)),
        ({"r": {"status_code": 77}}, HiddenError(400, "", 77)),
        ({"r": {"status_code": "1008"}}, None),
        ({"r": None}, None),
        ({}, None),
    ],
)
def test_a_status_in_the_body_is_read(answer: dict[str, object], refused: HiddenError | None) -> None:
    assert StatusInBody(key="r", statuses={1008: 403}, mark=b"r", **WHY).refusal(answer) == refused
