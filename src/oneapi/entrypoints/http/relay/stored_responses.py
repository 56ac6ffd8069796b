"""``/v1/responses/{id}``: stored responses.

https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from sanic import HTTPResponse, Request

from oneapi.adapters.dialects.responses.stored import (
    LARGEST_PAGE,
    USUAL_PAGE,
    asked_page,
    shown,
)
from oneapi.application.ports.relay import ClientLeft
from oneapi.domain.errors import GatewayError, InvalidParameter
from oneapi.entrypoints.http.answers import JSON, as_json, page_size
from oneapi.entrypoints.http.relay.lists import READ
from oneapi.entrypoints.http.relay.replies import SanicReply
from oneapi.entrypoints.http.request import Blueprint
from oneapi.entrypoints.http.surfaces.responses import PATH, RESPONSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.relay.authentication import Authenticator, Caller
    from oneapi.application.relay.background import Background
    from oneapi.application.relay.stored_responses import StoredResponses
    from oneapi.entrypoints.http.request import GatewayRequest

#: The number before that of the first event, and the most digits of one.
BEFORE_ALL, _DIGITS = -1, 9


def stored_responses_blueprint(
    authenticator: Authenticator,
    stored: StoredResponses,
    background: Background,
    address: Callable[[Request], str],
    heartbeat: float,
) -> Blueprint:
    """The routes for stored responses; other users' responses do not exist for a caller."""
    blueprint = Blueprint("stored_responses", url_prefix=PATH)

    async def caller(request: GatewayRequest) -> Caller:
        found = await authenticator.caller(RESPONSES.credential(request), address(request))
        request.authenticated()
        return found

    @blueprint.route("/<response_id>", methods=READ)  # type: ignore[untyped-decorator]  # Sanic's
    async def retrieve(request: GatewayRequest, response_id: str) -> HTTPResponse | None:
        asks = await caller(request)
        if request.args.get("stream") == "true":
            given = request.args.get("starting_after")
            after = _number(str(given)) if given else BEFORE_ALL
            await background.check_streamed(asks, response_id)
            reply = SanicReply(request, heartbeat, RESPONSES)
            try:
                await reply.start(200, (), events=True)  # from now on it is kept alive
                await _send_events(background, reply, asks, response_id, after)
                await reply.finish()
            except ClientLeft:
                pass
            finally:
                reply.close()
            return None
        content = await stored.get(asks, response_id)
        return HTTPResponse(shown(content), content_type=JSON)

    @blueprint.delete("/<response_id>")
    async def delete(request: GatewayRequest, response_id: str) -> HTTPResponse:
        await stored.delete(await caller(request), response_id)
        return as_json({"id": response_id, "object": "response", "deleted": True})

    @blueprint.post("/<response_id>/cancel")
    async def cancel(request: GatewayRequest, response_id: str) -> HTTPResponse:
        content = await background.cancel(await caller(request), response_id)
        return HTTPResponse(shown(content), content_type=JSON)

    @blueprint.route("/<response_id>/input_items", methods=READ)  # type: ignore[untyped-decorator]  # Sanic's
    async def input_items(request: GatewayRequest, response_id: str) -> HTTPResponse:
        content = await stored.get(await caller(request), response_id)
        page = asked_page(
            content,
            after=str(request.args.get("after") or ""),
            limit=page_size(request, "limit", usual=USUAL_PAGE, largest=LARGEST_PAGE),
            descending=request.args.get("order") != "asc",
        )
        return as_json(page)

    return blueprint


async def _send_events(
    background: Background, reply: SanicReply, asks: Caller, response_id: str, after: int
) -> None:
    try:
        async with aclosing(background.events(asks, response_id, after)) as events:
            async for event in events:
                await reply.send(event)
    except GatewayError as error:
        await reply.send(reply.error_event(error))


def _number(given: str) -> int:
    if not given.isdecimal() or len(given) > _DIGITS:
        raise InvalidParameter("starting_after", "starting_after must be the number of an event")
    return int(given)
