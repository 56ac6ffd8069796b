"""What every handler may ask of a request: its id, its language, its address."""

from __future__ import annotations

import random
import re
import time
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from sanic import Request
from sanic.exceptions import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A head as RFC 9112 has it. Sanic takes names with blanks, bare line ends and lengths in the digits of any script,
#: which a proxy in front of us may read as another request.
_HEAD = re.compile(
    rb"[^\r\n]+(?:\r\n(?!(?i:content-length):(?![ \t]*[0-9]+[ \t]*(?:\r|\Z)))[!-9;-~]+:[^\r\n\0]*)*"
)

Network = IPv4Network | IPv6Network


@lru_cache(maxsize=2)
def _stamp(seconds: int) -> str:
    return time.strftime("%Y%m%d%H%M%S", time.localtime(seconds))


class GatewayRequest(Request):
    """A Sanic request whose ``id`` is ours: whatever the client sends under that name is ignored."""

    __slots__ = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if _is_odd(self.head) and not _HEAD.fullmatch(self.head):
            raise BadRequest("the head of the request is malformed")

    @classmethod
    def generate_id(cls, *_: Any) -> str:
        """``YYYYMMDDhhmmss`` in local time, the nanoseconds, and eight random digits, as the original writes them."""
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        return f"{_stamp(seconds)}{nanoseconds}{int(random.random() * 1e8):08d}"  # noqa: S311  # no secret

    @property
    def id(self) -> str:
        if self._id is None:
            self._id = self.generate_id()
        return str(self._id)


def _is_odd(head: bytes) -> bool:
    """Whether it is worth a closer look; few are."""
    return (
        b" :" in head
        or b"\t:" in head
        or not head.isascii()
        or head.count(b"\n") != head.count(b"\r\n")
        or head.count(b"\r") != head.count(b"\r\n")
    )


def language(request: Request, default: str) -> str:
    """``zh`` or ``en``: what the client prefers, else ``default``."""
    wanted = request.headers.get("accept-language")
    if not wanted:
        return default
    return "zh" if wanted.lower().startswith("zh") else "en"


class ClientAddress:
    """Finds out who is calling: forwarding headers count only when they come from ``trusted`` networks."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def __call__(self, request: Request) -> str:
        peer: str = request.conn_info.client_ip if request.conn_info else ""
        forwarded: str | None = request.headers.get("x-forwarded-for") or request.headers.get("x-real-ip")
        if not forwarded or not self._believes(peer):
            return peer
        hops = [hop.strip() for hop in forwarded.split(",")]
        for hop in reversed(hops):
            if not self._believes(hop):
                return hop if _is_address(hop) else peer
        return hops[0]

    def _believes(self, address: str) -> bool:
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
