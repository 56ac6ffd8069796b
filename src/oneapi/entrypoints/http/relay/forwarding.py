"""Everything under ``/v1`` that is relayed to a provider: OpenAI's routes and the raw proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from attrs import frozen
from sanic import Blueprint, Request

from oneapi.domain.errors import InvalidParameter
from oneapi.domain.media import read_image, read_speech
from oneapi.domain.requests import Endpoint, RelayRequest
from oneapi.entrypoints.http.relay.bodies import check_text, parse_object, read_body, read_form
from oneapi.entrypoints.http.relay.replies import SanicReply
from oneapi.entrypoints.http.request import credential

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sanic import HTTPResponse

    from oneapi.application.authentication import Authenticator, Caller
    from oneapi.application.proxying import Proxying
    from oneapi.application.relay import Relay
    from oneapi.entrypoints.http.request import GatewayRequest

#: What a client may tell a provider; adapters/upstream/headers.py decides what is passed on.
PASSED_HEADERS = (
    "content-type",
    "accept",
    "openai-beta",
    "anthropic-version",
    "anthropic-beta",
    "idempotency-key",
)

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


@frozen
class Limits:
    """``body_mb``: largest request body; ``heartbeat``: seconds of silence before a comment keeps a stream alive."""

    body_mb: int
    heartbeat: float


@frozen
class Forward:
    """Brings the request of a known caller to the relay, and the answer back."""

    relay: Relay
    limits: Limits

    async def __call__(
        self, caller: Caller, request: Request, endpoint: Endpoint, model: str = ""
    ) -> HTTPResponse | None:
        asked = _read(request, endpoint, await read_body(request, self.limits.body_mb), model)
        reply = SanicReply(request, self.limits.heartbeat)
        try:
            await self.relay.serve(caller, asked, reply, str(request.id))
        finally:
            reply.close()
        return reply.response


def forwarding_blueprint(
    authenticator: Authenticator,
    to_relay: Forward,
    proxying: Proxying,
    address: Callable[[Request], str],
) -> Blueprint:
    """The relay's own routes."""
    blueprint = Blueprint("relay")

    async def forward(request: GatewayRequest, endpoint: Endpoint, model: str = "") -> HTTPResponse | None:
        caller = await authenticator.caller(credential(request), address(request))
        request.authenticated()
        return await to_relay(caller, request, endpoint, model)

    def route(endpoint: Endpoint) -> Any:
        def handler(request: GatewayRequest, model: str = "") -> Awaitable[HTTPResponse | None]:
            return forward(request, endpoint, unquote(model))

        return handler

    for endpoint in (*TEXT, Endpoint.IMAGES, Endpoint.SPEECH, *FORMS):
        name = endpoint.name.lower()
        blueprint.add_route(
            route(endpoint), f"/v1/{endpoint.value}", methods=["POST"], name=name, stream=True
        )

        for prefix in MODEL_IN_PATH:
            blueprint.add_route(
                route(endpoint),
                f"{prefix}<model>/{endpoint.value}",
                methods=["POST"],
                name=f"{name}_of_{prefix.split('/')[2]}",
                stream=True,
            )

    @blueprint.route(  # type: ignore[untyped-decorator]  # Sanic's
        "/v1/oneapi/proxy/<channel_id:int>/<target:path>",
        methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        stream=True,
    )
    async def proxy(request: GatewayRequest, channel_id: int, target: str) -> HTTPResponse | None:
        caller = await authenticator.caller(credential(request), address(request))
        request.authenticated()
        asked = RelayRequest(
            endpoint=Endpoint.PROXY,
            dialect="raw",
            model="",
            body=await read_body(request, to_relay.limits.body_mb),
            method=request.method,
            path="/" + target,
            query=request.query_string,
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        reply = SanicReply(request, 0)
        # Beside a path, Sanic's router checks numbers but leaves them texts.
        await proxying.serve(caller, int(channel_id), asked, reply, str(request.id))
        return reply.response

    return blueprint


def _read(request: Request, endpoint: Endpoint, body: bytes, model: str) -> RelayRequest:
    fields: dict[str, Any] = {}
    form: dict[str, str] = {}
    stream = include_usage = False
    if endpoint in FORMS:
        form = read_form(request, body)
        asked = form.get("model", "")
    else:
        fields = parse_object(body)
        asked = fields.get("model") or ""
        if not isinstance(asked, str):
            raise InvalidParameter("model", "model must be a string", "invalid_type")
        if endpoint in TEXT:
            known = check_text(fields, endpoint)
            stream = endpoint in STREAMED and bool(known.stream)
            include_usage = bool(known.stream_options and known.stream_options.include_usage)
    asked = model or asked or DEFAULT_MODELS.get(endpoint, "")
    if endpoint is Endpoint.IMAGES:
        read_image(fields)
    elif endpoint is Endpoint.SPEECH:
        read_speech(fields)
    return RelayRequest(
        endpoint=endpoint,
        dialect="openai_chat",
        model=asked,
        body=body,
        fields=fields,
        form=form,
        stream=stream,
        include_usage=include_usage,
        model_in_path=bool(model),
        method=request.method,
        path=request.path,
        query="" if request.path.startswith(DEPLOYMENTS) else request.query_string,  # Azure's api-version
        headers=_passed(request),
    )


def _passed(request: Request) -> dict[str, str]:
    given = request.headers
    return {name: given[name] for name in PASSED_HEADERS if name in given}  # of equal names the first counts
