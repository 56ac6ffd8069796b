"""Everything under ``/v1`` that is relayed to a provider: OpenAI's routes and the raw proxy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from attrs import frozen
from sanic import Blueprint, Request

from oneapi.adapters.multipart import read_form
from oneapi.domain.errors import BodyTooLarge, UserQuotaExhausted
from oneapi.domain.media import read_image, read_speech
from oneapi.domain.requests import Endpoint, RelayRequest
from oneapi.entrypoints.http.bodies import MEGABYTE, decoded, encoding_of, inflated, read_limited
from oneapi.entrypoints.http.relay.bodies import check_text, form_fields, read_model
from oneapi.entrypoints.http.relay.members import scan
from oneapi.entrypoints.http.relay.replies import SanicReply
from oneapi.entrypoints.http.request import credential

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sanic import HTTPResponse

    from oneapi.application.relay.authentication import Authenticator, Caller
    from oneapi.application.relay.proxying import Proxying
    from oneapi.application.relay.serving import Admission, Relay
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
#: All that is read of a caller who has nothing to spend: enough for models that cost nothing.
UNPAID_BODY = MEGABYTE
#: Larger bodies are read on a thread, and smaller ones too if they are compressed: others are served meanwhile.
INLINE, INLINE_COMPRESSED = MEGABYTE, 16 * 1024


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
        body = await self._body(caller, request)
        encoding = encoding_of(request)
        if len(body) <= (INLINE_COMPRESSED if encoding else INLINE):
            admission, asked = self._read(caller, request, endpoint, body, encoding, model)
        else:
            admission, asked = await asyncio.to_thread(
                self._read, caller, request, endpoint, body, encoding, model
            )
        reply = SanicReply(request, self.limits.heartbeat)
        try:
            await self.relay.serve(admission, asked, reply, str(request.id))
        finally:
            reply.close()
        return reply.response

    async def proxied_body(self, caller: Caller, request: Request) -> bytes:
        """The body that a provider gets whatever it is, decompressed: what it understands is not known."""
        body = await self._body(caller, request)
        encoding = encoding_of(request)
        return await asyncio.to_thread(inflated, body, encoding, self._limit(caller)) if encoding else body

    async def _body(self, caller: Caller, request: Request) -> bytes:
        """The body as it came. Raises BodyTooLarge, or UserQuotaExhausted for much from a caller who cannot pay."""
        limit = self._limit(caller)
        try:
            return await read_limited(request, limit)
        except BodyTooLarge:
            if limit < self.limits.body_mb * MEGABYTE:
                raise UserQuotaExhausted from None
            raise

    def _limit(self, caller: Caller) -> int:
        most = self.limits.body_mb * MEGABYTE
        return most if caller.account.user.quota > 0 else min(most, UNPAID_BODY)

    def _read(
        self, caller: Caller, request: Request, endpoint: Endpoint, body: bytes, encoding: str, in_path: str
    ) -> tuple[Admission, RelayRequest]:
        """The request, which is parsed into objects only once it is known that somebody may serve it."""
        if encoding:
            body = inflated(body, encoding, self._limit(caller))
        fields: dict[str, Any] = {}
        form: dict[str, str] = {}
        stream = include_usage = False
        if endpoint not in FORMS:
            scanned = scan(body)
            body = scanned.body
            named = read_model(scanned.members.get("model"))
        else:
            form = form_fields(read_form(body, request.headers.get("content-type", "")))
            named = form.get("model", "")
            stream = form.get("stream", "").strip().lower() in ("true", "1")
        model = in_path or named or DEFAULT_MODELS.get(endpoint, "")
        admission = self.relay.admit(caller, model)
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
            dialect="openai_chat",
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
        )


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
            return forward(request, endpoint, unquote(model) if model else "")

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
            body=await to_relay.proxied_body(caller, request),
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


def _passed(request: Request) -> dict[str, str]:
    given = request.headers
    return {name: given[name] for name in PASSED_HEADERS if name in given}  # of equal names the first counts
