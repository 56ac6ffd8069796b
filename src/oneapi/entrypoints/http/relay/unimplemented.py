"""Routes of OpenAI's API that the gateway does not implement: 501 for callers with a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.errors import NotImplementedHere
from oneapi.entrypoints.http.request import Blueprint, credential

if TYPE_CHECKING:
    from collections.abc import Callable

    from sanic import Request

    from oneapi.application.relay.authentication import Authenticator

ROUTES = (
    ("POST", "/v1/conversations"),
    ("GET POST DELETE", "/v1/conversations/<id>"),
    ("GET POST", "/v1/conversations/<id>/items"),
    ("GET DELETE", "/v1/conversations/<id>/items/<item>"),
    ("GET POST", "/v1/files"),
    ("GET DELETE", "/v1/files/<id>"),
    ("GET", "/v1/files/<id>/content"),
    ("GET POST", "/v1/fine_tuning/jobs"),
    ("GET", "/v1/fine_tuning/jobs/<id>"),
    ("GET", "/v1/fine_tuning/jobs/<id>/events"),
    ("POST", "/v1/fine_tuning/jobs/<id>/cancel"),
    ("DELETE", "/v1/models/<model:path>"),
    ("GET POST", "/v1/assistants"),
    ("GET POST DELETE", "/v1/assistants/<id>"),
    ("GET POST", "/v1/assistants/<id>/files"),
    ("GET DELETE", "/v1/assistants/<id>/files/<file>"),
    ("POST", "/v1/threads"),
    ("GET POST DELETE", "/v1/threads/<id>"),
    ("POST", "/v1/threads/<id>/messages"),
    ("GET POST", "/v1/threads/<id>/messages/<message>"),
    ("GET", "/v1/threads/<id>/messages/<message>/files"),
    ("GET", "/v1/threads/<id>/messages/<message>/files/<file>"),
    ("GET POST", "/v1/threads/<id>/runs"),
    ("GET POST", "/v1/threads/<id>/runs/<run>"),
    ("POST", "/v1/threads/<id>/runs/<run>/submit_tool_outputs"),
    ("POST", "/v1/threads/<id>/runs/<run>/cancel"),
    ("GET", "/v1/threads/<id>/runs/<run>/steps"),
    ("GET", "/v1/threads/<id>/runs/<run>/steps/<step>"),
)


def unimplemented_blueprint(authenticator: Authenticator, address: Callable[[Request], str]) -> Blueprint:
    blueprint = Blueprint("unimplemented")

    async def refuse(request: Request, **_: str) -> None:
        await authenticator.caller(credential(request), address(request))
        raise NotImplementedHere

    for number, (methods, path) in enumerate(ROUTES):
        blueprint.add_route(refuse, path, methods=methods.split(), name=f"unimplemented_{number}")
    return blueprint
