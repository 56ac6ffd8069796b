"""``/healthz`` and ``/readyz``, for load balancers: without authentication, limits or secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.entrypoints.http.answers import as_json
from oneapi.entrypoints.http.request import Blueprint

if TYPE_CHECKING:
    from sanic import HTTPResponse, Request

    from oneapi.application.operations.readiness import Readiness

SERVICE_UNAVAILABLE = 503


def health_blueprint(readiness: Readiness) -> Blueprint:
    blueprint = Blueprint("health")

    async def healthz(_: Request) -> HTTPResponse:
        return _answer({"status": "ok"})

    async def readyz(_: Request) -> HTTPResponse:
        report = await readiness()
        body = {"status": "ready" if report.ready else "not ready", "components": report.components}
        return _answer(body, 200 if report.ready else SERVICE_UNAVAILABLE)

    for path, handler in (("/healthz", healthz), ("/readyz", readyz)):
        blueprint.add_route(handler, path, methods=["GET", "HEAD"])
    return blueprint


def _answer(body: object, status: int = 200) -> HTTPResponse:
    return as_json(body, status, {"Cache-Control": "no-store"})
