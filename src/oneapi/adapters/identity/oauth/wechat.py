"""WeChat, through a server that the operator runs: https://github.com/songquanpeng/wechat-server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.identity.calls import text_of, with_query
from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable
from oneapi.domain.people.identities import Identity

if TYPE_CHECKING:
    from oneapi.adapters.identity.calls import Calls
    from oneapi.domain.options import Options


class WeChat:
    """Implements ``IdentityClient``; users enter a code that the operator's WeChat account sent them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def identify(self, options: Options, code: str, *, nonce: str = "", verifier: str = "") -> Identity:  # noqa: ARG002
        answer = await self._calls.get(
            with_query(options.wechat_server_address.rstrip("/") + "/api/wechat/user", {"code": code}),
            headers={"Authorization": options.wechat_server_token},
        )
        if not isinstance(answer, dict) or answer.get("success") is not True:
            raise ProviderUnreachable("the WeChat server refuses this gateway: check its token")
        if not text_of(answer, "data"):
            raise IdentityRefused("the WeChat server does not know this code")
        return Identity(id=text_of(answer, "data"))
