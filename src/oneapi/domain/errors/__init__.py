"""Every way in which the gateway refuses or fails, as one tree; its data are typed attributes.

::

    GatewayError
    ├── CallerError             the request itself is at fault
    │   ├── TokenRefused            missing, unknown, exhausted, expired, disabled, signed out
    │   ├── AccessDenied            network, banned user, model, channel, foreign page
    │   └── Refusal                 what the admin API refuses: see the modules beside this one
    ├── QuotaError              the account cannot pay
    ├── UpstreamError           the provider is at fault
    └── OperatorError           this gateway is at fault, or set up so that it cannot serve

What clients read of an error, its HTTP status and its texts in each language, is in ``oneapi.entrypoints.errors``;
``docs/reference/errors.md`` lists both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from attrs import field, frozen


class GatewayError(Exception):
    """Base of all.

    Attributes:
        retry: Whether another channel may be tried.
        may_repeat: False where the same request fails again until a person changes something: clients are told not to
            retry it by themselves.
        retry_after: Seconds after which it may succeed, if that is known.
    """

    retry: bool = False
    may_repeat: bool = True
    retry_after: float | None = None

    def __str__(self) -> str:
        """For the operator's log; never a secret."""
        return repr(self)


# --- the caller's fault ------------------------------------------------------------------------


class CallerError(GatewayError):
    """The request itself is at fault, and fails again as it is."""

    may_repeat = False


@frozen
class MalformedRequest(CallerError):
    """``detail`` says what could not be read and where."""

    detail: str


@frozen
class InvalidParameter(CallerError):
    """The parameter ``name`` holds a value that cannot be served; ``detail`` says why."""

    name: str
    detail: str
    code: str = "invalid_value"


@frozen
class UnstorableValue(CallerError):
    """The database refuses a value for good. ``cause`` is for the operator."""

    cause: str = field(default="", repr=False)


@frozen
class BodyTooLarge(CallerError):
    """``limit`` is a size as people write it."""

    limit: str


@frozen
class TooManyValues(CallerError):
    """Building the objects of a body, small as it may be, would stop everybody else."""

    most: int


class TooManyEscapes(TooManyValues):
    """Reading the strings of a body would stop everybody else."""


@frozen
class HeadTooLarge(CallerError):
    """``limit`` says which bound the request line and headers exceed."""

    limit: str


class RequestTooSlow(CallerError):
    """The request did not arrive within its time."""

    may_repeat = True
    retry_after = 1.0


class UpgradeRequired(CallerError):
    """The client asked for a WebSocket."""


@frozen
class UnsupportedFeature(CallerError):
    """The chosen upstream cannot express ``feature``, and to drop it would change the meaning."""

    feature: str


class UnsupportedEndpoint(UnsupportedFeature):
    """The chosen upstream does not do this kind of work."""


class UnimplementedEndpoint(UnsupportedEndpoint):
    """The same for a route that the original does not have, and answers as one that nobody serves."""


@frozen
class UnknownModel(CallerError):
    """No model of this name is listed for the caller."""

    model: str


@frozen
class UnknownResponse(CallerError):
    """No response of this id is kept for the caller: it never was, has expired, or is another user's."""

    id: str


@frozen
class UnknownRoute(CallerError):
    """No route takes this method and path."""

    method: str
    path: str


@frozen
class WrongAddress(UnknownRoute):
    """The path would be a route of the relay below another base URL: ``right`` is the path to call."""

    right: str


class WrongMessagesAddress(WrongAddress):
    """The same for clients of Anthropic's API, whose base URL is another."""


@frozen
class TooManyRequests(CallerError):
    """An address or an account asked too often; one more is admitted after ``retry_after`` seconds."""

    may_repeat = True
    retry_after: float


class NotImplementedHere(CallerError):
    """A route of OpenAI's that this gateway does not have."""


class TokenRefused(CallerError):
    """The client's token, or its session, does not let it in."""


class TokenMissing(TokenRefused):
    """The request shows no token."""


class TokenUnknown(TokenRefused):
    """Nobody has this token."""


@frozen
class TokenExhausted(TokenRefused):
    """The token was marked as used up."""

    name: str
    id: int


class TokenSpent(TokenRefused):
    """Nothing is left of the token's quota."""


class TokenExpired(TokenRefused):
    """The token's time is over."""


class TokenDisabled(TokenRefused):
    """The token was switched off."""


class SignedOut(TokenRefused):
    """Nobody is signed in to the console."""


class AccessDenied(CallerError):
    """The caller is known, and may not do this."""


@frozen
class NetworkDenied(AccessDenied):
    """The token is for other networks than that of ``ip``."""

    subnets: str
    ip: str


class UserBanned(AccessDenied):
    """The user was disabled."""


@frozen
class ModelDenied(AccessDenied):
    """The token is for other models."""

    model: str


