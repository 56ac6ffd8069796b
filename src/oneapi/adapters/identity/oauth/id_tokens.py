"""Verification of id tokens: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from joserfc import jwt
from joserfc.errors import InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable

#: Only signatures by the provider's private key: not HS256, whose key is shared, and never ``none``.
ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519".split()
#: Seconds by which clocks may differ; the token comes straight from the provider, moments after it was issued.
LEEWAY = 300

Keys = KeySet


class UnknownKey(IdentityRefused):
    """The token's key is not among those that the provider had published when they were last fetched."""


def read_keys(document: Any) -> Keys:
    """The usable keys in a provider's published document. Raises ProviderUnreachable if there are none."""
    published = document.get("keys") if isinstance(document, dict) else None
    found = []
    for key in published if isinstance(published, list) else ():
        try:
            found.append(JWKRegistry.import_key(key))
        except (JoseError, ValueError, TypeError, KeyError):
            continue  # a kind of key that we do not support
    if not found:
        raise ProviderUnreachable("the provider publishes no usable key")
    return KeySet(found)


@frozen
class Expected:
    """The claims that an id token must have. ``nonce`` is empty if the sign-in began without one."""

    issuer: str
    audience: str
    nonce: str
    now: int

    def check(self, claims: dict[str, Any]) -> None:
        """Raise JoseError unless the claims match."""
        essential = {name: jwt.ClaimsOption(essential=True) for name in ("exp", "iat", "sub")}
        values = {"iss": self.issuer, "aud": self.audience} | ({"nonce": self.nonce} if self.nonce else {})
        exact = {name: jwt.ClaimsOption(essential=True, value=value) for name, value in values.items()}
        jwt.JWTClaimsRegistry(now=self.now, leeway=LEEWAY, **essential, **exact).validate(claims)
        # the party that a token with several audiences was issued to:
        # https://openid.net/specs/openid-connect-core-1_0.html#IDToken
        if claims.get("azp", self.audience) != self.audience:
            raise InvalidClaimError("azp")


def claims_of(id_token: str, keys: Keys, expected: Expected) -> dict[str, Any]:
    """The claims of ``id_token``, after its signature, audience and times are verified.

    Raises IdentityRefused, UnknownKey.
    """
    try:
        claims = jwt.decode(id_token, keys, registry=_REGISTRY).claims
        expected.check(claims)
    except InvalidKeyIdError:
        raise UnknownKey("the id token is signed with an unpublished key") from None
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise IdentityRefused(f"the id token is refused: {type(error).__name__}") from None
    return claims


#: Unknown headers are ignored: https://www.rfc-editor.org/rfc/rfc7515#section-4
_REGISTRY = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
