"""Reading the requests of APIs that name the model, and all else, in one JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.domain.requests import RelayRequest
from oneapi.entrypoints.http.bodies import decoded
from oneapi.entrypoints.http.relay.bodies import read_model
from oneapi.entrypoints.http.relay.members import scan
from oneapi.entrypoints.http.surfaces.interface import is_streamed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sanic import Request

    from oneapi.application.relay.authentication import Caller
    from oneapi.application.relay.serving import Admission
    from oneapi.domain.work import Work
    from oneapi.entrypoints.http.surfaces.interface import Admits, Reads


def reads_conversation(
    dialect: str,
    *,
    names: frozenset[str],
    headers: Sequence[str],
    streams: Callable[[Mapping[str, Any], Work], bool | None],
) -> Reads:
    """What reads the requests of ``dialect``.

    ``names`` are the members that must be unambiguous, ``headers`` those that a provider is told, several lines of one
    name as one list. ``streams`` checks the members, raising GatewayError, and says whether a stream is asked for.
    """

    def read(
        relay: Admits, caller: Caller, request: Request, work: Work, body: bytes, _in_path: str
    ) -> tuple[Admission, RelayRequest]:
        scanned = scan(body, names)
        model = read_model(scanned.members.get("model"))
        admission = relay.admit(caller, model)
        fields = decoded(scanned.body)
        stream = is_streamed(work, streams(fields, work))
        return admission, RelayRequest(
            work=work,
            dialect=dialect,
            model=model,
            body=scanned.body,
            fields=fields,
            stream=stream,
            include_usage=True,
            method=request.method,
            path=request.path,
            query=request.query_string,
            headers={
                name: ", ".join(request.headers.getall(name)) for name in headers if name in request.headers
            },
            user_id=caller.account.user.id,
        )

    return read
