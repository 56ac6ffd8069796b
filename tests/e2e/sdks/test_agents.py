"""Requests recorded from real agents, replayed to a running server over a provider of each format.

``make agents`` runs the agents themselves; see ``tests/agents``.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import define

from tests.matrix.clients import CLIENTS
from tests.support.clients.agent_requests import AgentRequest, agent_request, agent_requests
from tests.support.gateway.server import NO_TLS
from tests.support.providers.scripted_model import Said, ScriptedModel, Turn

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from tests.e2e.conftest import Site
    from tests.matrix.surfaces import Client, Fields

#: The provider's format -> channel type, model, and the header with the channel's key.
CHANNELS = {
    "responses": (1, "gpt-5.1-codex", "authorization"),
    "openai_chat": (1, "gpt-4.1", "authorization"),
    "anthropic": (14, "claude-sonnet-4-5", "x-api-key"),
    "gemini": (24, "gemini-2.5-pro", "x-goog-api-key"),
}
CHANNEL_KEY = "sk-operators-own"
#: The last segment of an API's path for conversations -> the API's format.
PATHS = {"completions": "openai_chat", "messages": "anthropic", "responses": "responses"}
CONVERSATIONS = [each for each in agent_requests() if each.is_conversation]
#: Every conversation over every format, except that only clients of Responses use a provider's Responses API.
PLAYED = [
    (each, dialect)
    for each in CONVERSATIONS
    for dialect in CHANNELS
    if dialect != "responses" or each.path.endswith("/responses")
]
COUNTS = [each for each in agent_requests() if "count_tokens" in each.path]


@define
class Agents:
    """The site with a channel of each format, and a scripted model behind all of them."""

    site: Site
    model: ScriptedModel

    def send(self, request: AgentRequest, model: str | None = None) -> httpx.Response:
        """Send the recorded request with the key of the site's token, and perhaps another model."""
        request = request.with_key(self.site.key)
        request = request if model is None else request.with_model(model)
        content = request.content
        if content is not None and ("content-encoding", "zstd") in request.headers:
            content = zstd.compress(content)
        return httpx.request(
            request.method,
            self.site.gateway.url + request.target,
            content=content,
            headers=request.headers,
            timeout=20,
            verify=NO_TLS,
        )

    @property
    def turn(self) -> Turn:
        (turn,) = self.model.turns
        return turn


@pytest.fixture(scope="session")
def shared_agents(shared_site: Site) -> Agents:
    for name, (kind, model, _) in CHANNELS.items():
        url = shared_site.upstream.url
        config = json.dumps({"responses": "yes"} if name == "responses" else {})
        shared_site.admin.add_channel(url, model, type=kind, key=CHANNEL_KEY, name=name, config=config)
    return Agents(shared_site, ScriptedModel())


@pytest.fixture
def agents(site: Site, shared_agents: Agents) -> Agents:
    shared_agents.model.turns.clear()
    site.upstream.always(None, shared_agents.model)
    return shared_agents


def client_of(request: AgentRequest) -> Client:
    """The client that reads answers of this request's API."""
    name = PATHS.get(request.path.rpartition("/")[2], "gemini")
    return next(client for client in CLIENTS if client.name == name)


def calls_in(message: Fields, client: Client) -> list[tuple[str, Any]]:
    """The tool calls in an answer, with the names that providers see for tools in namespaces."""
    spaces = {item.get("call_id"): item.get("namespace") for item in message.get("output", ())}
    return [
        (f"{space}__{name}" if (space := spaces.get(call_id)) else name, arguments)
        for call_id, name, arguments in client.said(message).calls
    ]


def call_made(said: Said) -> list[tuple[str, Any]]:
    """The call that the model made, if any, with the text for a tool that takes plain text as ``input``."""
    if said.call is None:
        return []
    given = said.call.arguments
    return [(said.call.name, {"input": given} if isinstance(given, str) else given)]


def with_usage(request: AgentRequest) -> bytes:
    """The body of the request; for chat streams, usage is requested even if the agent did not."""
    content, fields = request.content or b"", request.body or {}
    if not fields.get("stream") or client_of(request).name != "openai_chat" or "stream_options" in fields:
        return content
    return content[:-1] + b',"stream_options":{"include_usage":true}}'


