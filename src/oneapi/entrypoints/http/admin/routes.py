"""How the routes of the admin API are declared: what each takes, what it gives, and who may call it.

The declaration does the work - limits, sign-in, role, reading of body and query, refusals in the caller's language -
and is what /api/openapi.json is written from, so that the two cannot differ.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from sanic import Blueprint, HTTPResponse, Request

from oneapi.application.audit import Actor
from oneapi.application.people.sessions import Origin
from oneapi.domain.errors import (
    GatewayError,
    Refusal,
    TooManyRequests,
    UserBanned,
)
from oneapi.domain.limits import counted_as
from oneapi.domain.people.users import Role, User, UserStatus
from oneapi.entrypoints.errors.answers import admin_status, text_of
from oneapi.entrypoints.http.admin.bodies import query_text, read_body, read_query
from oneapi.entrypoints.http.admin.bounds import check_bounds
from oneapi.entrypoints.http.admin.envelope import refused
from oneapi.entrypoints.http.admin.guard import COOKIE, refuse_other_sites
from oneapi.entrypoints.http.bodies import KILOBYTE, check_length
from oneapi.entrypoints.http.compression import compressed
from oneapi.entrypoints.http.request import credential, language

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    import msgspec

    from oneapi.application.ports import RateLimits
    from oneapi.domain.limits import Rate
    from oneapi.domain.people.users import Account
    from oneapi.entrypoints.http.admin.guard import Guard
    from oneapi.entrypoints.http.request import GatewayRequest

    #: None: it has answered by itself.
    Handler = Callable[..., Awaitable[HTTPResponse | None]]

#: Who calls a route that asks for no role.
GUEST = User(id=0, username="", role=Role.GUEST, status=UserStatus.ENABLED, group="", quota=0)
#: Where the original's pages put what Turnstile gave them, and its length at most:
#: https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
TURNSTILE = "turnstile"
LONGEST_TURNSTILE = 2048
#: Bytes of a body, unless the route's declaration says more: of guests, and of those who are signed in.
GUEST_BODY, BODY = 16 * KILOBYTE, 256 * KILOBYTE
_PARAMETER = re.compile(r"<(\w+)(:\w+)?>")


@frozen
class Operation:
    """One route as its callers know it.

    ``path`` is in Sanic's spelling; ``body`` and ``query`` are msgspec structs; ``data`` the type of the answer's
    ``data``, None: it has none; ``answer`` the type of a whole answer that is not in the envelope.
    """

    tag: str
    method: str
    path: str
    summary: str
    role: Role = Role.GUEST
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    data: Any = None
    answer: Any = None
    #: A success has no body, and sends the browser on.
    redirects: bool = False
    #: Of an answer that is not JSON; its refusals still are.
    media: str = ""
    #: What a body that cannot be read is refused with; None: an explanation of what is wrong.
    unreadable: Callable[[], Refusal] | None = None
    #: Counts against guessing: sign-in, registration, codes, resets.
    critical: bool = False
    #: Asks for Turnstile, where the operator has it on.
    human: bool = False
    #: Changes something: kept from pages of other sites, and news for other nodes.
    changes: bool = False
    #: Asks for a token of the relay instead of an account, and hands its ``account`` to the handler.
    token: bool = False
    #: Bytes that a body may have; 0: the usual.
    largest: int = 0

    def __attrs_post_init__(self) -> None:
        for kind in (self.body, self.query):
            if kind is not None:
                check_bounds(kind)

    @property
    def body_limit(self) -> int:
        """Bytes that a body may have."""
        return self.largest or (GUEST_BODY if self.role == Role.GUEST else BODY)

    @property
    def template(self) -> str:
        """The path in OpenAPI's spelling."""
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Names of the path's parameters, each with its kind; they are numbers unless it is ``:str``."""
        return _PARAMETER.findall(self.path)


@frozen
class Call:
    """One call of a route that its caller may make; ``me`` is ``GUEST`` where the route asks for no role."""

    request: Request
    me: User
    address: str
    language: str

    @property
    def origin(self) -> Origin:
        """From where the call comes, for the list of sessions."""
        return Origin(self.address, self.request.headers.get("user-agent", ""))

    @property
    def request_id(self) -> str:
        return str(self.request.id)

    @property
    def actor(self) -> Actor:
        """The caller, for the audit log."""
        return Actor(self.me, self.address, self.request_id)


