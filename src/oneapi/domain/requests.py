"""What a client asks of the relay, as far as routing, pricing and forwarding need to know."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.work import Work


#: No channel serves a longer name: columns of names take 191 characters on MySQL.
LONGEST_MODEL = 255


#: The dialect of requests that pass unread, and of what answers them.
RAW = "raw"


class EndCause(StrEnum):
    """How a request ended; decides the bill and stands on the log row."""

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
    #: The name the client asked for.
    model: str
    body: bytes = field(repr=False)
    fields: Mapping[str, Any] = field(factory=dict, repr=False)
    form: Mapping[str, str] = field(factory=dict, repr=False)
    files: int = 0
    stream: bool = False
    #: Whether the client asked for the usage chunk of a stream.
    include_usage: bool = False
    #: Whether the path named ``model``; the body may then name none, or another.
    model_in_path: bool = False
    method: str = "POST"
    path: str = ""
    query: str = ""
    #: What the requests of one conversation have in common, so that they go to the same channel; empty: nothing.
    affinity: str = ""
    #: Of the provider's account that alone reads what the request holds; empty: any account does.
    account_mark: str = ""
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    #: Who asks; 0: nobody for whom anything is kept.
    user_id: int = 0


@frozen
class Attempt:
    """One try on one channel, as it stands on the log row."""

    channel_id: int
    #: HTTP status of the upstream; 0 where there was none.
    status: int
    #: ``ok`` or the name of the error class.
    outcome: str
    milliseconds: int
