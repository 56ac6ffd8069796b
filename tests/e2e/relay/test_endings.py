"""How exchanges of every client API end, on every database: what is billed and logged."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import define, field, frozen

from tests.e2e.conftest import eventually
from tests.matrix.clients import CLIENTS
from tests.support.gateway.server import NO_TLS, Administrator, Gateway, running
from tests.support.providers.scripted_model import ScriptedModel
from tests.support.providers.upstream import Ending, error_reply, json_reply, running_upstream
from tests.support.stores.databases import PRODUCTS, skip_unless_reachable, temporary_database
from tests.support.waiting import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.surfaces import Client
    from tests.support.providers.upstream import Answer, ProgrammableUpstream, ReceivedRequest

CREDIT = 500_000_000
#: The provider's format -> channel type, model, and the number of events in a stream up to its first word.
CHANNELS = {
    "openai_chat": (1, "gpt-4.1", 2),
    "responses": (1, "gpt-5.1-codex", 5),
    "anthropic": (14, "claude-sonnet-4-5", 3),
    "gemini": (24, "gemini-2.5-pro", 1),
}
FIRST_WORD = b"All is"
RERANKER, EMBEDDER = "bge-reranker-v2-m3", "text-embedding-3-small"
RANKED = {"results": [{"index": 0, "relevance_score": 0.5}], "usage": {"total_tokens": 12}}
VECTORS = {"data": [{"index": 0, "embedding": [0.5]}], "usage": {"prompt_tokens": 12, "total_tokens": 12}}
TO_RANK = {"model": RERANKER, "query": "q", "documents": ["a"]}
TO_EMBED = {"requests": [{"content": {"parts": [{"text": "a"}]}}]}
#: Work with whole answers: the path, the request, and the answer of a provider of OpenAI's type.
WHOLE = {
    "rerank as it is": ("/v1/rerank", TO_RANK, RANKED),
    "rerank translated": ("/v2/rerank", TO_RANK, RANKED),
    "embed as it is": ("/v1/embeddings", {"model": EMBEDDER, "input": "a"}, VECTORS),
    "embed translated": (f"/v1beta/models/{EMBEDDER}:batchEmbedContents", TO_EMBED, VECTORS),
}


@frozen
class Pair:
    """A client and a provider."""

    client: Client
    dialect: str

    @property
    def model(self) -> str:
        return CHANNELS[self.dialect][1]

    def request(self, *, stream: bool) -> tuple[str, bytes]:
        """The path and the body of a request."""
        path, _, body = self.client.posted(self.client.asks("plain", self.model, stream=stream))
        query = "?alt=sse" if stream and self.client.name == "gemini" else ""
        return path + query, json.dumps(body).encode()


#: Every client API over OpenAI's format and over its own.
PAIRS = [
    Pair(client, dialect)
    for client in CLIENTS
    for dialect in CHANNELS
    if dialect in ("openai_chat", client.name)
]


@define
class Books:
    """A gateway on one database, and the balances of its token and user there."""

    gateway: Gateway
    admin: Administrator
    upstream: ProgrammableUpstream
    key: str
    model: ScriptedModel = field(factory=ScriptedModel)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}", "content-type": "application/json"}

    def answer_with(self, pair: Pair, ending: Ending | None = None) -> None:
        """Let the provider answer, or break off with ``ending`` after its first word."""
        after_events = CHANNELS[pair.dialect][2]

        def behaviour(request: ReceivedRequest) -> Answer:
            answer = self.model(request)
            return answer if ending is None else answer.stopped(ending, after_events=after_events)

        self.upstream.forget()
        self.model.turns.clear()
        self.upstream.always(None, behaviour)

    def send(self, pair: Pair, *, stream: bool) -> httpx.Response:
        path, body = pair.request(stream=stream)
        url = self.gateway.url + path
        return httpx.post(url, content=body, headers=self.headers, timeout=20, verify=NO_TLS)

    def send_and_leave(self, pair: Pair) -> float:
        """Read up to the first word, and leave. Returns the time (monotonic seconds)."""
        path, body = pair.request(stream=True)
        fields = self.headers | {"host": "x", "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        with socket.create_connection(("127.0.0.1", self.gateway.port), timeout=10) as client:
            client.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            heard = b""
            while FIRST_WORD not in heard:
                piece = client.recv(65536)
                assert piece, heard
                heard += piece
            return time.monotonic()

    def accounts(self) -> dict[str, int]:
        """The remaining and used quota of the user and the token, and the number of requests."""
        user, (token, *_) = self.admin.self(), self.admin.call("GET", "/api/token/?p=0")
        assert f"sk-{token['key']}" == self.key
        return {
            "left": user["quota"],
            "used": user["used_quota"],
            "requests": user["request_count"],
            "token left": token["remain_quota"],
            "token used": token["used_quota"],
        }

    def billed_since(self, before: dict[str, int], number: int) -> dict[str, Any]:
        """The one row written after ``number`` rows. Asserts that user and token were charged its amount."""
        eventually(lambda: self.accounts()["requests"] > before["requests"])
        rows = self.admin.consumed()
        assert len(rows) == number + 1
        row: dict[str, Any] = rows[0]
        quota = row["quota"]
        assert quota > 0
        changes = {"left": -quota, "used": quota, "requests": 1, "token left": -quota, "token used": quota}
        assert self.accounts() == {name: before[name] + change for name, change in changes.items()}
        return row


@pytest.fixture(scope="module", params=PRODUCTS)
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    product: str = request.param
    skip_unless_reachable(product)
    folder = tmp_path_factory.mktemp(f"endings-{product}")
    with (
        temporary_database(product, folder) as database,
        running_upstream() as upstream,
        running(folder, **database.environment) as gateway,
    ):
        admin = Administrator(gateway.url)
        for name, (kind, model, _) in CHANNELS.items():
            config = json.dumps({"responses": "yes"} if name == "responses" else {})
            admin.add_channel(upstream.url, model, type=kind, name=name, config=config)
        admin.add_channel(upstream.url, f"{RERANKER},{EMBEDDER}", name="others")
        admin.call("PUT", "/api/user/", {"id": 1, "username": "root", "quota": CREDIT})
        yield Books(gateway, admin, upstream, admin.add_token(unlimited_quota=False, remain_quota=CREDIT))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.client.name}-over-{pair.dialect}")
class TestEndings:
    @pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
    def test_delivered(self, books: Books, pair: Pair, *, stream: bool) -> None:
        books.answer_with(pair)
        before, number = books.accounts(), len(books.admin.consumed())
        answer = books.send(pair, stream=stream)
        assert answer.status_code == 200, answer.text
        message = pair.client.joined(answer.content) if stream else answer.json()
        assert pair.client.said(message).text == "All is well."
        row = books.billed_since(before, number)
        (turn,) = books.model.turns
        assert (row["prompt_tokens"], row["completion_tokens"]) == (
            turn.counts.prompt,
            turn.counts.completion,
        )
        assert (row["end_cause"], row["is_stream"]) == ("delivered", stream)

    def test_client_left(self, books: Books, pair: Pair) -> None:
        """The call is cancelled at once, and what the provider sent until then is billed."""
        books.answer_with(pair, Ending.STALL)
        before, number = books.accounts(), len(books.admin.consumed())
        left_at = books.send_and_leave(pair)
        (asked,) = books.upstream.requests
        eventually(lambda: asked.abandoned_at is not None)
        assert asked.abandoned_at is not None
        assert asked.abandoned_at - left_at < AT_ONCE
        row = books.billed_since(before, number)
        assert (row["end_cause"], row["completion_tokens"] > 0) == ("client_left", True)

    def test_upstream_failed(self, books: Books, pair: Pair) -> None:
        """The client gets an error in the form of its API, and what it received is billed."""
        books.answer_with(pair, Ending.CLOSE)
        before, number = books.accounts(), len(books.admin.consumed())
        answer = books.send(pair, stream=True)
        assert answer.status_code == 200
        assert pair.client.joined(answer.content)["error"]
        row = books.billed_since(before, number)
        assert (row["end_cause"], row["completion_tokens"] > 0) == ("upstream_failed", True)
        assert len(books.upstream.requests) == 1

    def test_refused(self, books: Books, pair: Pair) -> None:
        """Requests that produced nothing cost nothing."""
        books.upstream.forget()
        books.upstream.always(None, error_reply(400, "this is not for me", type="invalid_request_error"))
        before, number = books.accounts(), len(books.admin.consumed())
        assert books.send(pair, stream=True).status_code == 400
        assert (books.accounts(), len(books.admin.consumed())) == (before, number)


@pytest.mark.parametrize("name", WHOLE)
class TestWholeAnswers:
    def post(self, books: Books, name: str, answer: Answer, timeout: float = 20) -> httpx.Response:
        path, body, _ = WHOLE[name]
        books.upstream.forget()
        books.upstream.always(None, answer)
        url = books.gateway.url + path
        return httpx.post(url, json=body, headers=books.headers, timeout=timeout, verify=NO_TLS)

    def test_delivered(self, books: Books, name: str) -> None:
        before, number = books.accounts(), len(books.admin.consumed())
        answer = self.post(books, name, json_reply(WHOLE[name][2]))
        assert answer.status_code == 200, answer.text
        row = books.billed_since(before, number)
        assert (row["prompt_tokens"], row["completion_tokens"]) == (12, 0)
        assert (row["end_cause"], row["is_stream"]) == ("delivered", False)

    def test_client_left(self, books: Books, name: str) -> None:
        """The call is cancelled at once; nothing was delivered, so nothing is billed."""
        before, number = books.accounts(), len(books.admin.consumed())
        with pytest.raises(httpx.ReadTimeout):
            self.post(books, name, json_reply(WHOLE[name][2]).paused(30), timeout=0.5)
        left_at = time.monotonic()
        (asked,) = books.upstream.requests
        eventually(lambda: asked.abandoned_at is not None)
        assert asked.abandoned_at is not None
        assert asked.abandoned_at - left_at < AT_ONCE
        assert (books.accounts(), len(books.admin.consumed())) == (before, number)

    @pytest.mark.parametrize("status", [400, 500])
    def test_upstream_failed(self, books: Books, name: str, status: int) -> None:
        before, number = books.accounts(), len(books.admin.consumed())
        answer = self.post(books, name, error_reply(status, "not today", type="invalid_request_error"))
        assert answer.status_code >= 400
        assert (books.accounts(), len(books.admin.consumed())) == (before, number)
