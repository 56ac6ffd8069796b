"""What a client API is to this gateway."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from oneapi.domain.errors import NoChannel, QuotaError, TokenExhausted, TokenSpent, UnpricedModel
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sanic import Request

    from oneapi.application.relay.authentication import Caller
    from oneapi.application.relay.serving import Admission
    from oneapi.domain.errors import GatewayError
    from oneapi.domain.requests import RelayRequest

    #: The work behind a path, or behind each verb that a path ends with: ``models/MODEL:VERB``.
    Route = Work | Mapping[str, Work]


BILLING, NOT_FOUND = 402, 404
#: Refusals that a payment would end.
UNPAID = (QuotaError, TokenExhausted, TokenSpent)


class Admits(Protocol):
    """The part of the relay that says who may be served, before a request is read."""

    def admit(self, caller: Caller, model: str) -> Admission: ...


class Reads(Protocol):
    """Reads a request; parses its body into objects only once it is known that somebody may serve it."""

    def __call__(
        self, relay: Admits, caller: Caller, request: Request, work: Work, body: bytes, model: str, /
    ) -> tuple[Admission, RelayRequest]:
        """``body`` is decompressed, ``model`` the one that the path names (empty: none). Raises GatewayError."""


def _unchangeable(routes: Mapping[str, Route]) -> Mapping[str, Route]:
    return MappingProxyType(dict(routes))


@frozen
class Surface:
    """One API that clients speak: one value for each, and one handler for all.

    Attributes:
        routes: The work behind each path; ``<model>`` stands for a model that the path names, ``<model:path>`` for a
            model and a verb.
        credential: What a client shows of itself; empty if it shows nothing.
        read: Reads the body of a request.
        error: Status and body of an error in a language (``zh`` or ``en``), with the id of the request.
        error_event: What a stream ends with that broke: the error in English, as a stream has no language, with the id.
        heartbeat: What keeps a silent stream alive.
        keeps_answers: Whether clients can come back to an answer, and continue it.
        wants_array: Whether a client wants its stream as one JSON array instead of events.
        id_header: The header in which clients look for the id of a request, beside our own; empty: none.
    """

    routes: Mapping[str, Route] = field(converter=_unchangeable)
    credential: Callable[[Request], str]
    read: Reads
    error: Callable[[GatewayError, str, str], tuple[int, bytes]]
    error_event: Callable[[GatewayError, str], bytes]
    heartbeat: bytes
    keeps_answers: bool = False
    wants_array: Callable[[Request], bool] | None = None
    id_header: str = ""


def final_status(error: GatewayError) -> int:
    """The status of an API whose clients repeat nothing that only a payment, or another model, can mend."""
    if isinstance(error, UNPAID):
        return BILLING
    if isinstance(error, NoChannel | UnpricedModel) and not error.may_repeat:
        return NOT_FOUND
    return status_of(error)


def is_streamed(work: Work, asked: bool | None) -> bool:  # noqa: FBT001  # as the body says it
    """Whether a conversation is answered as a stream; a count never is."""
    return bool(asked) and work is Work.CONVERSE