@frozen
class Gate:
    """What every call passes on its way in, and how its refusal looks on the way out."""

    guard: Guard
    limits: RateLimits
    #: All calls of an address, and those that guess.
    rate: Rate
    critical_rate: Rate
    address: Callable[[Request], str]
    #: Tells other nodes that something changed.
    announce: Callable[[], Awaitable[None]]
    default_language: str
    #: Takes Turnstile's token and the caller's address, and raises Refusal unless a person calls.
    check_human: Callable[[str, str], Awaitable[None]]
    #: Takes ``Authorization`` and the caller's address, and raises CallerError unless a token is shown.
    holder: Callable[[str, str], Awaitable[Account]]

    async def __call__(
        self, operation: Operation, handle: Handler, request: GatewayRequest, arguments: dict[str, Any]
    ) -> HTTPResponse | None:
        answered = await self._answer(operation, handle, request, arguments)
        if isinstance(answered, HTTPResponse):  # else the handler has sent its answer piece by piece
            answered.headers.setdefault("Cache-Control", "no-store")
            answered.headers["X-Content-Type-Options"] = "nosniff"
            compressed(request, answered)
        return answered

    async def _answer(
        self, operation: Operation, handle: Handler, request: GatewayRequest, arguments: dict[str, Any]
    ) -> HTTPResponse | None:
        wanted = language(request, self.default_language)
        try:
            answered = await self._let_in(operation, handle, request, wanted, arguments)
        except GatewayError as error:
            answered = refused(text_of(error, wanted), admin_status(error), retry_after=error.retry_after)
            if isinstance(error, UserBanned) and COOKIE in request.cookies:
                answered.delete_cookie(COOKIE)
            return answered
        if operation.changes:
            await self.announce()
        return answered

    async def _let_in(
        self,
        operation: Operation,
        handle: Handler,
        request: GatewayRequest,
        wanted: str,
        arguments: dict[str, Any],
    ) -> HTTPResponse | None:
        check_length(request, operation.body_limit)
        address = self.address(request)
        await self._admit(self.rate, address)
        if operation.critical:
            await self._admit(self.critical_rate, address)
        if operation.role == Role.GUEST and operation.method != "GET":
            # Signing in or registering for somebody else's browser ties it to an account of the attacker's.
            refuse_other_sites(request)
        if operation.human:
            await self.check_human(query_text(request, TURNSTILE, LONGEST_TURNSTILE), address)
        me = GUEST
        if operation.role > Role.GUEST:
            me = await self.guard.user(request, operation.role, changes=operation.changes)
            request.authenticated()
        if operation.token:
            arguments["account"] = await self.holder(credential(request), address)
            request.authenticated()
        if operation.body is not None:
            await request.load_body(operation.body_limit, guest=me is GUEST)
        if operation.query is not None:
            arguments["query"] = read_query(request, operation.query)
        if operation.body is not None:
            arguments["body"] = read_body(request.body, operation.body, operation.unreadable)
        return await handle(Call(request, me, address, wanted), **arguments)

    async def _admit(self, rate: Rate, address: str) -> None:
        wait = await self.limits.admit(rate, counted_as(address))
        if wait is not None:
            raise TooManyRequests(retry_after=wait)


@frozen
class AdminRoutes:
    """The routes of one resource.

    A handler takes a Call, and by name ``body``, ``query``, ``account`` and the path's parameters.
    """

    tag: str
    prefix: str
    gate: Gate
    blueprint: Blueprint = field(init=False)
    operations: list[Operation] = field(factory=list, init=False)

    @blueprint.default
    def _blueprint(self) -> Blueprint:
        return Blueprint(self.tag.replace(" ", "_").lower(), url_prefix=self.prefix)

    def get(self, path: str, summary: str, **declared: Any) -> Callable[[Handler], Handler]:
        """As ``post``; ``changes``: although it is a GET, as some of the original's are."""
        return self._route("GET", path, summary, {"changes": False} | declared)

    def post(self, path: str, summary: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Declare a route below the prefix; ``declared`` are fields of ``Operation``."""
        return self._route("POST", path, summary, {"changes": True} | declared)

    def put(self, path: str, summary: str, **declared: Any) -> Callable[[Handler], Handler]:
        """As ``post``."""
        return self._route("PUT", path, summary, {"changes": True} | declared)

    def delete(self, path: str, summary: str, **declared: Any) -> Callable[[Handler], Handler]:
        """As ``post``."""
        return self._route("DELETE", path, summary, {"changes": True} | declared)

    def _route(
        self, method: str, path: str, summary: str, declared: dict[str, Any]
    ) -> Callable[[Handler], Handler]:
        operation = Operation(self.tag, method, self.prefix + path, summary, **declared)

        def register(handle: Handler) -> Handler:
            async def handler(request: GatewayRequest, **arguments: Any) -> HTTPResponse | None:
                return await self.gate(operation, handle, request, arguments)

            probed = method == "GET" and not operation.changes
            methods = ["GET", "HEAD"] if probed else [method]
            self.blueprint.add_route(handler, path, methods=methods, name=handle.__name__)
            self.operations.append(operation)
            return handle

        return register


def operations_of(routes: Iterable[AdminRoutes]) -> list[Operation]:
    """Every operation of ``routes``, in the order of their declaration."""
    return [operation for each in routes for operation in each.operations]
