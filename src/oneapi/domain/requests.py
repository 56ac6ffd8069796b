"""A client's request to the relay, as far as routing, pricing and forwarding need it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.work import Work


#: The most characters of a model's name; no channel has a longer one, because MySQL's columns take 191 characters.
LONGEST_MODEL = 255


#: The dialect of requests and answers that pass through unread.
RAW = "raw"


class EndCause(StrEnum):
    """How a request ended. It decides the charge, and is stored on the log row."""

    DELIVERED = "delivered"
    CLIENT_LEFT = "client_left"
    GATEWAY_STOPPED = "gateway_stopped"
    UPSTREAM_FAILED = "upstream_failed"
    REFUSED = "refused"


@record
class RelayRequest:
    """A validated request in the dialect that the client speaks.

    ``body`` is the request body as received, decompressed; ``fields`` is the same parsed, of a multipart body the text
    fields with their types; ``form`` holds the text fields of a multipart body as texts, never empty for one, and
    ``files`` is how many files the body has or refers to. ``headers`` has only those that an upstream may see, with
    names in lower case. ``query`` is without the question mark.
    """

    work: Work
    #: The wire format on the client's side: a name in ``adapters/dialects``.
    dialect: str
    #: The model's name as the client sent it.
    model: str
    body: bytes = field(repr=False)
    fields: Mapping[str, Any] = field(factory=dict, repr=False)
    form: Mapping[str, str] = field(factory=dict, repr=False)
    files: int = 0
    stream: bool = False
    #: Whether the client asked for a usage chunk at the end of the stream.
    include_usage: bool = False
    #: Whether ``model`` comes from the path; the body may then lack one or name another.
    model_in_path: bool = False
    method: str = "POST"
    path: str = ""
    query: str = ""
    #: A key shared by the requests of one conversation, which then go to the same channel; empty: none.
    affinity: str = ""
    #: The only provider account that can read encrypted content of the request; empty: any account can.
    account_mark: str = ""
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    #: The caller's user id; 0: a caller for whom nothing is stored.
    user_id: int = 0


@frozen
class Attempt:
    """One call of one channel, as it is kept on the log row."""

    channel_id: int
    #: The upstream's HTTP status; 0: no response.
    status: int
    #: ``ok``, or the name of the error's class.
    outcome: str
    milliseconds: int
