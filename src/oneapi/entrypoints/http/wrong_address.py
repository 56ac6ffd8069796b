"""Paths that no route takes: pages for browsers, and for API clients the address that they meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sanic.exceptions import MethodNotAllowed, NotFound

from oneapi.domain.errors import UnknownRoute, WrongAddress, WrongMessagesAddress

if TYPE_CHECKING:
    from sanic import Request

#: Below it are the routes that clients of OpenAI's API call.
ROOT = "/v1/"
#: Those of Anthropic's among them.
MESSAGES = "/v1/messages"
#: Longer paths are not those of a mistaken base URL, and are repeated only so far.
MOST_SEGMENTS = 12
LONGEST_SHOWN = 200


def is_navigation(request: Request) -> bool:
    """Whether a browser asks for a page: a client of an API does not accept HTML, and at most greets the root."""
    if request.method not in ("GET", "HEAD"):
        return False
    accepted = request.headers.get("accept", "*/*")
    return "text/html" in accepted or (request.path == "/" and "*/*" in accepted)


def unknown_route(request: Request) -> UnknownRoute:
    """The error for ``request``, with the path that would have been right where the base URL is all that is wrong."""
    right = _right_path(request)
    shown = {"method": request.method, "path": request.path[:LONGEST_SHOWN]}
    if right is None:
        return UnknownRoute(**shown)
    wrong = WrongMessagesAddress if right.startswith(MESSAGES) else WrongAddress
    return wrong(**shown, right=right)


def _right_path(request: Request) -> str | None:
    """The longest end of the path that is a route below ``ROOT``."""
    segments = [segment for segment in request.path.split("/", MOST_SEGMENTS + 1) if segment]
    if len(segments) > MOST_SEGMENTS:
        return None
    for start in range(len(segments)):
        path = ROOT + "/".join(segments[start:])
        if path != request.path and _is_route(request, path):
            return path
    return None


def _is_route(request: Request, path: str) -> bool:
    try:
        request.app.router.get(path, request.method, None)
    except (NotFound, MethodNotAllowed):
        return False
    return True
