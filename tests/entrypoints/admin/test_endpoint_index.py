"""The 72 endpoints that clients of the original know: each exists, and requires the same role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from oneapi.domain.people.users import Role
from oneapi.entrypoints.composition.root import Container
from oneapi.entrypoints.http.admin.routes import operations_of
from oneapi.entrypoints.routes import admin_routes
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from oneapi.entrypoints.http.admin.routes import Operation

#: Method, path, lowest role (guest, user, admin, root); C: calls are limited against guessing.
INDEX = """
GET /api/status G
GET /api/models U
GET /api/notice G
GET /api/about G
GET /api/home_page_content G
GET /api/verification G C
GET /api/reset_password G C
POST /api/user/reset G C
GET /api/oauth/github G C
GET /api/oauth/oidc G C
GET /api/oauth/lark G C
GET /api/oauth/state G C
GET /api/oauth/wechat G C
GET /api/oauth/wechat/bind U C
GET /api/oauth/email/bind U C
POST /api/topup A
POST /api/user/register G C
POST /api/user/login G C
GET /api/user/logout G
GET /api/user/dashboard U
GET /api/user/self U
PUT /api/user/self U
DELETE /api/user/self U
GET /api/user/token U
GET /api/user/aff U
POST /api/user/topup U
GET /api/user/available_models U
GET /api/user/ A
GET /api/user/search A
GET /api/user/:id A
POST /api/user/ A
POST /api/user/manage A
PUT /api/user/ A
DELETE /api/user/:id A
GET /api/option/ R
PUT /api/option/ R
GET /api/channel/ A
GET /api/channel/search A
GET /api/channel/models A
GET /api/channel/:id A
GET /api/channel/test A
GET /api/channel/test/:id A
GET /api/channel/update_balance A
GET /api/channel/update_balance/:id A
POST /api/channel/ A
PUT /api/channel/ A
DELETE /api/channel/disabled A
DELETE /api/channel/:id A
GET /api/token/ U
GET /api/token/search U
GET /api/token/:id U
POST /api/token/ U
PUT /api/token/ U
DELETE /api/token/:id U
GET /api/redemption/ A
GET /api/redemption/search A
GET /api/redemption/:id A
POST /api/redemption/ A
PUT /api/redemption/ A
DELETE /api/redemption/:id A
GET /api/log/ A
DELETE /api/log/ A
GET /api/log/stat A
GET /api/log/self/stat U
GET /api/log/search A
GET /api/log/self U
GET /api/log/self/search U
GET /api/group/ A
"""
ROLES = {"G": Role.GUEST, "U": Role.COMMON, "A": Role.ADMIN, "R": Role.ROOT}
LINES = INDEX.strip().splitlines()
#: GETs that change something, and are therefore refused to pages of other sites.
CHANGING = re.compile(
    r"GET /api/(verification|reset_password|user/(token|aff|logout)|oauth/(github|oidc|lark|wechat|(email|wechat)/bind)"
    r"|channel/(test|update_balance)(/:id)?)$"
)


@pytest.fixture(scope="module")
def operations() -> dict[str, Operation]:
    settings = Settings()
    container = Container(settings=settings)
    found = operations_of(admin_routes(container))
    return {f"{each.method} {re.sub('<.*?>', ':id', each.path)}": each for each in found}


def test_the_index_is_complete() -> None:
    assert len(LINES) == 72 - 4, (
        "the billing dashboard's four belong to the relay: tests/e2e/relay/test_routes.py"
    )


@pytest.mark.parametrize("line", LINES)
def test_endpoint(operations: dict[str, Operation], line: str) -> None:
    method, path, role, *critical = line.split()
    operation = operations[f"{method} {path}"]
    assert operation.role == ROLES[role]
    assert operation.critical is bool(critical)
    assert operation.changes is (method != "GET" or bool(CHANGING.match(f"{method} {path}")))


def test_names_of_operations_are_unique(operations: dict[str, Operation]) -> None:
    assert len({(each.method, each.template) for each in operations.values()}) == len(operations)
