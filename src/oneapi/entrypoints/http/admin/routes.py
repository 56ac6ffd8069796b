"""Declarations of admin routes: what each takes and returns, and who may call it.

A declaration both serves the route - limits, authentication, role, reading of body and query, errors in the caller's
language - and generates its part of /api/openapi.json, so that the two cannot differ.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from sanic import HTTPResponse, Request

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
from oneapi.entrypoints.http.request import Blueprint, credential, language

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    import msgspec

    from oneapi.application.ports.operations import RateLimits
    from oneapi.domain.limits import Rate
    from oneapi.domain.people.users import Account
    from oneapi.entrypoints.http.admin.guard import Guard
    from oneapi.entrypoints.http.request import GatewayRequest

    #: None: the handler has sent its answer itself.
    Handler = Callable[..., Awaitable[HTTPResponse | None]]

#: The caller of a route that requires no role.
GUEST = User(id=0, username="", role=Role.GUEST, status=UserStatus.ENABLED, group="", quota=0)
#: The query parameter in which the original's pages send Turnstile's token, and the token's maximum length:
#: https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
TURNSTILE = "turnstile"
LONGEST_TURNSTILE = 2048
#: The most bytes of a body, for guests and for signed-in callers, unless a route's declaration allows more.
GUEST_BODY, BODY = 16 * KILOBYTE, 256 * KILOBYTE
_PARAMETER = re.compile(r"<(\w+)(:\w+)?>")


@frozen
class Operation:
    """One declared route.

    ``path`` is in Sanic's syntax; ``body`` and ``query`` are msgspec structs; ``data`` is the type of the answer's
    ``data``, None if it has none; ``answer`` is the type of a whole answer without the envelope.
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
    #: A success is a redirect without a body.
    redirects: bool = False
    #: The media type of a success that is not JSON; refusals are JSON in any case.
    media: str = ""
    #: The refusal of an unreadable body; None: one that explains what is wrong.
    unreadable: Callable[[], Refusal] | None = None
    #: Under the strict rate limit against guessing: sign-in, registration, codes, resets.
    critical: bool = False
    #: Requires Turnstile if the operator has enabled it.
    human: bool = False
    #: Changes something: refused to pages of other sites, and announced to other nodes.
    changes: bool = False
    #: Requires a relay token instead of a signed-in user, and passes its ``account`` to the handler.
    token: bool = False
    #: The most bytes of a body; 0: the default.
    largest: int = 0

    def __attrs_post_init__(self) -> None:
        for kind in (self.body, self.query):
            if kind is not None:
                check_bounds(kind)

    @property
    def body_limit(self) -> int:
        """The most bytes of a body."""
        return self.largest or (GUEST_BODY if self.role == Role.GUEST else BODY)

    @property
    def template(self) -> str:
        """The path in OpenAPI's syntax."""
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Names and kinds of the path's parameters, which are numbers unless declared as ``:str``."""
        return _PARAMETER.findall(self.path)


@frozen
class Call:
    """One authorised call of a route; ``me`` is ``GUEST`` if the route requires no role."""

    request: Request
    me: User
    address: str
    language: str

    @property
    def origin(self) -> Origin:
        """The origin of the call, for the list of sessions."""
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
    """The checks that every call passes, and the answers for refusals."""

    guard: Guard
    limits: RateLimits
    #: The rate limits for all calls of an address, and for critical calls.
    rate: Rate
    critical_rate: Rate
    address: Callable[[Request], str]
    #: Announces a change to other nodes.
    announce: Callable[[], Awaitable[None]]
    default_language: str
    #: Takes Turnstile's token and the caller's address; raises Refusal unless the check passes.
    check_human: Callable[[str, str], Awaitable[None]]
    #: Takes ``Authorization`` and the caller's address; raises CallerError unless it contains a valid token.
    holder: Callable[[str, str], Awaitable[Account]]

    async def __call__(
        self, operation: Operation, handle: Handler, request: GatewayRequest, arguments: dict[str, Any]
    ) -> HTTPResponse | None:
        answered = await self._answer(operation, handle, request, arguments)
        if isinstance(answered, HTTPResponse):  # otherwise the handler has sent its answer itself
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
            # Otherwise another site could sign the browser in to the attacker's account.
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

    A handler takes a Call and, as keyword arguments, ``body``, ``query``, ``account`` and the path's parameters.
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
        """Like ``post``; ``changes`` marks a GET that changes something, as some of the original's do."""
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
    """Every operation of ``routes``, in the order of declaration."""
    return [operation for each in routes for operation in each.operations]
