"""A model's thoughts before a tool call are returned to its provider, and to no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.matrix.cells import World
from tests.matrix.clients import CLIENTS
from tests.matrix.rows import ROWS, load

if TYPE_CHECKING:
    from tests.matrix.surfaces import Client, Fields

FEATURE, RESULT = "thinking and tools", "18 degrees"
#: The signatures in providers' answers.
SEALS = ("SIGNATURE", "REDACTED")
THINKING = tuple(name for name in ROWS if FEATURE in load(name).given["answers"])
PAIRS = [
    pytest.param(name, client, id=f"{client.name} {name}")
    for name in THINKING
    for client in CLIENTS
    # A client of OpenAI's format gets such a provider's own fields, and gives them back or not.
    if (client.name, load(name).dialect_for(client.name)) != ("openai_chat", "openai_chat")
]
#: Rows of one family, whose members read each other's signatures.
FAMILIES = (
    {"anthropic", "bedrock_claude", "vertex_claude"},
    {"gemini", "vertex_gemini"},
)


async def answered(world: World, client: Client, name: str, *, stream: bool) -> tuple[Fields, Fields]:
    """The request, and the received message with thoughts and a call."""
    row = load(name)
    asked = client.asks(FEATURE, row.model, stream=stream)
    answers = row.stream(FEATURE) if stream else row.whole(FEATURE)
    outcome = await world.ask(client, asked, answers)
    assert outcome.error is None
    message = client.joined(b"".join(outcome.got)) if stream else json.loads(outcome.got[0])
    return asked, message


def seals_in(value: Any) -> set[str]:
    """The signatures anywhere in ``value``."""
    told = json.dumps(value)
    return {seal for seal in SEALS if seal in told}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("name", "client"), PAIRS)
async def test_signatures_and_ids_come_back(name: str, client: Client, *, stream: bool) -> None:
    row, world = load(name), World(load(name))
    asked, message = await answered(world, client, name, stream=stream)
    follow_up = client.answered(asked, message, RESULT)
    # The last answer alone: a token for the channel is there already.
    outcome = await world.ask(client, follow_up, (row.stream if stream else row.whole)("text")[-1:])
    assert outcome.error is None
    sent = json.dumps(outcome.body)
    assert RESULT in sent
    assert seals_in(outcome.body) == seals_in(row.answer(FEATURE))
    [(call_id, _, _)] = client.said(message).calls
    if call_id in json.dumps(
        row.answer(FEATURE)
    ):  # the provider made it, so that it knows calls by their ids
        assert sent.count(f'"{call_id}"') == 2


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("other", THINKING)
@pytest.mark.parametrize("name", THINKING)
async def test_no_other_provider_gets_them(name: str, other: str, client: Client) -> None:
    if name == other or any({name, other} <= family for family in FAMILIES):
        return
    asked, message = await answered(World(load(name)), client, name, stream=True)
    row = load(other)
    follow_up = {**client.answered(asked, message, RESULT), "model": row.model, "stream": False}
    follow_up.pop("stream_options", None)
    outcome = await World(row).ask(client, follow_up, row.whole("text"))
    assert outcome.error is None
    assert seals_in(outcome.body) == set()
