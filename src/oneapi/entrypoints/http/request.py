"""Requests, with what every handler may need: id, language, client address; and the blueprint of every handler."""

from __future__ import annotations

import random
import re
import time
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

import sanic
from sanic import HTTPResponse, Request

from oneapi.entrypoints.http.bodies import read_limited
from oneapi.entrypoints.http.cors import EXPOSED, REQUEST_ID, is_foreign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sanic.response import BaseHTTPResponse

#: The prefix of an IPv4 address on an IPv6 socket.
MAPPED = "::ffff:"
_WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](:[0-9]+)?|(?P<four>[0-9.]+):[0-9]+")

Network = IPv4Network | IPv6Network


@lru_cache(maxsize=2)
def _stamp(seconds: int) -> str:
    return time.strftime("%Y%m%d%H%M%S", time.localtime(seconds))


class GatewayRequest(Request):
    """A Sanic request with our own ``id``; ids sent by the client are ignored."""

    __slots__ = ()

    @classmethod
    def generate_id(cls, *_: Any) -> str:
        """``YYYYMMDDhhmmss`` in local time, the nanoseconds, and eight random digits, in the original's format."""
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        return f"{_stamp(seconds)}{nanoseconds}{int(random.random() * 1e8):08d}"  # noqa: S311  # not secret

    @property
    def id(self) -> str:
        if self._id is None:
            self._id = self.generate_id()
        known: str = self._id  # type: ignore[assignment]  # Sanic allows other types
        return known

    async def receive_body(self) -> None:
        """Do nothing: handlers read the body once they know the caller and the route's limits."""

    async def load_body(self, limit: int, *, guest: bool) -> None:
        """Read the whole ``body``, at most ``limit`` bytes. Raises BodyTooLarge.

        ``guest``: the caller is not authenticated, so the space for such bodies is small.
        """
        stream: Any = self.stream
        if guest:
            stream.room = self.app.ctx.capacity.guest_bodies
        self.body = await read_limited(self, limit)

    def authenticated(self) -> None:
        """Mark the caller as authenticated, so that its connection no longer counts as a guest's."""
        stream: Any = self.stream
        if stream.protocol.guest:
            stream.protocol.authenticated()

    async def respond(
        self,
        response: BaseHTTPResponse | None = None,
        *,
        status: int = 200,
        headers: Any = None,
        content_type: str | None = None,
    ) -> Any:
        """Like Sanic's, with the headers of every answer; a middleware for them would be slower."""
        if response is None:
            response = HTTPResponse(None, status, headers, content_type)
        self._add_to(response.headers)
        middleware = (self.route and self.route.extra.response_middleware) or self.app.response_middleware
        if middleware or self.stream is None or self.stream.response:
            return await super().respond(response)
        self.responded = True
        return self.stream.respond(response)

    async def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send a whole answer with the headers of every answer, bypassing middleware."""
        stream: Any = self.stream
        self._add_to(headers)
        self.responded = True
        await stream.answer(status, headers, body)

    def _add_to(self, headers: Any) -> None:
        headers[REQUEST_ID] = self.id
        if "origin" in self.headers and is_foreign(self):
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Access-Control-Expose-Headers"] = EXPOSED


def credential(request: Request) -> str:
    """The credential of a relay client: ``Authorization``, or ``api-key`` from clients of Azure; else empty."""
    headers = request.headers
    return str(headers.get("authorization") or headers.get("api-key") or "")


def language(request: Request, default: str) -> str:
    """The language that the client prefers, ``zh`` or ``en``, else ``default``."""
    wanted = request.headers.get("accept-language")
    if not wanted:
        return default
    return "zh" if wanted.lower().startswith("zh") else "en"


class ClientAddress:
    """Finds the client's address; forwarding headers count only if they come from ``trusted`` networks."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def __call__(self, request: Request) -> str:
        peer: str = request.conn_info.client_ip if request.conn_info else ""
        peer = peer.removeprefix(MAPPED)
        headers = request.headers
        # A proxy may add its own line after the client's.
        lines = headers.getall("x-forwarded-for", ()) or headers.getall("x-real-ip", ())
        if not lines or not self.believes(peer):
            return peer
        address = peer
        for hop in reversed(",".join(lines).split(",")):
            found = _read_address(hop)
            if found is None:
                return peer
            address = found
            if not self.believes(address):
                break
        return address

    def believes(self, address: str) -> bool:
        """Whether ``address`` belongs to a trusted proxy."""
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._trusted)


def _read_address(hop: str) -> str | None:
    """The address written by a proxy, without the port that some add; None if it is not an address."""
    match = _WITH_PORT.fullmatch(hop.strip())
    text = match["six"] or match["four"] if match else hop.strip()
    try:
        ip = ip_address(text)
    except ValueError:
        return None
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ip)


class Blueprint(sanic.Blueprint):
    """A blueprint whose errors our error handler writes, in whatever form the client speaks.

    Sanic would parse the source of each handler to guess the format of an error page.
    """

    def _determine_error_format(self, _handler: Any) -> str:
        return ""
