"""Every error of the program, wherever it is defined, can be answered with."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.domain.errors import LANGUAGES, GatewayError, UpstreamError, UpstreamRefusal
from scripts.reference import FAMILIES, kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = [kind for family in FAMILIES for kind in kinds(family)]


def texts_of(kind: type[GatewayError]) -> Iterator[dict[str, str]]:
    """The messages of an error, by language; one set a reason if it has reasons."""
    reasons: Any = getattr(kind, "REASONS", None)
    yield from reasons.values() if reasons else [kind.texts]


def test_the_families_are_all_there_is() -> None:
    direct = {kind for kind in GatewayError.__subclasses__() if kind.__module__.startswith("oneapi.")}

    assert direct == set(FAMILIES)


@pytest.mark.parametrize("kind", KINDS)
def test_the_four_questions_are_answered(kind: type[GatewayError]) -> None:
    assert 400 <= kind.status <= 599
    for question in ("retry", "disables_channel", "shown"):
        assert isinstance(getattr(kind, question), bool), question
    assert kind.type


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_can_be_filled_in(kind: type[GatewayError]) -> None:
    for by_language in texts_of(kind):
        assert set(by_language) <= set(LANGUAGES)
        assert by_language
        for text in by_language.values():
            names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
            assert all(name.isidentifier() for name in names), text
            assert text.format(**dict.fromkeys(names, "x"))


@pytest.mark.parametrize("kind", KINDS)
def test_all_languages_ask_for_the_same_fields(kind: type[GatewayError]) -> None:
    for by_language in texts_of(kind):
        asked = {
            frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)
            for text in by_language.values()
        }
        assert len(asked) == 1, by_language


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.shown])
def test_what_may_not_be_shown_has_another_text(kind: type[GatewayError]) -> None:
    assert kind.hidden_text
    assert "{" not in kind.hidden_text


@pytest.mark.parametrize("kind", [kind for kind in KINDS if issubclass(kind, UpstreamError)])
def test_what_an_upstream_said_stays_inside_unless_it_was_masked(kind: type[UpstreamError]) -> None:
    if kind is UpstreamRefusal:
        return
    assert "10.0.0.7" not in kind("no route to 10.0.0.7").text("en")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.retry and kind.status < 500])
def test_what_is_the_callers_fault_costs_no_channel_its_place(kind: type[GatewayError]) -> None:
    assert not kind.disables_channel
