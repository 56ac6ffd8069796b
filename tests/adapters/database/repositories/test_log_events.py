"""What rows of the log tell survives storage, and nothing in the column breaks a list."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, get_args

import pytest
from attrs import fields

from oneapi.adapters.database.repositories.log_events import KINDS, LONGEST, read_event, write_event
from oneapi.domain.logs.events import Amount, ChannelTested, LogEvent, QuotaChanged
from oneapi.domain.routing.channels import TestOutcome

SAMPLES: dict[str, Any] = {
    "Amount": Amount(-7, Decimal(1) / 3),
    "TestOutcome": TestOutcome.FAILED,
    "str": '主 {0} \n"😀\0',
}


def sample(kind: Any) -> LogEvent:
    event: LogEvent = kind(*(SAMPLES[str(field.type)] for field in fields(kind)))
    return event


def test_every_kind_has_a_name() -> None:
    assert set(KINDS.values()) == set(get_args(LogEvent))


@pytest.mark.parametrize("kind", get_args(LogEvent))
def test_events_come_back(kind: Any) -> None:
    text = write_event(sample(kind))
    assert text is not None
    assert read_event(text) == sample(kind)


def test_the_form_that_rows_keep() -> None:
    text = write_event(QuotaChanged(Amount(1), Amount(500_000, Decimal(1))))
    assert json.loads(text or "") == {
        "kind": "quota_changed",
        "before": {"quota": 1, "dollars": None},
        "after": {"quota": 500_000, "dollars": "1"},
    }


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "x",
        "1",
        "[]",
        "{}",
        '{"kind":"of_a_later_release"}',
        '{"kind":["redeemed"]}',
        '{"kind":"redeemed"}',
        '{"kind":"redeemed","amount":{"quota":"7"}}',
        '{"kind":"channel_tested","channel":"c","outcome":"odd","detail":""}',
    ],
)
def test_what_cannot_be_read_is_none(text: str | None) -> None:
    assert read_event(text) is None


def test_halves_of_characters_are_stored_as_something_else() -> None:
    event = read_event(write_event(ChannelTested("c", TestOutcome.PASSED, "\ud83d!")))
    assert event == ChannelTested("c", TestOutcome.PASSED, "?!")


def test_the_column_is_bounded() -> None:
    assert write_event(ChannelTested("c", TestOutcome.PASSED, "x" * LONGEST)) is None
