"""Paths that match no route: pages for browsers; for API clients, an error with the URL that they meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sanic.exceptions import MethodNotAllowed, NotFound

from oneapi.domain.errors import UnknownRoute, WrongAddress, WrongMessagesAddress

if TYPE_CHECKING:
    from sanic import Request

#: The prefix of the routes of OpenAI's API.
ROOT = "/v1/"
#: The prefix of those of Anthropic's API.
MESSAGES = "/v1/messages"
#: Longer paths do not come from a wrong base URL; messages repeat only this many segments.
MOST_SEGMENTS = 12
LONGEST_SHOWN = 200


def is_navigation(request: Request) -> bool:
    """Whether a browser asks for a page: API clients do not accept HTML, and at most request the root."""
    if request.method not in ("GET", "HEAD"):
        return False
    accepted = request.headers.get("accept", "*/*")
    return "text/html" in accepted or (request.path == "/" and "*/*" in accepted)


def unknown_route(request: Request) -> UnknownRoute:
    """The error for ``request``, with the right path if only the base URL is wrong."""
    right = _right_path(request)
    shown = {"method": request.method, "path": request.path[:LONGEST_SHOWN]}
    if right is None:
        return UnknownRoute(**shown)
    wrong = WrongMessagesAddress if right.startswith(MESSAGES) else WrongAddress
    return wrong(**shown, right=right)


def _right_path(request: Request) -> str | None:
    """The longest suffix of the path that is a route below ``ROOT``."""
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
