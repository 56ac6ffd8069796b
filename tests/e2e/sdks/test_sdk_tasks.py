"""A task of four turns with every SDK, whole and streamed, sync and async, over a provider of each format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import ANTHROPIC
from tests.e2e.sdks.sdk_clients import SDKS, TOOLS, Call, Conversation
from tests.support.providers.scripted_model import ScriptedModel, prompt
from tests.support.providers.scripted_model.script import SIGNATURE

if TYPE_CHECKING:
    from tests.e2e.conftest import Site
    from tests.support.providers.upstream import ReceivedRequest

WORD = "word-0badcafe"
#: The provider's format -> channel type, and a thinking model that no other test uses.
CHANNELS = {
    "openai": (1, "gpt-5.4-mini"),
    "responses": (1, "gpt-5.2-codex"),
    "anthropic": (ANTHROPIC, "claude-opus-4-8"),
    "gemini": (24, "gemini-3-pro-preview"),
}
#: Only clients of Responses use a provider's Responses API.
PAIRS = [
    (sdk, channel)
    for sdk in SDKS
    for channel in CHANNELS
    if channel != "responses" or sdk == "openai-responses"
]


@pytest.fixture(scope="session")
def shared_thinkers(shared_site: Site) -> Site:
    for name, (kind, model) in CHANNELS.items():
        config = json.dumps({"responses": "yes"} if name == "responses" else {})
        shared_site.admin.add_channel(shared_site.upstream.url, model, type=kind, name=name, config=config)
    return shared_site


@pytest.fixture
def thinkers(site: Site, shared_thinkers: Site) -> Site:  # noqa: ARG001  # it forgets earlier requests
    return shared_thinkers


def result_of(call: Call) -> str:
    """The result that an agent's tool would return."""
    assert set(call.arguments) == set(TOOLS[call.name])
    return "The file is written." if call.name == "Write" else f"The word is {WORD}."


def signatures(request: ReceivedRequest) -> list[str]:
    """The signatures of thoughts that were returned to the provider."""
    fields: dict[str, Any] = request.json()
    blocks = [block for said in fields.get("messages", ()) for block in _list(said.get("content"))]
    parts = [part for said in fields.get("contents", ()) for part in said["parts"] if "functionCall" in part]
    found = [block["signature"] for block in blocks if block.get("type") == "thinking"]
    return found + [part["thoughtSignature"] for part in parts]


def _list(content: Any) -> list[Any]:
    return content if isinstance(content, list) else []


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(("sdk", "channel"), PAIRS)
def test_a_task(thinkers: Site, sdk: str, channel: str, *, asynchronous: bool, stream: bool) -> None:
    model, name = ScriptedModel(), CHANNELS[channel][1]
    thinkers.upstream.always(None, model)
    before = thinkers.admin.self()
    conversation: Conversation = SDKS[sdk](thinkers, name, asynchronous=asynchronous, stream=stream)
    heard = conversation.ask(prompt("/srv"))
    made = []
    while heard.calls:
        (call,) = heard.calls
        made.append(call)
        heard = conversation.give(call, result_of(call))
    assert heard.text == f"Done: {WORD}."
    assert made == [
        (made[0].id, "Read", {"file_path": "/srv/given.txt"}),
        (made[1].id, "Write", {"file_path": "/srv/copy.txt", "content": WORD}),
        (made[2].id, "Bash", {"command": "cat /srv/copy.txt"}),
    ]
    if (sdk, channel) != ("google-genai", "gemini"):  # whose calls pass unchanged, without ids
        assert len({call.id for call in made}) == 3
    if channel in ("anthropic", "gemini"):
        assert signatures(thinkers.last) == [SIGNATURE] * 3
    rows = thinkers.admin.consumed()[:4]
    assert {row["model_name"] for row in rows} == {name}
    assert {row["end_cause"] for row in rows} == {"delivered"}
    counts = [(turn.counts.prompt, turn.counts.completion) for turn in reversed(model.turns)]
    assert [(row["prompt_tokens"], row["completion_tokens"]) for row in rows] == counts
    after = thinkers.admin.self()
    assert after["request_count"] - before["request_count"] == 4
    assert before["quota"] - after["quota"] == sum(row["quota"] for row in rows)
