"""Every error of the program can be sent to clients: it has a status, and a text in each language."""

from __future__ import annotations

import importlib
import pkgutil
import re
import string
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import oneapi
from oneapi.domain.errors import (
    CallerError,
    Fault,
    GatewayError,
    InternalError,
    NoChannel,
    OperatorError,
    QuotaError,
    Refusal,
    UpstreamError,
    UpstreamRefusal,
)
from oneapi.domain.errors.people import IdentityProviderError
from oneapi.domain.people.identities import IDENTITY_PROVIDERS
from oneapi.entrypoints.errors import administration, channels, messages, money, options, people, relay
from oneapi.entrypoints.errors.answers import BUSY, CONCEALED, LANGUAGES, ROWS, row_of, text_of
from scripts.errors import sample
from tests.support.classes import subclasses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneapi.entrypoints.errors.rows import Row

TABLES = (
    relay.CALLER,
    relay.ACCESS,
    relay.SERVICE,
    administration.ROWS,
    people.ROWS,
    channels.ROWS,
    money.ROWS,
    messages.ROWS,
    options.ROWS,
)
#: The texts of these are the provider's, or in a table by identity provider.
OTHERWISE = {UpstreamRefusal, *subclasses(IdentityProviderError)}


def below(kind: type[GatewayError]) -> Iterator[type[GatewayError]]:
    for child in subclasses(kind):
        if child.__module__.startswith("oneapi."):
            yield child
            yield from below(child)


def kinds() -> list[type[GatewayError]]:
    """Every class of the program, wherever it is defined."""
    for module in pkgutil.walk_packages(oneapi.__path__, "oneapi."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return sorted(below(GatewayError), key=lambda kind: kind.__name__)


KINDS = kinds()
LEAVES = [kind for kind in KINDS if not subclasses(kind)]
EVERY_ROW: list[Row] = [*ROWS.values(), *people.IDENTITY_PROVIDER_ROWS.values(), BUSY, CONCEALED]


def asked(text: str) -> set[str]:
    """The names in braces in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_families_are_all_there_is() -> None:
    direct = {kind for kind in subclasses(GatewayError) if kind.__module__.startswith("oneapi.")}

    assert direct == {CallerError, QuotaError, UpstreamError, OperatorError}


def test_every_error_that_is_raised_has_a_row() -> None:
    without = {kind for kind in LEAVES if not any(each in ROWS for each in kind.__mro__)}

    assert without == OTHERWISE


def test_every_provider_of_identities_has_its_rows() -> None:
    wanted = product(subclasses(IdentityProviderError), IDENTITY_PROVIDERS)

    assert set(people.IDENTITY_PROVIDER_ROWS) == {(kind, source.name) for kind, source in wanted}


def test_no_row_is_written_twice_or_for_a_class_that_is_not_there() -> None:
    assert sum(map(len, TABLES)) == len(ROWS)
    assert set(ROWS) <= set(KINDS)


def test_every_error_is_raised_somewhere() -> None:
    """Named outside the tables, that is: nobody would miss another."""
    source = Path(oneapi.__file__).parent
    tables = (source / "domain/errors", source / "entrypoints/errors")
    texts = [file.read_text() for file in source.rglob("*.py") if not set(tables) & set(file.parents)]
    named = {name for text in texts for name in re.findall(r"\b[A-Z]\w+\b", text)}

    assert {kind.__name__ for kind in LEAVES} <= named


def test_no_class_that_only_groups_others_has_a_row() -> None:
    groups = {CallerError, QuotaError, UpstreamError, OperatorError, Refusal}

    assert not groups & set(ROWS)


@pytest.mark.parametrize("row", EVERY_ROW, ids=lambda row: row.en[:40])
def test_each_row_has_both_texts_and_a_status(row: Row) -> None:
    assert row.zh
    assert row.en
    assert asked(row.zh) <= asked(row.en)
    assert row.status == 200 or 400 <= row.status <= 599
    assert row.type


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in ROWS])
def test_every_text_can_be_filled_in_from_the_errors_data(kind: type[GatewayError]) -> None:
    error = sample(kind)
    for language in LANGUAGES:
        text = text_of(error, language)
        assert text
        assert "{" not in text
    for name in asked(row_of(error).en):
        assert hasattr(error, name)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in ROWS and issubclass(kind, UpstreamError)])
def test_what_an_upstream_said_stays_inside_unless_it_was_masked(kind: type[UpstreamError]) -> None:
    for language in LANGUAGES:
        assert "10.0.0.7" not in text_of(kind("no route to 10.0.0.7"), language)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if issubclass(kind, CallerError | QuotaError)])
def test_what_is_the_callers_fault_is_not_tried_elsewhere(kind: type[GatewayError]) -> None:
    assert not kind.retry


#: They may pass by themselves, and nobody knows when: a fault of the program's, and channels that are switched off.
PASSING = {InternalError, NoChannel}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in ROWS and not issubclass(kind, Refusal)])
def test_clients_repeat_what_another_channel_or_some_time_may_cure_and_nothing_else(
    kind: type[GatewayError],
) -> None:
    error = sample(kind)
    curable = error.retry or error.retry_after is not None or kind in PASSING

    assert error.may_repeat == curable


@pytest.mark.parametrize("fault", Fault)
def test_clients_repeat_a_providers_refusal_unless_the_request_is_at_fault(fault: Fault) -> None:
    assert UpstreamRefusal(500, "no", fault=fault).may_repeat == (fault is not Fault.REQUEST)
