"""The rows are complete and consistent, and offer only what the upstreams have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from oneapi.adapters.providers.registry import SPECS, spec_of
from oneapi.adapters.providers.rows.openai import UNKNOWN
from oneapi.domain.requests import RAW
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from oneapi.adapters.providers.specs import ProviderSpec

ROWS = [pytest.param(spec, id=spec.id) for spec in SPECS.values()]


def test_every_channel_type_has_a_row() -> None:
    assert set(SPECS) == set(range(1, 52))


@pytest.mark.parametrize("number", [0, -1, 52, 1000])
def test_an_unknown_type_speaks_openai(number: int) -> None:
    assert spec_of(number) is UNKNOWN


@pytest.mark.parametrize("spec", ROWS)
def test_a_row_is_complete(spec: ProviderSpec) -> None:
    assert spec_of(spec.number) is spec
    assert spec.id.isidentifier()
    assert spec.docs.startswith("https://")
    assert spec.base_url == "" or spec.base_url.startswith(("https://", "http://localhost:"))
    assert not spec.base_url.endswith("/")
    assert spec.offers
    for offer in spec.offers:
        assert offer.procedure or offer.dialect == RAW or callable(offer.path) or offer.path.startswith("/")
        assert (offer.work is Work.PROXY) == (offer.dialect == RAW)


@pytest.mark.parametrize("spec", ROWS)
def test_a_quirk_has_a_reason_and_a_source(spec: ProviderSpec) -> None:
    for quirk in [quirk for offer in spec.offers for quirk in offer.quirks]:
        assert len(quirk.reason) > 10
        assert quirk.link.startswith("https://")


def test_ids_and_numbers_are_unique() -> None:
    ids = [spec.id for spec in SPECS.values()]
    assert len(ids) == len(set(ids))
    assert all(spec.number == number for number, spec in SPECS.items())


def test_offers_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        SPECS[3].wanted[Work.CONVERSE, "openai_chat"] = ()  # type: ignore[index]
