"""Authentication of requests to upstreams.

A signer gives headers from the channel's key: the same channel, request and model, the same headers. A request signer
changes the whole request just before it leaves, for signatures over its body or its time. Both are pure.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from attrs import evolve, frozen
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry, serialize_compact

from oneapi.data import traits_of
from oneapi.domain.errors import ChannelMisconfigured
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Headers, Outgoing
    from oneapi.adapters.providers.provider_tokens import ProviderTokenSource

#: Lifetime of a token that is signed here, in milliseconds.
JWT_LIFETIME = 24 * 3600 * 1000
#: Seconds for which one signed token is reused, far less than its lifetime.
SIGNED_EVERY = 60

Signer = Callable[[Channel, RelayRequest, str], "Headers"]
#: (request, channel, unix seconds, token of the ``ProviderTokenSource`` or an empty string) -> the signed request.
RequestSigner = Callable[["Outgoing", Channel, float, str], "Outgoing"]


def unsigned(_channel: Channel, _request: RelayRequest, _model: str) -> Headers:
    """No headers, for offers whose request signer does everything."""
    return ()


def bearer(channel: Channel, _request: RelayRequest, _model: str) -> Headers:
    """The key as a bearer token."""
    return bearer_headers(channel)


def bearer_headers(channel: Channel) -> Headers:
    return (("authorization", f"Bearer {key_of(channel)}"),)


def api_key(channel: Channel, _request: RelayRequest, _model: str) -> Headers:
    """The key in ``api-key``; no ``Authorization``."""
    return (("api-key", key_of(channel)),)


def verbatim(channel: Channel, _request: RelayRequest, _model: str) -> Headers:
    """The key as the whole ``Authorization`` header; operators include the scheme in the key."""
    return (("authorization", key_of(channel)),)


def dashscope(channel: Channel, request: RelayRequest, _model: str) -> Headers:
    """The key as a bearer token, and the options that this API takes in headers rather than in the body."""
    headers = [("authorization", f"Bearer {key_of(channel)}")]
    if request.stream:
        headers.append(("x-dashscope-sse", "enable"))
    plugin = channel.config.get("plugin")
    if isinstance(plugin, str) and plugin.strip():
        headers.append(("x-dashscope-plugin", plugin.strip()))
    return tuple(headers)


def own_jwt(outgoing: Outgoing, channel: Channel, now: float, _token: str) -> Outgoing:
    """A token signed here with the secret of the key ``id.secret``, and sent without a scheme.

    https://open.bigmodel.cn/dev/api/http-call/http-auth. A key of another form is sent as a bearer token, which the
    provider accepts as well.
    """
    identity, _, secret = key_of(channel).partition(".")
    if not secret or "." in secret:
        return evolve(outgoing, headers=(*outgoing.headers, *bearer_headers(channel)))
    token = signed_token(identity, secret, int(now) // SIGNED_EVERY * SIGNED_EVERY * 1000)
    return evolve(outgoing, headers=(*outgoing.headers, ("authorization", token)))


@lru_cache(maxsize=1024)  # channels times the minutes of requests under way
def signed_token(identity: str, secret: str, milliseconds: int) -> str:
    claims = {"api_key": identity, "exp": milliseconds + JWT_LIFETIME, "timestamp": milliseconds}
    key = OctKey(secret.encode(), secret.encode())
    return serialize_compact(_SIGNED_HEADER, msgspec.json.encode(claims), key, registry=_SIGNING)


_SIGNED_HEADER = {"alg": "HS256", "sign_type": "SIGN", "typ": "JWT"}
#: The header ``sign_type`` is the provider's own.
_SIGNING = JWSRegistry(algorithms=["HS256"], strict_check_header=False)


def deepl_key(channel: Channel, _request: RelayRequest, _model: str) -> Headers:
    """The key under DeepL's own scheme: https://developers.deepl.com/docs/getting-started/auth."""
    return (("authorization", f"DeepL-Auth-Key {key_of(channel)}"),)


#: Sent since the Messages API was in beta; upstream still accepts both, and deployments that record and replay
#: traffic match on them. https://docs.anthropic.com/en/api/beta-headers
_BETA_OF_TRANSLATED = "messages-2023-12-15"


_VERSION = "2023-06-01"
#: The first version in which ``temperature``, ``top_p`` and ``top_k`` are errors.
#: https://platform.claude.com/docs/en/api/versioning
_WITHOUT_SAMPLING = "2026-10-21"


def x_api_key(channel: Channel, request: RelayRequest, model: str) -> Headers:
    """The key in ``x-api-key``, with the version of the wire format.

    A client's own ``anthropic-version`` wins, but on a translated request only if that version accepts what
    translations use. The client's ``anthropic-beta`` is sent only if the client speaks Anthropic's format; a translated
    request carries the header for which translations are written.
    """
    is_own = request.dialect == "anthropic"
    version = request.headers.get("anthropic-version") or _VERSION
    if version >= _WITHOUT_SAMPLING and not is_own:
        version = _VERSION
    headers = [("x-api-key", key_of(channel)), ("anthropic-version", version)]
    if not is_own:
        headers.append(("anthropic-beta", traits_of(model).beta or _BETA_OF_TRANSLATED))
    elif request.headers.get("anthropic-beta"):
        headers.append(("anthropic-beta", request.headers["anthropic-beta"]))
    return tuple(headers)


def messages_bearer(channel: Channel, request: RelayRequest, _model: str) -> Headers:
    """The key as a bearer token and the client's own headers, for other providers of Anthropic's format."""
    given = request.headers
    headers = [*bearer_headers(channel), ("anthropic-version", given.get("anthropic-version") or _VERSION)]
    if given.get("anthropic-beta"):
        headers.append(("anthropic-beta", given["anthropic-beta"]))
    return tuple(headers)


def key_of(channel: Channel) -> str:
    """The key without surrounding whitespace. Raises ChannelMisconfigured if it is not valid in a header."""
    key = channel.key.strip().removeprefix("\ufeff")
    if not (key.isascii() and key.isprintable()):
        raise ChannelMisconfigured(
            id=channel.id, detail="its key contains characters that are not allowed in a header"
        )
    return key


@frozen
class Auth:
    """``token`` is the source of the short-lived tokens for ``sign``, if it needs any."""

    signer: Signer = unsigned
    sign: RequestSigner | None = None
    token: ProviderTokenSource | None = None


#: For offers without authentication of their own: the row's applies.
OF_THE_ROW = Auth()
BEARER = Auth(bearer)
X_API_KEY = Auth(x_api_key)
MESSAGES_BEARER = Auth(messages_bearer)
