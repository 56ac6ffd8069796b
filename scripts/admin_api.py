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

- Sign in with `POST /api/user/login` (a session cookie), or send a user's access token in `Authorization`.
- Answers are `{"success": true, "message": "", "data": ...}`. A refusal is `{"success": false, "message": "why"}` with
  status 200, except for 401 without a valid sign-in, 403 for calls from another site, 404 for unknown routes, 429 for
  too many calls (`Retry-After` says when to try again), and 503 while the database cannot be reached.
- Messages are in Chinese or English: `Accept-Language` chooses, otherwise `DEFAULT_LANGUAGE`.
- `POST /api/playground/chat/completions` is `/v1/chat/completions` for signed-in users, with a session cookie only and
  not from other sites. It answers, streams and fails in the same way, and the log names its token `playground`.
- Lists come in pages: `p` from 0, `page_size` up to 100; `X-Total-Count` is the number of all rows.
- Quotas are whole quota units (500 000 are 1 USD unless the operator sets another price), times are unix seconds.
- A trailing slash makes no difference in a path; unknown keys of a body are ignored."""


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
