"""Every error of the gateway, as one tree of classes with typed attributes.

::

    GatewayError
    ├── CallerError             the request itself is at fault
    │   ├── TokenRefused            missing, unknown, exhausted, expired, disabled, signed out
    │   ├── AccessDenied            network, banned user, model, channel, foreign page
    │   └── Refusal                 what the admin API refuses: see the modules beside this one
    ├── QuotaError              the account cannot pay
    ├── UpstreamError           the provider is at fault
    └── OperatorError           this gateway is at fault, or set up so that it cannot serve

What clients see of an error, its HTTP status and its texts in each language, is in ``oneapi.entrypoints.errors``.
``docs/reference/errors.md`` lists everything.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from attrs import field, frozen


class GatewayError(Exception):
    """The base class of all errors.

    Attributes:
        retry: Whether another channel may be tried.
        may_repeat: False if the same request fails until a person changes something: clients are told not to retry.
        retry_after: Seconds after which the request may succeed; None: unknown.
    """

    retry: bool = False
    may_repeat: bool = True
    retry_after: float | None = None

    def __str__(self) -> str:
        """The text for the operator's log; never contains a secret."""
        return repr(self)


# --- the caller's fault ------------------------------------------------------------------------


class CallerError(GatewayError):
    """The request itself is at fault; unchanged, it would fail again."""

    may_repeat = False


@frozen
class MalformedRequest(CallerError):
    """The request cannot be read; ``detail`` says what is wrong and where."""

    detail: str


@frozen
class InvalidParameter(CallerError):
    """The parameter ``name`` has a value that cannot be served; ``detail`` says why."""

    name: str
    detail: str
    code: str = "invalid_value"


@frozen
class UnstorableValue(CallerError):
    """The database cannot store a value, now or later. ``cause`` is for the operator."""

    cause: str = field(default="", repr=False)


@frozen
class BodyTooLarge(CallerError):
    """The body exceeds ``limit``, a size as people write it."""

    limit: str


@frozen
class TooManyValues(CallerError):
    """The body has so many values that parsing it would delay all other requests."""

    most: int


class TooManyEscapes(TooManyValues):
    """The body has so many escape sequences that parsing it would delay all other requests."""


@frozen
class HeadTooLarge(CallerError):
    """The request line and headers exceed ``limit``."""

    limit: str


class RequestTooSlow(CallerError):
    """The request did not arrive in time."""

    may_repeat = True
    retry_after = 1.0


class UpgradeRequired(CallerError):
    """The client asked for a WebSocket."""


@frozen
class UnsupportedFeature(CallerError):
    """The chosen upstream cannot express ``feature``, and dropping it would change the meaning."""

    feature: str


class UnsupportedEndpoint(UnsupportedFeature):
    """The chosen upstream does not offer this kind of work."""


class UnimplementedEndpoint(UnsupportedEndpoint):
    """The same for a route that the original does not have, and answers as one that nobody serves."""


@frozen
class UnknownModel(CallerError):
    """No model of this name is available to the caller."""

    model: str


@frozen
class UnknownResponse(CallerError):
    """No response with this id is stored for the caller: it never existed, has expired, or is another user's."""

    id: str


@frozen
class UnknownRoute(CallerError):
    """No route matches this method and path."""

    method: str
    path: str


@frozen
class WrongAddress(UnknownRoute):
    """The path is a relay route under the wrong base URL; ``right`` is the path to call."""

    right: str


class WrongMessagesAddress(WrongAddress):
    """The same for clients of Anthropic's API, which has a different base URL."""


@frozen
class TooManyRequests(CallerError):
    """An address or an account exceeded its rate limit; the next request is admitted after ``retry_after`` seconds."""

    may_repeat = True
    retry_after: float


class NotImplementedHere(CallerError):
    """A route of OpenAI's API that this gateway does not implement."""


class TokenRefused(CallerError):
    """The client's token or session does not authenticate it."""


class TokenMissing(TokenRefused):
    """The request carries no token."""


class TokenUnknown(TokenRefused):
    """The token does not exist."""


@frozen
class TokenExhausted(TokenRefused):
    """The token was marked as exhausted."""

    name: str
    id: int


class TokenSpent(TokenRefused):
    """The token's quota is used up."""


class TokenExpired(TokenRefused):
    """The token has expired."""


class TokenDisabled(TokenRefused):
    """The token is disabled."""


class SignedOut(TokenRefused):
    """The caller is not signed in to the console."""


class AccessDenied(CallerError):
    """The caller is authenticated but may not do this."""


@frozen
class NetworkDenied(AccessDenied):
    """The token may not be used from ``ip``."""

    subnets: str
    ip: str


class UserBanned(AccessDenied):
    """The user is disabled."""


@frozen
class ModelDenied(AccessDenied):
    """The token does not allow this model."""

    model: str


class PinningDenied(AccessDenied):
    """Only administrators may choose the channel."""


class ProxyDenied(AccessDenied):
    """The channel is not a proxy, or not available to the caller's group."""


class ForeignOrigin(AccessDenied):
    """A page of another site made the browser call."""


class Refusal(CallerError):
    """The base class of refusals by the admin API."""


# --- the account cannot pay --------------------------------------------------------------------


class QuotaError(GatewayError):
    """The account cannot pay."""

    may_repeat = False


class UserQuotaExhausted(QuotaError):
    """The user's quota does not cover the request."""


