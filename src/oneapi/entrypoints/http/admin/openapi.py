"""``/api/openapi.json`` and ``/api/docs``: the description of the admin API, made from its declarations."""

from __future__ import annotations

import asyncio
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec
from sanic import HTTPResponse, Request

from oneapi import __version__
from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bodies import PageQuery
from oneapi.entrypoints.http.admin.envelope import TOTAL
from oneapi.entrypoints.http.admin.routes import TURNSTILE
from oneapi.entrypoints.http.answers import JSON
from oneapi.entrypoints.http.compression import compressed, pack
from oneapi.entrypoints.http.console import HARMLESS, PAGE_HEADERS
from oneapi.entrypoints.http.request import Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from oneapi.entrypoints.http.admin.routes import Operation

REFERENCE = "#/components/schemas/{name}"
ENVELOPE = (
    "Every answer is `{success, message, data}`; a refusal comes with status 200 unless said otherwise."
)
ROLES = {
    Role.GUEST: "Anybody.",
    Role.COMMON: "Users.",
    Role.ADMIN: "Administrators.",
    Role.ROOT: "The root account.",
}
TOKENS = "Holders of a token."
SECURITY = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "what signing in sets",
    },
    "access_token": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "the account's access token, with or without `Bearer `",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "a token for the relay, `sk-...`",
    },
}
#: Security schemes of users, and that of tokens.
ACCOUNT, TOKEN = ("session", "access_token"), "token"
#: The page loads everything from this server.
POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; {HARMLESS}"
)
HEADERS = PAGE_HEADERS | {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
PAGE = {
    "": ("docs.html", "text/html; charset=utf-8"),
    "/docs.css": ("docs.css", "text/css; charset=utf-8"),
    "/docs.js": ("docs.js", "text/javascript; charset=utf-8"),
}


def documented(operations: Iterable[Operation]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of ``operations``."""
    operations = list(operations)
    kinds = [kind for each in operations for kind in (each.body, each.data, each.answer) if kind is not None]
    _, components = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    _require_what_is_always_there(components, operations)
    components["Refusal"] = _REFUSAL
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.template, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "One API: admin API", "version": __version__, "description": ENVELOPE},
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in operations)],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SECURITY},
    }


def _require_what_is_always_there(components: dict[str, Any], operations: Iterable[Operation]) -> None:
    """Mark all fields of answers as required: a default makes a field optional only in a body."""
    kinds = [kind for each in operations for kind in (each.data, each.answer) if kind is not None]
    _, answers = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    for name in answers:
        schema = components[name]
        required = set(schema.get("required", ()))
        fields = schema.get("properties", {}).items()
        schema["required"] = [field for field, kind in fields if field in required or "default" in kind]


def openapi_blueprint(operations: Iterable[Operation]) -> Blueprint:
    """Routes of the document and of its page. They are made when somebody asks, not at every start."""
    blueprint = Blueprint("openapi", url_prefix="/api")
    document = _send(lambda: msgspec.json.encode(documented(operations)), JSON)
    blueprint.add_route(document, "/openapi.json", name="openapi")
    files = resources.files("oneapi.entrypoints.http.admin") / "docs"
    for path, (name, kind) in PAGE.items():
        send = _send(files.joinpath(name).read_bytes, kind)
        blueprint.add_route(send, "/docs" + path, name=name.replace(".", "_"))
    return blueprint


def _send(make: Callable[[], bytes], kind: str) -> Any:
    @cache
    def made() -> tuple[bytes, bytes]:
        content = make()
        return content, pack(content)

    async def send(request: Request) -> HTTPResponse:
        content, packed = await asyncio.to_thread(made)
        response = HTTPResponse(content, headers=dict(HEADERS), content_type=kind)
        return compressed(request, response, packed)

    return send


_REFUSAL = {
    "title": "Refusal",
    "description": "What was asked for was not done; the message says why, in the caller's language.",
    "type": "object",
    "properties": {"success": {"const": False}, "message": {"type": "string"}},
    "required": ["success", "message"],
}


_HUMAN: list[dict[str, Any]] = [
    {
        "name": TURNSTILE,
        "in": "query",
        "schema": {"type": "string", "default": ""},
        "description": "Turnstile token, if Turnstile is enabled",
    }
]


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": TOKENS if operation.token else ROLES[operation.role],
        "operationId": _identity(operation),
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)]
        + _HUMAN * operation.human,
        "responses": _responses(operation),
    }
    if operation.role > Role.GUEST:
        described["security"] = [{name: []} for name in ACCOUNT]
    elif operation.token:
        described["security"] = [{TOKEN: []}]
    if operation.body is not None:
        content = {"application/json": {"schema": _reference(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _identity(operation: Operation) -> str:
    words = operation.path.replace("<", "").replace(">", "").strip("/").split("/")
    return "_".join([operation.method.lower(), *(word.partition(":")[0] for word in words[1:])])


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string" if kind == ":str" else "integer"},
        }
        for name, kind in operation.parameters
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    parameters = []
    for each in msgspec.structs.fields(operation.query):
        schema = msgspec.json.schema(each.type) | {"default": each.default}
        described = {"name": each.encode_name, "in": "query", "schema": schema}
        if text := schema.pop("description", None):
            described["description"] = text
        parameters.append(described)
    return parameters


def _responses(operation: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {
        "description": "done, or refused",
        "content": {"application/json": {"schema": _answer(operation)}},
    }
    if operation.media:
        success["content"][operation.media] = {"schema": {"type": "string"}}
    elif operation.query is not None and issubclass(operation.query, PageQuery):
        success["headers"] = {
            TOTAL: {
                "description": "how many there are in all; of the log, 10000 for any more",
                "schema": {"type": "integer"},
            }
        }
    responses: dict[str, Any] = {"200": success}
    refusal = {"content": {"application/json": {"schema": {"$ref": REFERENCE.format(name="Refusal")}}}}
    if operation.redirects:
        location = {"Location": {"schema": {"type": "string", "format": "uri"}}}
        responses["302"] = {"description": "sent on", "headers": location}
    if operation.role > Role.GUEST or operation.token:
        reason = "no token" if operation.token else "not signed in"
        responses["401"] = {"description": reason} | refusal
    responses["default"] = {"description": "refused"} | refusal
    return responses


def _answer(operation: Operation) -> dict[str, Any]:
    refusal = {"$ref": REFERENCE.format(name="Refusal")}
    if operation.redirects or operation.media:
        return refusal
    if operation.answer is not None:
        return {"anyOf": [_reference(operation.answer), refusal]}
    properties: dict[str, Any] = {"success": {"const": True}, "message": {"type": "string"}}
    if operation.data is not None:
        properties["data"] = _reference(operation.data)
    success = {"type": "object", "properties": properties, "required": list(properties)}
    return {"anyOf": [success, refusal]}


def _reference(kind: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    return dict(schema)
