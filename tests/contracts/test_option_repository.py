"""Options are stored in the same way on every product and in the fake."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from oneapi.adapters.database.repositories.options import SqlOptionRepository
from tests.fakes.operations.options import FakeOptions

if TYPE_CHECKING:
    from oneapi.application.ports.operations import OptionRepository


@pytest.fixture
def options(product: str, request: pytest.FixtureRequest) -> OptionRepository:
    if product == "fake":
        return FakeOptions()
    return SqlOptionRepository(request.getfixturevalue("database"))


async def test_options_are_stored_and_replaced(options: OptionRepository) -> None:
    await options.put({"Notice": "一 😀", "Theme": "air"})
    await options.put({"Theme": ""})
    await options.put({})
    assert await options.all() == {"Notice": "一 😀", "Theme": ""}


async def test_processes_that_store_a_value_at_once_get_the_same_one(options: OptionRepository) -> None:
    kept = await asyncio.gather(*(options.keep("SessionSecret", str(number)) for number in range(8)))
    assert len(set(kept)) == 1
    assert await options.all() == {"SessionSecret": kept[0]}
    assert await options.keep("SessionSecret", "later") == kept[0]