class TokenQuotaExhausted(QuotaError):
    """The token's quota does not cover the request."""


# --- the provider's fault ----------------------------------------------------------------------


class UpstreamError(GatewayError):
    """The provider is at fault. ``cause`` is for the operator; callers never see it."""

    retry = True

    def __init__(self, cause: str = "") -> None:
        super().__init__(cause)
        self.cause = cause

    def __str__(self) -> str:
        return self.cause


class Fault(StrEnum):
    """Who is at fault for a provider's refusal; it decides the consequences.

    Attributes:
        REQUEST: The request. No other channel is tried, and nothing is held against the channel.
        SETUP: The channel cannot serve this model, or not from its location. The next channel is tried.
        ACCOUNT: The channel's key or account cannot be used. The next channel is tried, and this one may be disabled.
        SERVICE: Load or an outage. The next channel is tried, and repeated faults rest the channel.
    """

    REQUEST = "request"
    SETUP = "setup"
    ACCOUNT = "account"
    SERVICE = "service"


class Told(NamedTuple):
    """A provider's own description of its error, in the fields of OpenAI's error object."""

    type: str
    param: str | None
    code: Any


#: What a refusal's HTTP status means: too many requests, ...
BUSY = 429
#: ... a problem with credentials or payment, which are this gateway's, although a client would take them for its own,
#: ...
ABOUT_CREDENTIALS = frozenset({401, 402, 403, 407})
ABOUT_IDENTITY = frozenset({401, 402, 407})
#: ... or a bad request, even if the message blames the channel.
ABOUT_REQUESTS = frozenset({400, 413, 422})


class UpstreamRefusal(UpstreamError):
    """The provider answered with an error of its own.

    Attributes:
        cause: The provider's text with every secret masked.
        said: The provider's HTTP status.
        told: The provider's own description of the error.
        fault: Who is at fault, by the provider's error table.
        concealed: Whether the client gets our message instead of the provider's, because the channel's key, account or
            permissions were refused and clients must not take that for a refusal of their own token or quota. If the
            fault was only inferred ``from_phrase``, by the message or the status, the provider's message is kept,
            unless the status is about credentials.
    """

    def __init__(
        self,
        said: int,
        message: str,
        *,
        type: str = "upstream_error",  # noqa: A002  # OpenAI's field name
        param: str | None = "",
        code: Any = None,
        fault: Fault = Fault.SERVICE,
        from_phrase: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.said = said
        self.fault = fault
        self.told = Told(type, param, code)
        self.retry = self.may_repeat = fault is not Fault.REQUEST
        by_structure = fault is Fault.ACCOUNT and not from_phrase
        self.concealed = by_structure or (said in ABOUT_CREDENTIALS and self.retry)
        self.retry_after = None if self.concealed else retry_after

    @property
    def busy(self) -> bool:
        """Whether the provider received too many requests."""
        return self.said == BUSY

    @property
    def blames_channel(self) -> bool:
        """Whether the error is about this channel, so that clients must not take it for one about their request."""
        return self.concealed or (self.fault is Fault.SETUP and self.said in ABOUT_REQUESTS)

    @property
    def corrects_request(self) -> bool:
        """Whether the provider says what is wrong with the request, rather than that the URL does not exist."""
        return self.fault is Fault.REQUEST and self.said in ABOUT_REQUESTS | ABOUT_IDENTITY


class UpstreamUnreachable(UpstreamError):
    """The connection failed before an answer: refused, reset, or the name did not resolve."""


class UpstreamTimeout(UpstreamError):
    """The timeout for connecting, for the first byte, or for inactivity expired."""


class UpstreamGarbage(UpstreamError):
    """The answer is not in the expected format."""


class UpstreamBroken(UpstreamError):
    """The answer broke off."""


# --- this gateway's fault ----------------------------------------------------------------------


class OperatorError(GatewayError):
    """This gateway is at fault, or its configuration does not let it serve the request."""


@frozen(kw_only=True)
class NoChannel(OperatorError):
    """No channel can serve the request. ``known``: whether any channel, enabled or not, offers ``model``."""

    group: str
    model: str
    may_repeat: bool = field(alias="known")


class PinnedChannelUnknown(OperatorError):
    """The client asked for a channel that does not exist."""

    may_repeat = False


class PinnedChannelDisabled(OperatorError):
    """The client asked for a channel that is disabled."""

    may_repeat = False


@frozen
class ChannelMisconfigured(OperatorError):
    """A channel cannot be used as configured; ``detail`` says why, without secrets. Another channel may serve."""

    retry = True
    id: int
    detail: str


class EncryptedElsewhere(OperatorError):
    """Only another account with the provider can read the request; another channel may be of that account."""

    retry = True


@frozen
class StorageUnavailable(OperatorError):
    """The database cannot be reached or does not accept writes. ``cause`` is for the operator."""

    retry_after = 5.0
    cause: str = field(default="", repr=False)


class Overloaded(OperatorError):
    """The process already handles as many requests as it can."""

    retry_after = 1.0


class ShuttingDown(OperatorError):
    """The process is shutting down and ends the answer."""

    retry_after = 1.0


class InternalError(OperatorError):
    """An unexpected error."""


@frozen
class UnpricedModel(OperatorError):
    """The model has no price, and ``UnpricedModelPolicy`` does not allow serving such models."""

    may_repeat = False
    model: str
