"""GitHub: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.identity.calls import (
    bearer_of,
    challenge_of,
    redirect_to,
    text_of,
    verifier_of,
)
from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable
from oneapi.domain.people.identities import Identity

if TYPE_CHECKING:
    from oneapi.adapters.identity.calls import Calls
    from oneapi.domain.options import Options

SCOPE = "user:email"


class GitHub:
    """Implements ``RedirectingClient``; users are identified by their numeric id, which survives a renaming."""

    def __init__(
        self, calls: Calls, *, site: str = "https://github.com", api: str = "https://api.github.com"
    ) -> None:
        self._calls = calls
        self._site = site
        self._api = api

    async def address(self, options: Options, state: str, *, nonce: str, verifier: str) -> str:  # noqa: ARG002
        # No redirect_uri: GitHub uses the one that the operator registered.
        asked = {"client_id": options.github_client_id, "scope": SCOPE, "state": state}
        return redirect_to(f"{self._site}/login/oauth/authorize", asked | challenge_of(verifier))

    async def identify(self, options: Options, code: str, *, nonce: str = "", verifier: str = "") -> Identity:  # noqa: ARG002
        sent = {
            "client_id": options.github_client_id,
            "client_secret": options.github_client_secret,
            "code": code,
        }
        answer = await self._calls.post_form(
            f"{self._site}/login/oauth/access_token", sent | verifier_of(verifier)
        )
        bearer = bearer_of(answer, self._site)
        user = await self._calls.get(f"{self._api}/user", bearer=bearer)
        number = user.get("id") if isinstance(user, dict) else None
        if not isinstance(number, int) or number <= 0 or not text_of(user, "login"):
            raise IdentityRefused(f"{self._api} names no user")
        return Identity(
            id=str(number),
            login=text_of(user, "login"),
            display_name=text_of(user, "name"),
            email=await self._email(bearer),
        )

    async def _email(self, bearer: str) -> str:
        """The verified primary address; empty if it cannot be read, which does not prevent the sign-in."""
        try:
            found = await self._calls.get(f"{self._api}/user/emails", bearer=bearer)
        except (IdentityRefused, ProviderUnreachable):
            return ""
        return next((text_of(each, "email") for each in _list(found) if _is_main(each)), "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_main(address: Any) -> bool:
    return isinstance(address, dict) and address.get("primary") is True and address.get("verified") is True