@pytest.mark.parametrize(
    ("sent", "dialect"), PLAYED, ids=[f"{sent.case}-over-{dialect}" for sent, dialect in PLAYED]
)
class TestConversations:
    def test_answered_and_billed(self, agents: Agents, sent: AgentRequest, dialect: str) -> None:
        client, site = client_of(sent), agents.site
        model = CHANNELS[dialect][1]
        before = site.admin.self()
        answer = agents.send(sent, model)
        assert answer.status_code == 200, answer.text
        said = agents.turn.said
        streamed = answer.headers["content-type"].startswith("text/event-stream")
        assert streamed == bool(sent.query == "alt=sse" or (sent.body or {}).get("stream"))
        message = client.joined(answer.content) if streamed else answer.json()
        heard = client.said(message)
        assert heard.text == said.text
        assert heard.thinking in ("", said.thought)
        assert calls_in(message, client) == call_made(said)
        counts = agents.turn.counts
        if heard.usage is not None:
            assert heard.usage == (counts.prompt, counts.cached, counts.completion)
        row = site.newest_charge()
        assert (row["prompt_tokens"], row["completion_tokens"]) == (counts.prompt, counts.completion)
        assert (row["model_name"], row["end_cause"]) == (model, "delivered")
        after = site.admin.self()
        assert after["request_count"] == before["request_count"] + 1
        assert after["quota"] == before["quota"] - row["quota"] < before["quota"]

    def test_what_is_sent_to_the_provider(self, agents: Agents, sent: AgentRequest, dialect: str) -> None:
        """A provider of the same format gets the same bytes; others get everything that the model must know."""
        _, model, key_header = CHANNELS[dialect]
        agents.send(sent, model)
        (left,) = agents.site.upstream.requests
        assert CHANNEL_KEY in (left.header(key_header) or "")
        assert agents.site.key not in str(left)
        own = {name.lower() for name, _ in sent.headers if name.lower().startswith(("x-codex", "x-claude"))}
        assert own.isdisjoint(name.lower() for name, _ in left.headers)
        if client_of(sent).name == dialect:
            assert left.body == with_usage(sent.with_model(model))
            told = dict(sent.headers)
            for name in ("anthropic-beta", "anthropic-version"):
                assert left.header(name) == told.get(name)
        asked = agents.turn.asked
        body = json.dumps(sent.body)
        assert all(word in "\n".join(asked.results) for word in ["word-00c0ffee"] * ("word-00c0ffee" in body))
        assert (len(asked.tools) > 0) == ('"tools": [{' in body)
        for tool in asked.tools:
            name = tool.name.rpartition("__")[2]
            assert f'"name": "{name}"' in body


class TestOtherCalls:
    """Calls of agents besides conversations cost nothing, and reach a provider only to count tokens."""

    @pytest.mark.parametrize("dialect", CHANNELS)
    @pytest.mark.parametrize("sent", COUNTS, ids=lambda sent: sent.case)
    def test_tokens_are_counted(self, agents: Agents, sent: AgentRequest, dialect: str) -> None:
        before, model = agents.site.quota(), CHANNELS[dialect][1]
        answer = agents.send(sent, model)
        assert answer.status_code == 200, answer.text
        assert answer.json()["input_tokens"] > 100
        assert agents.site.quota() == before
        assert all("count" in request.path for request in agents.site.upstream.requests)

    def test_models_are_listed_in_the_form_of_each_api(self, agents: Agents) -> None:
        asked = agent_request("claude-code-defaults-1")
        found = agents.send(asked).json()
        assert "claude-sonnet-4-5" in [model["id"] for model in found["data"]]
        assert {"has_more", "first_id"} <= set(found)
        found = agents.send(agent_request("codex-chatgpt-sign-in-0")).json()
        assert found["object"] == "list"

    def test_probes(self, agents: Agents) -> None:
        probe = agents.send(agent_request("claude-code-defaults-0"))
        assert (probe.status_code, probe.content) == (404, b"")
        assert httpx.head(agents.site.gateway.url, verify=NO_TLS).status_code == 200

    def test_a_websocket_is_refused_so_that_codex_falls_back_at_once(self, agents: Agents) -> None:
        answer = agents.send(agent_request("codex-builtin-websocket"))
        assert answer.status_code == 426
        assert answer.json()["error"]["code"]

    @pytest.mark.parametrize(
        "path",
        [
            "/api/event_logging/batch",
            "/api/event_logging/v2/batch",
            "/api/claude_code/metrics",
            "/v1/traces",
            "/v1/metrics",
            "/v1internal:loadCodeAssist",
            "/codex/analytics-events/events",
        ],
    )
    def test_telemetry_is_refused(self, agents: Agents, path: str) -> None:
        before = agents.site.quota()
        headers = {"authorization": f"Bearer {agents.site.key}"}
        url = agents.site.gateway.url + path
        answer = httpx.post(url, json={"events": [{"model": "gpt-4.1"}]}, headers=headers, verify=NO_TLS)
        assert answer.status_code == 404
        assert path in answer.json()["error"]["message"]
        assert (agents.site.quota(), agents.site.upstream.requests) == (before, [])
