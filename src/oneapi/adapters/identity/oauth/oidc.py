"""OpenID Connect: https://openid.net/specs/openid-connect-core-1_0.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from attrs import frozen

from oneapi.adapters.identity.calls import bearer_of, challenge_of, redirect_to, text_of, verifier_of
from oneapi.adapters.identity.oauth.id_tokens import Expected, Keys, UnknownKey, claims_of, read_keys
from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable
from oneapi.domain.people.identities import OIDC, Identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.identity.calls import Calls
    from oneapi.domain.options import Options

SCOPE = "openid profile email"
#: Seconds for which a provider's published documents are cached.
FRESH = 600
#: Least seconds between two fetches because of an unknown key, since anybody can make up the name of a key.
KEY_PATIENCE = 30


@frozen
class Endpoints:
    """The URLs of a provider. ``issuer`` and ``keys`` are empty if there is no well-known document."""

    authorization: str
    token: str
    userinfo: str
    issuer: str = ""
    keys: str = ""
    #: Whether the client secret is sent in a header, for providers that do not accept it in the form.
    basic: bool = False


class OidcProvider:
    """Implements ``RedirectingClient``.

    With a well-known address, a verified id token identifies the user. Without one there are no keys to verify an id
    token, and the userinfo endpoint identifies the user, as in the original.
    """

    def __init__(self, calls: Calls, *, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._clock = clock
        self._documents: dict[str, tuple[float, Any]] = {}

    async def address(self, options: Options, state: str, *, nonce: str, verifier: str) -> str:
        endpoints = await self._endpoints(options)
        asked = {
            "client_id": options.oidc_client_id,
            "redirect_uri": options.redirect_uri(OIDC.name),
            "response_type": "code",
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
        }
        return redirect_to(endpoints.authorization, asked | challenge_of(verifier))

    async def identify(self, options: Options, code: str, *, nonce: str = "", verifier: str = "") -> Identity:
        endpoints = await self._endpoints(options)
        tokens = await self._tokens(endpoints, options, code, verifier)
        claims: dict[str, Any] = {}
        if endpoints.issuer:
            expected = Expected(endpoints.issuer, options.oidc_client_id, nonce, int(self._clock()))
            claims = await self._verified(endpoints, text_of(tokens, "id_token"), expected)
        if not claims or (endpoints.userinfo and not _tells_names(claims)):
            told = await self._calls.get(endpoints.userinfo, bearer=bearer_of(tokens, endpoints.token))
            # otherwise it may be another user's: https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse
            if claims and text_of(told, "sub") != claims["sub"]:
                raise IdentityRefused("the userinfo endpoint names another user than the id token")
            claims = {**(told if isinstance(told, dict) else {}), **claims}
        return _identity(claims)

    async def _tokens(self, endpoints: Endpoints, options: Options, code: str, verifier: str) -> Any:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": options.redirect_uri(OIDC.name),
        } | verifier_of(verifier)
        client, secret = options.oidc_client_id, options.oidc_client_secret
        if endpoints.basic:
            # form-encoded before base64: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
            pair = quote(client, safe=""), quote(secret, safe="")
            return await self._calls.post_form(endpoints.token, sent, basic=pair)
        return await self._calls.post_form(
            endpoints.token, sent | {"client_id": client, "client_secret": secret}
        )

    async def _endpoints(self, options: Options) -> Endpoints:
        given = Endpoints(
            options.oidc_authorization_endpoint, options.oidc_token_endpoint, options.oidc_userinfo_endpoint
        )
        if not options.oidc_well_known:
            return given
        document = await self._published(options.oidc_well_known)
        found = Endpoints(
            authorization=text_of(document, "authorization_endpoint") or given.authorization,
            token=text_of(document, "token_endpoint") or given.token,
            userinfo=text_of(document, "userinfo_endpoint") or given.userinfo,
            issuer=text_of(document, "issuer"),
            keys=text_of(document, "jwks_uri"),
            basic=_wants_basic(document),
        )
        if not found.issuer or not found.keys:
            raise ProviderUnreachable("the well-known document lacks an issuer or keys")
        return found

    async def _verified(self, endpoints: Endpoints, id_token: str, expected: Expected) -> dict[str, Any]:
        try:
            return claims_of(id_token, await self._keys(endpoints, FRESH), expected)
        except UnknownKey:  # perhaps the provider has changed its keys
            return claims_of(id_token, await self._keys(endpoints, KEY_PATIENCE), expected)

    async def _keys(self, endpoints: Endpoints, fresh: float) -> Keys:
        return read_keys(await self._published(endpoints.keys, fresh))

    async def _published(self, url: str, fresh: float = FRESH) -> Any:
        """The JSON at ``url``, from a cache if that is at most ``fresh`` seconds old."""
        read_at, document = self._documents.get(url, (float("-inf"), None))
        now = self._clock()
        if not 0 <= now - read_at < fresh:
            document = await self._calls.get(url)
            kept = {each: found for each, found in self._documents.items() if now - found[0] < FRESH}
            self._documents = kept | {url: (now, document)}
        return document


def _wants_basic(document: Any) -> bool:
    methods = document.get("token_endpoint_auth_methods_supported") if isinstance(document, dict) else None
    return (
        isinstance(methods, list) and "client_secret_basic" in methods and "client_secret_post" not in methods
    )


def _tells_names(claims: dict[str, Any]) -> bool:
    return all(claims.get(name) for name in ("preferred_username", "name", "email"))


def _identity(claims: dict[str, Any]) -> Identity:
    # Some providers, such as Amazon Cognito, send "true" instead of true.
    verified = claims.get("email_verified")
    return Identity(
        id=text_of(claims, "sub"),
        username=text_of(claims, "preferred_username"),
        display_name=text_of(claims, "name"),
        email=text_of(claims, "email") if verified is True or verified == "true" else "",
    )
