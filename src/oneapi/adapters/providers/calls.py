"""Calls to an upstream that take more than one request, or another form than a conversation.

A procedure is a generator without I/O, which yields requests and is sent the responses, so that recordings can be
replayed. The gateway signs and sends, and raises errors for refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from attrs import field, frozen

from oneapi.domain.chat import ChatReply
from oneapi.domain.embeddings import EmbeddingReply
from oneapi.domain.errors import UpstreamGarbage
from oneapi.domain.rerank import RerankReply

if TYPE_CHECKING:
    from oneapi.domain.chat import ChatRequest
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel
    from oneapi.domain.usage import Usage

Headers = Sequence[tuple[str, str]]

JSON = (("content-type", "application/json"),)


@frozen
class Outgoing:
    """A request as it is sent; a signature may cover any part of it.

    Not ``signed``: it goes to another host than the channel's, which must not see the channel's key.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    signed: bool = True


@frozen
class Heard:
    """A response; procedures receive only successful ones. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises UpstreamGarbage if it is not one."""
        try:
            value = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamGarbage("the answer is not valid JSON") from None
        if not isinstance(value, dict):
            raise UpstreamGarbage("the answer is not a JSON object")
        return value


@frozen
class Pause:
    """Wait before the next request."""

    seconds: float


@frozen
class Linked:
    """Fetch an image that the client links to, as links in conversations are fetched; ``Heard`` holds its bytes."""

    url: str


@frozen
class Made:
    """The answer in OpenAI's form, and its usage if the upstream reported it."""

    fields: Mapping[str, Any]
    usage: Usage | None = None


@frozen
class PassedOn:
    """A response for a client that uses the provider's format, and its usage if the upstream reported it."""

    heard: Heard
    usage: Usage | None = None


@frozen
class Job:
    """The input of a procedure. ``base_url`` has no trailing slash; ``model`` is the upstream's name.

    ``created`` (unix seconds) stamps answers that have no time of their own.
    """

    request: RelayRequest
    channel: Channel
    model: str
    base_url: str
    created: int
    #: Reads the conversation of a chat request, including the channel's system prompt.
    conversation: Callable[[], ChatRequest]

    @property
    def fields(self) -> Mapping[str, Any]:
        """The client's request, in OpenAI's form."""
        return self.request.fields

    def post(self, path: str, fields: Mapping[str, Any], *headers: tuple[str, str]) -> Outgoing:
        """A POST of a JSON object to ``path`` below the base URL."""
        return self.send(path, msgspec.json.encode(fields), *headers)

    def send(self, path: str, body: bytes, *headers: tuple[str, str]) -> Outgoing:
        """A POST of JSON to ``path`` below the base URL."""
        return Outgoing("POST", self.base_url + path, (*JSON, *headers), body)

    def get(self, path: str) -> Outgoing:
        return Outgoing("GET", self.base_url + path)


#: The result of a procedure, except for conversations.
Result = Made | EmbeddingReply | RerankReply | PassedOn
#: Raises CallerError before it yields anything, UpstreamError at any time.
Procedure = Generator[Outgoing | Pause | Linked, Heard, Result]
#: For a conversation that takes more than one request, or that the provider does not treat as one. The result may be
#: the request whose answer streams the conversation.
ChatProcedure = Generator[Outgoing | Pause | Linked, Heard, ChatReply | Outgoing]
