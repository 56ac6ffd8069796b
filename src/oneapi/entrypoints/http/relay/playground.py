"""``/api/playground``: the relay for users signed in to the console, without a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.errors import ForeignOrigin, SignedOut
from oneapi.domain.work import Work
from oneapi.entrypoints.http.admin.guard import COOKIE, comes_from_elsewhere
from oneapi.entrypoints.http.request import Blueprint
from oneapi.entrypoints.http.surfaces import OPENAI

if TYPE_CHECKING:
    from oneapi.application.people.sign_in import WhoIsThere
    from oneapi.application.relay.authentication import Authenticator, Caller
    from oneapi.entrypoints.http.relay.forwarding import Forward
    from oneapi.entrypoints.http.request import GatewayRequest


def playground_blueprint(
    who_is_there: WhoIsThere, authenticator: Authenticator, forward: Forward
) -> Blueprint:
    """The same as ``/v1/chat/completions`` except for the caller: in OpenAI's format, not the admin API's."""
    blueprint = Blueprint("playground", url_prefix="/api/playground")

    async def caller(request: GatewayRequest) -> Caller:
        cookie = request.cookies.get(COOKIE)
        user = await who_is_there.by_cookie(cookie) if cookie else None
        if user is None:
            raise SignedOut
        if comes_from_elsewhere(request):
            raise ForeignOrigin
        request.authenticated()
        return authenticator.signed_in(user)

    @blueprint.post("/chat/completions", stream=True)
    async def chat(request: GatewayRequest) -> None:
        await forward(await caller(request), request, OPENAI, Work.CONVERSE)

    return blueprint
