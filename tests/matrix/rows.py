"""The provider's side of the matrix: a channel, and what its upstream sends."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from oneapi.adapters.providers.choice import choose
from oneapi.adapters.providers.registry import spec_of
from oneapi.adapters.transport.mock import MockResponse
from oneapi.domain.routing.channels import ChannelRecord, parse_record
from oneapi.domain.work import Work
from tests.support.providers import eventstream
from tests.support.providers.service_account import filled, token_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneapi.domain.routing.channels import Channel

DIRECTORY = Path(__file__).parent / "rows"
#: The content of the upstream's answer for each feature that needs one of its own.
FEATURES = (
    *("text", "tools", "parallel tools", "allowed tools", "custom tool", "image", "document", "thinking"),
    *("citations", "picture", "stop reason", "cache breakpoint"),
)
#: Features that have the same answer as another one.
AS = {"allowed tools": "tools", "custom tool": "tools"}
#: Features that only some providers' answers have.
OF_ANSWERS = ("citations", "picture")
FAULTS = ("error before", "error inside", "cut", "client gone")


@frozen
class Row:
    """One file of ``rows/``; ``answers`` are by feature, and default to that of ``text``."""

    name: str
    given: dict[str, Any]

    @property
    def model(self) -> str:
        return str(self.given["model"])

    @property
    def channel(self) -> Channel:
        given = self.given["channel"]
        return parse_record(
            ChannelRecord(
                id=7,
                type=given["type"],
                key=given["key"],
                name=self.name,
                base_url=given.get("base_url", ""),
                models=self.model,
                group="default",
                config=json.dumps(filled(given.get("config", {}))),
            )
        )

    def dialect_for(self, client: str) -> str:
        """The format in which a conversation of a client of ``client`` is sent."""
        return choose(spec_of(self.channel.type), self.channel, self.model, Work.CONVERSE, client).dialect

    def answer(self, feature: str) -> dict[str, Any]:
        answers: dict[str, Any] = self.given["answers"]
        found: dict[str, Any] = answers.get(AS.get(feature, feature), answers["text"])
        return found

    def has(self, column: str) -> bool:
        """Whether a row has this column: no provider cites pages, or breaks off, that its answers do not show."""
        if column in OF_ANSWERS:
            return column in self.given["answers"]
        return column not in ("error inside", "cut", "client gone") or "stream" in self.answer("text")

    def whole(self, feature: str) -> list[MockResponse]:
        body = self.answer(feature).get("whole")
        if body is None:  # this provider only streams
            return self.stream(feature)
        steps = [_json(step) for step in self.given.get("before whole", ())]
        return [*self._token(), *steps, _json(body)]

    def stream(self, feature: str, fault: str = "") -> list[MockResponse]:
        """Event by event; with ``fault`` it ends after its first content."""
        told = self.answer(feature).get("stream")
        if told is None:  # this provider never streams
            return self.whole(feature)
        pieces = [self._event(event) for event in told]
        half = self.given.get("half", 1)
        if fault == "error inside":
            pieces = [*pieces[:half], self._event(self.given["error inside"])]
        elif fault == "cut":
            pieces = pieces[:half]
        kind = {"sse": "text/event-stream", "lines": "application/x-ndjson"}.get(
            self.given["wire"], "application/vnd.amazon.eventstream"
        )
        steps = [_json(step) for step in self.given.get("before stream", ())]
        response = MockResponse(200, {"content-type": kind}, deque(pieces))
        return [*self._token(), *steps, response]

    def refusal(self) -> list[MockResponse]:
        """The error instead of an answer."""
        refusal = self.given["error before"]
        if self.given["wire"] == "frames":
            return [MockResponse(200, {}, deque([json.dumps(refusal["body"]).encode() + b"\n"]))]
        return [*self._token(), _json(refusal["body"], refusal["status"])]

    def _token(self) -> Iterator[MockResponse]:
        """The answers before the first call of a channel that needs a token."""
        for step in token_steps(self.given["channel"].get("config", {})):
            yield _json(step["upstream_response"]["body"])
        for body in self.given.get("token", ()):
            yield _json(body)

    def _event(self, event: Any) -> bytes:
        match self.given["wire"]:
            case "invocation":
                return eventstream.failure(*event) if isinstance(event, list) else eventstream.chunk(event)
            case "converse" if isinstance(event, list):
                return eventstream.failure(*event)
            case "converse":
                [(name, fields)] = event.items()
                return eventstream.event(name, fields)
            case "lines" | "frames":
                return json.dumps(event).encode() + b"\n"
            case _ if isinstance(event, str):
                return f"{event}\n\n".encode()
        name = f"event: {event['type']}\n" if "type" in event else ""
        return f"{name}data: {json.dumps(event)}\n\n".encode()


def _json(body: Any, status: int = 200) -> MockResponse:
    return MockResponse(status, {"content-type": "application/json"}, deque([json.dumps(body).encode()]))


def load(name: str) -> Row:
    return Row(name, json.loads((DIRECTORY / f"{name}.json").read_text()))


ROWS = tuple(sorted(path.stem for path in DIRECTORY.glob("*.json")))
