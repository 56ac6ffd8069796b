"""The reference page of the admin API, made from its OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.entrypoints.composition.root import Container
from oneapi.entrypoints.http.admin.openapi import documented
from oneapi.entrypoints.http.admin.routes import operations_of
from oneapi.entrypoints.routes import admin_routes
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION = """\
A running server shows the same at `/api/docs`, and as OpenAPI 3.1 at `/api/openapi.json`.

- Sign in by `POST /api/user/login` (a session cookie), or send an account's access token as `Authorization`.
- Answers are `{"success": true, "message": "", "data": ...}`. A refusal is `{"success": false, "message": "why"}` with
  status 200, but 401 for who is not signed in, 403 for calls from another site, 404 where there is no route, 429 for
  too many (`Retry-After` says when to come back), 503 while the database is away.
- Messages are in Chinese or English, as `Accept-Language` asks, else `DEFAULT_LANGUAGE`.
- `POST /api/playground/chat/completions` is `/v1/chat/completions` for who is signed in, by session cookie only and
  from no other site. It answers, streams and fails as that does, and the log calls its token `playground`.
- Lists come in pages: `p` from 0, `page_size` up to 100; `X-Total-Count` says how many rows there are in all.
- Quotas are whole quota units (500 000 are 1 USD unless the operator set another price), times are unix seconds.
- A path with and without its last slash is the same; unknown keys of a body are ignored."""


def document() -> dict[str, Any]:
    """The OpenAPI document of this release."""
    settings = Settings()
    container = Container(settings=settings)
    return documented(operations_of(admin_routes(container)))


def admin_api_page(note: str) -> str:
    described = document()
    lines = ["# Admin API", "", note, INTRODUCTION]
    for tag in described["tags"]:
        lines += ["", f"## {tag['name']}", *_operations(described, tag["name"])]
    lines += ["", "## Objects", *_objects(described["components"]["schemas"])]
    return "\n".join(lines) + "\n"


def _operations(described: dict[str, Any], tag: str) -> Iterator[str]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield from ("", f"### `{method.upper()} {path}`", "")
                yield f"{operation['summary']}. {operation['description']}"
                yield from _details(operation)


def _details(operation: dict[str, Any]) -> Iterator[str]:
    query = [each for each in operation["parameters"] if each["in"] == "query"]
    if query:
        yield ""
        yield "Query: " + ", ".join(_parameter(each) for each in query) + "."
    if body := operation.get("requestBody"):
        yield ""
        yield f"Body: {_type(body['content']['application/json']['schema'])}."
    for kind, content in operation["responses"]["200"]["content"].items():
        answer = content["schema"].get("anyOf", [{}])[0] if kind == "application/json" else {}
        data = answer.get("properties", {}).get("data")
        whole = answer if "$ref" in answer else None
        if data is not None or whole is not None:
            yield ""
            yield f"Answer: {'' if data is None else '`data` is '}{_type(data if data is not None else whole)}."


def _parameter(parameter: dict[str, Any]) -> str:
    about = parameter.get("description")
    return f"`{parameter['name']}` ({parameter['schema'].get('type', 'any')}{f': {about}' if about else ''})"


def _objects(schemas: dict[str, Any]) -> Iterator[str]:
    for name, schema in sorted(schemas.items()):
        yield from ("", f"### {name}", "")
        if about := schema.get("description"):
            yield from (about.replace("``", "`"), "")
        yield from ("| field | type |", "|---|---|")
        for field, kind in schema.get("properties", {}).items():
            yield f"| `{field}` | {_type(kind)} |"


def _type(schema: Any) -> str:
    """The type in words, with links to objects."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if schema.get("type") == "object":
        return f"object of {_type(schema.get('additionalProperties') or {})}"
    return str(schema.get("const", schema.get("type", "any")))
