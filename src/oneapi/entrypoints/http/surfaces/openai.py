"""OpenAI's API, as its clients and those of Azure call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.multipart import read_form
from oneapi.domain.errors import (
    AccessDenied,
    NoChannel,
    NotImplementedHere,
    PinnedChannelDisabled,
    PinnedChannelUnknown,
    TokenRefused,
    UnknownModel,
    UnknownRoute,
)
from oneapi.domain.media import read_image, read_speech
from oneapi.domain.requests import Endpoint, RelayRequest
from oneapi.entrypoints.errors.answers import event_fields, name_of, status_of, text_of
from oneapi.entrypoints.http.bodies import decoded
from oneapi.entrypoints.http.relay.bodies import check_text, form_fields, read_model
from oneapi.entrypoints.http.relay.members import scan
from oneapi.entrypoints.http.request import credential
from oneapi.entrypoints.http.surfaces.interface import Surface

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sanic import Request

    from oneapi.application.relay.authentication import Caller
    from oneapi.application.relay.serving import Admission
    from oneapi.domain.errors import GatewayError
    from oneapi.entrypoints.http.surfaces.interface import Admits

DIALECT = "openai_chat"
#: What a client may tell a provider; adapters/upstream/headers.py decides what is passed on.
PASSED_HEADERS = ("content-type", "accept")
RARE_HEADERS = frozenset({"openai-beta", "anthropic-version", "anthropic-beta", "idempotency-key"})

#: Models assumed where the client names none, as the original does.
DEFAULT_MODELS = {
    Endpoint.MODERATIONS: "text-moderation-stable",
    Endpoint.IMAGES: "dall-e-2",
    Endpoint.TRANSCRIPTIONS: "whisper-1",
    Endpoint.TRANSLATIONS: "whisper-1",
}
TEXT = (
    Endpoint.CHAT,
    Endpoint.COMPLETIONS,
    Endpoint.EMBEDDINGS,
    Endpoint.EDITS,
    Endpoint.MODERATIONS,
)
FORMS = (Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS)
STREAMED = (Endpoint.CHAT, Endpoint.COMPLETIONS)
#: Paths that name the model, which then counts whatever the body says: those of the first OpenAI clients and Azure's
#: (https://learn.microsoft.com/azure/ai-services/openai/reference).
ENGINES = "/v1/engines/"
DEPLOYMENTS = "/openai/deployments/"
MODEL_IN_PATH = (ENGINES, DEPLOYMENTS)
#: These come without the request id, as clients of the original know them.
WITHOUT_SUFFIX = (UnknownRoute, UnknownModel, NotImplementedHere)
#: These have neither ``param`` nor ``code``, likewise.
BARE = (TokenRefused, AccessDenied, NoChannel, PinnedChannelUnknown, PinnedChannelDisabled)
HEARTBEAT = b": keep-alive\n\n"


def _routes() -> Iterator[tuple[str, Endpoint]]:
    for endpoint in (*TEXT, Endpoint.IMAGES, Endpoint.SPEECH, *FORMS):
        yield f"/v1/{endpoint.value}", endpoint
        for prefix in MODEL_IN_PATH:
            yield f"{prefix}<model>/{endpoint.value}", endpoint


def read(
    relay: Admits, caller: Caller, request: Request, endpoint: Endpoint, body: bytes, in_path: str
) -> tuple[Admission, RelayRequest]:
    fields: dict[str, Any] = {}
    form: dict[str, str] = {}
    stream = include_usage = False
    if endpoint not in FORMS:
        scanned = scan(body)
        body = scanned.body
        name_of = read_model(scanned.members.get("model"))
    else:
        form = form_fields(read_form(body, request.headers.get("content-type", "")))
        name_of = form.get("model", "")
        stream = form.get("stream", "").strip().lower() in ("true", "1")
    model = in_path or name_of or DEFAULT_MODELS.get(endpoint, "")
    admission = relay.admit(caller, model)
    if endpoint not in FORMS:
        fields = decoded(body)
    if endpoint in TEXT:
        known = check_text(fields, endpoint, len(body))
        stream = endpoint in STREAMED and bool(known.stream)
        include_usage = bool(known.stream_options and known.stream_options.include_usage)
    elif endpoint is Endpoint.IMAGES:
        read_image(fields)
        stream = fields.get("stream") is True
    elif endpoint is Endpoint.SPEECH:
        read_speech(fields)
        stream = fields.get("stream_format") == "sse"
    path = request.path
    return admission, RelayRequest(
        endpoint=endpoint,
        dialect=DIALECT,
        model=model,
        body=body,
        fields=fields,
        form=form,
        stream=stream,
        include_usage=include_usage,
        model_in_path=bool(in_path),
        method=request.method,
        path=path,
        query="" if path.startswith(DEPLOYMENTS) else request.query_string,  # Azure's api-version
        headers=_passed(request),
        user_id=caller.account.user.id,
    )


def _passed(request: Request) -> dict[str, str]:
    given = request.headers
    names: Iterable[str] = PASSED_HEADERS
    if not RARE_HEADERS.isdisjoint(given):
        names = (*PASSED_HEADERS, *RARE_HEADERS)
    return {name: given[name] for name in names if name in given}  # of equal names the first counts


def error(error: GatewayError, language: str, request_id: str) -> tuple[int, bytes]:
    message = text_of(error, language)
    if not isinstance(error, WITHOUT_SUFFIX):
        message = f"{message} (request id: {request_id})"
    told = name_of(error)
    body: dict[str, Any] = {"message": message, "type": told.type}
    if not isinstance(error, BARE):
        body |= {"param": told.param or "", "code": told.code}
    return status_of(error), msgspec.json.encode({"error": body})


def error_event(error: GatewayError, request_id: str) -> bytes:
    return SURFACES[DIALECT].render_error(event_fields(error, request_id), status_of(error))


OPENAI = Surface(
    routes=dict(_routes()),
    credential=credential,
    read=read,
    error=error,
    error_event=error_event,
    heartbeat=HEARTBEAT,
)
