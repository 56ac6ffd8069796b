"""Lark, called Feishu in China.

https://open.feishu.cn/document/authentication-management/access-token/get-user-access-token
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.identity.calls import bearer_of, challenge_of, redirect_to, text_of, verifier_of
from oneapi.application.ports.people import IdentityRefused
from oneapi.domain.people.identities import LARK, Identity

if TYPE_CHECKING:
    from oneapi.adapters.identity.calls import Calls
    from oneapi.domain.options import Options


class Lark:
    """Implements ``RedirectingClient``; users are identified by an ``open_id`` that only this gateway gets."""

    def __init__(
        self,
        calls: Calls,
        *,
        accounts: str = "https://accounts.feishu.cn",
        api: str = "https://open.feishu.cn",
        passport: str = "https://passport.feishu.cn",
    ) -> None:
        self._calls = calls
        self._accounts = accounts
        self._api = api
        self._passport = passport

    async def address(self, options: Options, state: str, *, nonce: str, verifier: str) -> str:  # noqa: ARG002
        asked = {
            "client_id": options.lark_client_id,
            "redirect_uri": options.redirect_uri(LARK.name),
            "response_type": "code",
            "state": state,
        }
        return redirect_to(f"{self._accounts}/open-apis/authen/v1/authorize", asked | challenge_of(verifier))

    async def identify(self, options: Options, code: str, *, nonce: str = "", verifier: str = "") -> Identity:  # noqa: ARG002
        sent = {
            "client_id": options.lark_client_id,
            "client_secret": options.lark_client_secret,
            "code": code,
            "grant_type": "authorization_code",
            "redirect_uri": options.redirect_uri(LARK.name),
        }
        # JSON instead of OAuth's form: it is the only type that Lark documents.
        answer = await self._calls.post_json(
            f"{self._api}/open-apis/authen/v2/oauth/token", sent | verifier_of(verifier)
        )
        bearer = bearer_of(answer, self._api)
        user = await self._calls.get(f"{self._passport}/suite/passport/oauth/userinfo", bearer=bearer)
        if not text_of(user, "open_id"):
            raise IdentityRefused(f"{self._passport} names no user")
        return Identity(id=text_of(user, "open_id"), display_name=text_of(user, "name"))
