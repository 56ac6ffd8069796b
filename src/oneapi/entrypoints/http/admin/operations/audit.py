"""``/api/audit``: the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.logs.audit import AuditFilter
from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bodies import PageQuery
from oneapi.entrypoints.http.admin.bounds import Line, Whole  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.objects import AuditObject, show_audit
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.audit import AuditTrail


class AuditQuery(PageQuery):
    """Exact matches; empty or 0: any. Both times, in unix seconds, are inclusive."""

    username: Line = ""
    action: Line = ""
    target: Line = ""
    start_timestamp: Whole = 0
    end_timestamp: Whole = 0

    @property
    def where(self) -> AuditFilter:
        return AuditFilter(
            username=self.username or None,
            action=self.action or None,
            target=self.target or None,
            start=self.start_timestamp or None,
            end=self.end_timestamp or None,
        )


def audit_routes(gate: Gate, audit: AuditTrail) -> AdminRoutes:
    routes = AdminRoutes("Audit", "/api/audit", gate)

    @routes.get("", "List the audit log", role=Role.ROOT, query=AuditQuery, data=list[AuditObject])
    async def list_entries(_: Call, query: AuditQuery) -> HTTPResponse:
        found, total = await audit.page(query.where, **query.window)
        return done([show_audit(entry) for entry in found], total=total)

    return routes
