"""The surfaces: APIs that clients speak. The surface of a request is known before routing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.entrypoints.http.surfaces.anthropic import ADDRESSES, ANTHROPIC
from oneapi.entrypoints.http.surfaces.gemini import GEMINI
from oneapi.entrypoints.http.surfaces.openai import OPENAI
from oneapi.entrypoints.http.surfaces.rerank import DIALECTS as RERANK_PATHS
from oneapi.entrypoints.http.surfaces.rerank import RERANK
from oneapi.entrypoints.http.surfaces.responses import PATH, RESPONSES

if TYPE_CHECKING:
    from sanic import Request

    from oneapi.entrypoints.http.surfaces.interface import Surface

__all__ = ["ANTHROPIC", "GEMINI", "OPENAI", "RERANK", "RESPONSES", "SURFACES", "surface_of"]

SURFACES = (OPENAI, ANTHROPIC, RESPONSES, GEMINI, RERANK)
#: Paths of Anthropic's API only, and their suffixes below a wrong base URL.
PREFIXES = ("/v1/messages", *(f"{address}/" for address in ADDRESSES if address))
ENDS = ("/messages", "/messages/count_tokens")
#: Paths of Google's API only. Paths of its models below ``/v1`` are shared: there its key and its verbs distinguish it.
GOOGLES = (
    "/v1beta/",
    "/v1alpha/",
    "/v1beta1/",
    "/gemini/",
    "/v1/publishers/",
    "/v1/projects/",
)
MODELS, KEY = "/v1/models", "x-goog-api-key"
#: Paths that both APIs have, and headers that clients of OpenAI never send.
SHARED, HEADERS = ("/v1/models", "/v1/files"), ("anthropic-version", "x-api-key")


def surface_of(request: Request) -> Surface:
    """The API that the client of ``request`` speaks: by the path, or else by the headers."""
    path, is_routed = request.path, request.route is not None
    if path.startswith(GOOGLES) or (path.startswith(MODELS) and _is_googles(request)):
        return GEMINI
    if path.startswith(PREFIXES) or (not is_routed and path.endswith(ENDS)):
        return ANTHROPIC
    if path.startswith(PATH) or (not is_routed and path.endswith("/responses")):
        return RESPONSES
    if path in RERANK_PATHS:
        return RERANK
    shared = path.startswith(SHARED) or (not is_routed and path.startswith("/v1/"))
    return ANTHROPIC if shared and any(name in request.headers for name in HEADERS) else OPENAI


def _is_googles(request: Request) -> bool:
    """Whether it has Google's key, or a verb, as the other APIs only read models."""
    asks = request.method == "POST" and request.path.startswith(f"{MODELS}/")
    return asks or KEY in request.headers or "key" in request.args
