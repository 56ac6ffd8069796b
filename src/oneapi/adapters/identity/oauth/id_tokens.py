"""Id tokens, verified: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation ."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from joserfc import jwt
from joserfc.errors import InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from oneapi.application.ports import IdentityRefused, ProviderUnreachable

#: Signatures by a key that the provider alone has; neither none nor HS256, for which everybody has it.
ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519".split()
#: Seconds by which clocks may differ: the token comes from the provider itself, a moment after it was made.
LEEWAY = 300

Keys = KeySet


class UnknownKey(IdentityRefused):
    """The token is signed with a key that the provider had not published when it was last asked."""


def read_keys(document: Any) -> Keys:
    """The keys that can be used of those that a provider published. Raises ProviderUnreachable if there is none."""
    published = document.get("keys") if isinstance(document, dict) else None
    found = []
    for key in published if isinstance(published, list) else ():
        try:
            found.append(JWKRegistry.import_key(key))
        except (JoseError, ValueError, TypeError, KeyError):
            continue  # of a kind that we do not know
    if not found:
        raise ProviderUnreachable("the provider publishes no key that can be used")
    return KeySet(found)


@frozen
class Expected:
    """What an id token has to say. ``nonce`` is empty where the browser was sent off without one."""

    issuer: str
    audience: str
    nonce: str
    now: int

    def check(self, claims: dict[str, Any]) -> None:
        """Raises JoseError."""
        essential = {name: jwt.ClaimsOption(essential=True) for name in ("exp", "iat", "sub")}
        values = {"iss": self.issuer, "aud": self.audience} | ({"nonce": self.nonce} if self.nonce else {})
        exact = {name: jwt.ClaimsOption(essential=True, value=value) for name, value in values.items()}
        jwt.JWTClaimsRegistry(now=self.now, leeway=LEEWAY, **essential, **exact).validate(claims)
        # https://openid.net/specs/openid-connect-core-1_0.html#IDToken: to whom it was given, of several audiences
        if claims.get("azp", self.audience) != self.audience:
            raise InvalidClaimError("azp")


def claims_of(id_token: str, keys: Keys, expected: Expected) -> dict[str, Any]:
    """What ``id_token`` says, once it is sure who says it, to whom, and when. Raises IdentityRefused, UnknownKey."""
    try:
        claims = jwt.decode(id_token, keys, registry=_REGISTRY).claims
        expected.check(claims)
    except InvalidKeyIdError:
        raise UnknownKey("the id token is signed with a key that is not published") from None
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise IdentityRefused(f"the id token is refused: {type(error).__name__}") from None
    return claims


#: Headers that we do not know mean nothing: https://www.rfc-editor.org/rfc/rfc7515#section-4
_REGISTRY = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
