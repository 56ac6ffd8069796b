"""The interface of a surface: one API that clients speak."""

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

    #: The kind of work of a path, or of each verb at the end of a path: ``models/MODEL:VERB``.
    Route = Work | Mapping[str, Work]


BILLING, NOT_FOUND = 402, 404
#: Errors that a payment would resolve.
UNPAID = (QuotaError, TokenExhausted, TokenSpent)


class Admits(Protocol):
    """The part of the relay that admits callers, before a request is read."""

    def admit(self, caller: Caller, model: str) -> Admission: ...


class Reads(Protocol):
    """Reads a request; parses its body into objects only after the caller is admitted."""

    def __call__(
        self, relay: Admits, caller: Caller, request: Request, work: Work, body: bytes, model: str, /
    ) -> tuple[Admission, RelayRequest]:
        """``body`` is decompressed; ``model`` is the one in the path (empty: none). Raises GatewayError."""


def _unchangeable(routes: Mapping[str, Route]) -> Mapping[str, Route]:
    return MappingProxyType(dict(routes))


@frozen
class Surface:
    """One API that clients speak; one generic handler serves all of them.

    Attributes:
        routes: The kind of work of each path; ``<model>`` is a model in the path, ``<model:path>`` a model and a verb.
        credential: The client's credential; empty if there is none.
        read: Reads the body of a request.
        error: Status and body of an error in a language (``zh`` or ``en``), with the id of the request.
        error_event: The end of a broken stream: the error in English, with the id of the request.
        heartbeat: The bytes that keep a silent stream alive.
        keeps_answers: Whether clients can retrieve and continue stored answers.
        wants_array: Whether a client wants its stream as one JSON array instead of events.
        id_header: A further header in which clients look for the id of a request; empty: none.
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
    """The status, chosen so that clients do not retry errors that only a payment or another model can resolve."""
    if isinstance(error, UNPAID):
        return BILLING
    if isinstance(error, NoChannel | UnpricedModel) and not error.may_repeat:
        return NOT_FOUND
    return status_of(error)


def is_streamed(work: Work, asked: bool | None) -> bool:  # noqa: FBT001  # as the body says it
    """Whether a conversation is answered as a stream; a count never is."""
    return bool(asked) and work is Work.CONVERSE
