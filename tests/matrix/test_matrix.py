"""Every client API with every provider's format: what is sent on the wire, on both sides, and what is billed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.domain.errors import GatewayError, UnsupportedFeature
from tests.matrix.cells import World
from tests.matrix.clients import CLIENTS
from tests.matrix.expectations import ANSWERED, difference, fault_cell, whole_cell
from tests.matrix.rows import FAULTS, FEATURES, ROWS, load

if TYPE_CHECKING:
    from tests.matrix.surfaces import Client


def cells(*columns: str) -> pytest.MarkDecorator:
    """One test for each row, client and column."""
    return pytest.mark.parametrize(
        ("name", "client", "column"),
        [
            pytest.param(name, client, column, id=f"{client.name} {name} {column}")
            for name in ROWS
            for client in CLIENTS
            for column in columns
            if load(name).has(column) and column not in client.lacks
        ],
    )


@cells(*FEATURES)
async def test_whole(name: str, client: Client, column: str) -> None:
    row = load(name)
    expected = row.given["expected"][client.name]
    outcome, cell = await whole_cell(row, client, column)
    assert cell == expected[column]
    if "got" not in cell:
        assert not outcome.requests, "what is refused by name is not sent"
        return
    assert outcome.address == expected["addresses"][0]
    assert outcome.end_cause == "delivered"


@cells(*FEATURES)
async def test_stream_says_what_the_whole_answer_says(name: str, client: Client, column: str) -> None:
    row = load(name)
    expected = row.given["expected"][client.name]
    asked = client.asks(column, row.model, stream=True)
    outcome = await World(row).ask(client, asked, row.stream(column))
    if isinstance(outcome.error, UnsupportedFeature):
        assert expected[column] == {"verdict": f"refused: {outcome.error.feature}"}
        return
    assert outcome.error is None
    assert difference(expected[column]["sent"], outcome.body) == expected["streamed"]
    assert outcome.address == expected["addresses"][1]
    joined, whole = client.joined(b"".join(outcome.got)), expected[column]["got"]
    assert without_id(joined) == without_id(whole)
    assert list(outcome.billed or ()) == expected[column]["billed"]
    assert (outcome.end_cause, outcome.response and outcome.response.released) == ("delivered", True)


def without_id(message: dict[str, Any]) -> dict[str, Any]:
    """Some providers report it only in whole answers."""
    return {name: value for name, value in message.items() if name not in ("id", "responseId")}


@cells(*FAULTS)
async def test_fault(name: str, client: Client, column: str) -> None:
    row = load(name)
    outcome, cell = await fault_cell(row, client, column)
    assert cell == row.given["expected"][client.name][column]
    assert outcome.response is not None
    assert outcome.response.released, "the connection is given back"
    match column:
        case "error before":
            assert isinstance(outcome.error, GatewayError)
            assert outcome.billed is None
        case "client gone":
            assert len(outcome.got) == 1
            assert outcome.end_cause == "client_left"
        case _:
            assert outcome.end_cause == "upstream_failed"
            assert ANSWERED.startswith(told(cell["got"]["message"])), "what came before is passed on"


def told(message: Any) -> str:
    """The text of a message that broke off."""
    content = message["content"] if isinstance(message, dict) else message
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


def test_every_format_has_a_row() -> None:
    formats = {row.dialect_for(client.name) for row in map(load, ROWS) for client in CLIENTS}
    assert formats >= set(DIALECTS)


def test_every_client_format_has_a_column() -> None:
    assert {client.name for client in CLIENTS} == set(SURFACES)


def test_difference_makes_one_of_the_other() -> None:
    assert difference({"a": 1, "b": {"c": 2}}, {"b": {"c": 3}}) == {"a": None, "b": {"c": 3}}
    assert difference(json.loads("{}"), {}) == {}
