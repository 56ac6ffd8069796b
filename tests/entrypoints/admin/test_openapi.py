"""The admin API's OpenAPI document, and its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.entrypoints.admin.test_access import ROUTES

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi


async def test_every_route_is_described(api: AdminApi) -> None:
    document = (await (await api.client()).get("/api/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    described = {
        (method.upper(), path.replace("{", "").replace("}", ""))
        for path, methods in document["paths"].items()
        for method in methods
    }
    for route in ROUTES:
        method, path = route.split(" ")
        number = path.split("/")[-1] == "1"
        resource = path.split("/")[2]
        assert (method, path.removesuffix("1") + f"{resource}_id" * number) in described, route


async def test_documented_types_are_those_that_are_validated(api: AdminApi) -> None:
    document = (await (await api.client()).get("/api/openapi.json")).json()
    create = document["paths"]["/api/token/"]["post"]
    body = create["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
    assert document["components"]["schemas"][body]["properties"]["unlimited_quota"]["type"] == "boolean"
    answer, refusal = create["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"]
    assert answer["required"] == ["success", "message", "data"]
    assert refusal["$ref"].endswith("/Refusal")
    assert {name for each in create["security"] for name in each} == {"session", "access_token"}


async def test_the_page_loads_nothing_from_other_hosts(api: AdminApi) -> None:
    client = await api.client()
    for path in ("/api/docs", "/api/docs/docs.js", "/api/docs/docs.css"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "//" not in answer.text.replace("/**", "")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
