"""The sequence of requests and answers on one connection."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Any

from sanic.exceptions import RequestCancelled, SanicException, ServerError
from sanic.headers import format_http1_response
from sanic.helpers import has_message_body
from sanic.http.constants import Stage

from oneapi.domain.errors import Overloaded
from oneapi.entrypoints.http.protocol.bodies import BoundedBodies

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Statuses of answers without a body: https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1
_BODILESS = frozenset({204, 304})
#: Paths for load balancers, served even while all other requests are refused.
_ALWAYS = frozenset({"/healthz", "/readyz"})
#: Removes characters that would end a header, or the whole head, prematurely.
_BREAKS = str.maketrans("", "", "\r\n\0")


class GatewayHttp(BoundedBodies):
    """Sanic's state machine of one connection."""

    __slots__ = ()
    # Sanic assigns more than it declares.
    response_func: Any
    response: Any

    async def http1(self) -> None:  # noqa: C901  # a function call per step would slow down every request
        """Serve one request after another, until the client or an error ends it."""
        protocol, capacity = self.protocol, self._capacity
        while self.keep_alive and self.stage is Stage.IDLE and not protocol.signal.stopped:
            self.init_for_request()  # type: ignore[no-untyped-call]  # Sanic's
            if not self.recv_buffer:
                await protocol.receive_more(protocol.idle_until())
            self.stage = Stage.REQUEST
            self.response_func = self.http1_response_header
            counted = 0
            try:
                await self.http1_request_header()
                request = self.request
                self.stage = Stage.HANDLER
                request.conn_info = protocol.conn_info
                if capacity.requests >= capacity.most_requests and request.path not in _ALWAYS:
                    raise Overloaded  # noqa: TRY301  # answered like any other error
                counted = 1
                capacity.requests += counted
                await self._handle(request)
                if self.stage is not Stage.IDLE:
                    await self._conclude()
            except RequestCancelled:
                return
            except Exception as error:  # noqa: BLE001  # whatever it is, the client gets an answer
                self.request_body = self.request_body or self.stage is Stage.REQUEST
                await capacity.refusals.through()
                await self.error_response(error)
            finally:
                capacity.requests -= counted
                if self._held:
                    self.room.give_back(protocol.caller_address(), self._held)
                    self._held = 0
            if self.request_body:
                await self._leave_rest()
            if self.request:
                self.request.stream = None
                if self.response:
                    self.response.stream = None

    async def _handle(self, request: Any) -> None:
        """Like Sanic's ``handle_request``, without middleware and signals for routes that read their own bodies."""
        app = self.protocol.app
        try:
            route, handler, arguments = app.router.get(
                request.path, request.method, request.headers.get("host")
            )
        except SanicException:
            handler = None
        if not hasattr(handler, "is_stream"):
            await self.protocol.request_handler(request)
            return
        request.route, request._match_info = route, arguments  # noqa: SLF001  # as Sanic does
        self.request_max_size = inf
        try:
            response = await handler(request, **arguments)
            if response is not None:
                await request.respond(response)
                await self.http1_response_header(b"", end_stream=True)
        except Exception as error:  # noqa: BLE001  # whatever it is, the client gets an answer
            await app.handle_exception(request, error)

    async def _conclude(self) -> None:
        """End the answer if its handler has not."""
        if self.stage is Stage.HANDLER:
            raise ServerError("the handler gave no response")
        if self.stage is Stage.RESPONSE:
            await self.response.send(end_stream=True)

    async def http1_response_header(self, data: bytes, end_stream: bool) -> None:  # noqa: FBT001  # as Sanic calls it
        """Send the head of ``self.response``, with ``data`` or the whole body."""
        response = self.response
        connection = self._afterwards()
        if (
            self.head_only
            or not has_message_body(response.status)  # type: ignore[no-untyped-call]  # Sanic's
            or "content-length" in response.headers
        ):
            await super().http1_response_header(data, end_stream)
            return
        if not data and response.body:
            data, end_stream = response.body, True
        if end_stream:
            self.response_func = None
            framing = b"content-length: %d" % len(data)
        else:
            self.response_func = self.http1_response_chunked
            framing = b"transfer-encoding: chunked"
            data = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        if response.content_type is not None:
            response.headers.setdefault("content-type", response.content_type)
        start = _start(response.status, response.headers)
        await self._send(b"%b%b\r\nconnection: %b\r\n\r\n%b" % (start, framing, connection, data))
        self.stage = Stage.IDLE if end_stream else Stage.RESPONSE

    async def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send a whole answer; ``headers`` are all headers except those for framing."""
        connection, start = self._afterwards(), _start(status, headers)
        self.response_func = None
        if status in _BODILESS or self.head_only:
            await self._send(b"%bconnection: %b\r\n\r\n" % (start, connection))
        else:
            await self._send(
                b"%bcontent-length: %d\r\nconnection: %b\r\n\r\n%b" % (start, len(body), connection, body)
            )
        self.stage = Stage.IDLE

    def _afterwards(self) -> bytes:
        """The headers that say what happens to the connection after the answer."""
        if self.request_body and not self._rest_is_here():
            self.keep_alive = False  # do not wait for the rest of the body
            self.expecting_continue = False  # and do not ask for it
        elif self.protocol.signal.stopped:
            self.keep_alive = False
        return b"keep-alive" if self.keep_alive else b"close"


def _start(status: int, headers: Mapping[str, str]) -> bytes:
    """Status line and headers; as in Sanic, line breaks in names and values are removed."""
    start, breaks = _status_line(status), len(headers) - 1
    try:
        lines = "\r\n".join(map(": ".join, headers.items()))
        plain = lines.isascii() and "\0" not in lines and lines.count("\n") == lines.count("\r") == breaks
    except TypeError:  # cookies become texts only on request
        plain = False
    if not plain:
        lines = "\r\n".join([f"{name}: {value}".translate(_BREAKS) for name, value in headers.items()])
    return b"%b%b\r\n" % (start, lines.encode(errors="surrogateescape"))


@lru_cache(maxsize=128)
def _status_line(status: int) -> bytes:
    return format_http1_response(status, ())[:-2]