class PinningDenied(AccessDenied):
    """Only administrators choose the channel."""


class ProxyDenied(AccessDenied):
    """The channel is no proxy, or not for the caller's group."""


class ForeignOrigin(AccessDenied):
    """A page of another site makes the browser call."""


class Refusal(CallerError):
    """The admin API refuses a call."""


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
    """``cause`` is for the operator; callers do not read it."""

    retry = True

    def __init__(self, cause: str = "") -> None:
        super().__init__(cause)
        self.cause = cause

    def __str__(self) -> str:
        return self.cause


class Fault(StrEnum):
    """Whose fault a provider's refusal is, which decides what follows from it.

    Attributes:
        REQUEST: The request's own. No other channel is tried, and the channel keeps its good name.
        SETUP: The channel cannot serve this model, or not from where it is. The next channel is tried.
        ACCOUNT: Its key or its account cannot be used. The next channel is tried, and this one may be switched off.
        SERVICE: Load or an outage. The next channel is tried, and repeated faults rest the channel.
    """

    REQUEST = "request"
    SETUP = "setup"
    ACCOUNT = "account"
    SERVICE = "service"


class Told(NamedTuple):
    """How a provider named its error, in the fields of OpenAI's error object."""

    type: str
    param: str | None
    code: Any


#: What providers mean by the status of a refusal: that there are too many requests, ...
BUSY = 429
#: ... something about who asks and who pays, which is this gateway, though a client would read itself, ...
ABOUT_CREDENTIALS = frozenset({401, 402, 403, 407})
ABOUT_IDENTITY = frozenset({401, 402, 407})
#: ... or that the request is wrong, also where the words blame the channel.
ABOUT_REQUESTS = frozenset({400, 413, 422})


class UpstreamRefusal(UpstreamError):
    """The provider answered with an error of its own.

    Attributes:
        cause: The provider's text with every secret masked.
        said: The provider's HTTP status.
        told: How the provider named the error.
        fault: What its error table says about it.
        concealed: Whether the client reads our words instead of the provider's, as this channel's key, account or
            permissions were refused, and nobody shall take that for a refusal of their own token or quota. Where the
            fault was read ``from_phrase``, in the message or the status alone, the provider's words stay, unless the
            status is one about credentials.
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
        """Whether the provider asks for fewer requests."""
        return self.said == BUSY

    @property
    def blames_channel(self) -> bool:
        """Whether it is about this channel, so that clients shall not read it as one of their request."""
        return self.concealed or (self.fault is Fault.SETUP and self.said in ABOUT_REQUESTS)

    @property
    def corrects_request(self) -> bool:
        """Whether the provider says what is wrong with the request, and not that it knows no such address."""
        return self.fault is Fault.REQUEST and self.said in ABOUT_REQUESTS | ABOUT_IDENTITY


class UpstreamUnreachable(UpstreamError):
    """Refused, reset or unresolvable before an answer."""


class UpstreamTimeout(UpstreamError):
    """The limit for connecting, for the first byte, or for silence was exceeded."""


class UpstreamGarbage(UpstreamError):
    """The answer is not what the dialect speaks."""


class UpstreamBroken(UpstreamError):
    """The answer stopped in its middle."""


# --- this gateway's fault ----------------------------------------------------------------------


class OperatorError(GatewayError):
    """This gateway is at fault, or set up so that it cannot serve."""


@frozen(kw_only=True)
class NoChannel(OperatorError):
    """``known``: whether any channel of any group, enabled or not, offers ``model``; else it may be a typo."""

    group: str
    model: str
    may_repeat: bool = field(alias="known")


class PinnedChannelUnknown(OperatorError):
    """The client asked for a channel that does not exist."""

    may_repeat = False


class PinnedChannelDisabled(OperatorError):
    """The client asked for a channel that is switched off."""

    may_repeat = False


@frozen
class ChannelMisconfigured(OperatorError):
    """``detail`` says what the channel lacks, without its secrets; another channel may serve."""

    retry = True
    id: int
    detail: str


class EncryptedElsewhere(OperatorError):
    """Only another account with the provider can read the request; another channel may be of that account."""

    retry = True


@frozen
class StorageUnavailable(OperatorError):
    """The store cannot be reached, or takes no writes. ``cause`` is for the operator."""

    retry_after = 5.0
    cause: str = field(default="", repr=False)


class Overloaded(OperatorError):
    """More requests than this process takes are under way."""

    retry_after = 1.0


class ShuttingDown(OperatorError):
    """This process ends, and the answer with it."""

    retry_after = 1.0


class InternalError(OperatorError):
    """Nobody expected this."""


@frozen
class UnpricedModel(OperatorError):
    """Nobody set a price, and ``UnpricedModelPolicy`` says that such models are not served."""

    may_repeat = False
    model: str
