"""The rows: complete, consistent, and only what an upstream has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from oneapi.adapters.providers.catalog import SPECS, UNKNOWN, spec_of
from oneapi.domain.channels import Channel
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from oneapi.adapters.providers.specs import ProviderSpec

CHANNEL = Channel(1, 1, "key", 1, "c")
ROWS = [pytest.param(spec, id=spec.id) for spec in SPECS.values()]


def test_every_channel_type_has_a_row() -> None:
    assert set(SPECS) == set(range(1, 52))


@pytest.mark.parametrize("number", [0, -1, 52, 1000])
def test_an_unknown_type_speaks_openai(number: int) -> None:
    assert spec_of(evolve(CHANNEL, type=number)) is UNKNOWN


@pytest.mark.parametrize("spec", ROWS)
def test_a_row_is_complete(spec: ProviderSpec) -> None:
    assert spec_of(evolve(CHANNEL, type=spec.number)) is spec
    assert spec.id.isidentifier()
    assert spec.docs.startswith("https://")
    assert spec.base_url == "" or spec.base_url.startswith(("https://", "http://localhost:"))
    assert not spec.base_url.endswith("/")
    texts = [path for path in spec.paths.values() if isinstance(path, str)]
    assert all(path == "" or path.startswith("/") for path in texts)
    assert (Work.PROXY in spec.paths) == (spec.dialect == "")


@pytest.mark.parametrize("spec", ROWS)
def test_a_quirk_has_a_reason_and_a_source(spec: ProviderSpec) -> None:
    for quirk in spec.quirks:
        assert len(quirk.reason) > 10
        assert quirk.link.startswith("https://")


def test_ids_and_numbers_are_unique() -> None:
    ids = [spec.id for spec in SPECS.values()]
    assert len(ids) == len(set(ids))
    assert all(spec.number == number for number, spec in SPECS.items())


def test_paths_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        SPECS[3].paths[Work.CONVERSE] = "/x"  # type: ignore[index]
