"""The capacity of one process: connections, guests, requests, and bytes of bodies that are still arriving.

A *guest* is a connection on which nobody has been authenticated yet. See ``docs/explain/limits.md``.
"""

from __future__ import annotations

import asyncio
import resource
from collections import deque
from typing import TYPE_CHECKING, Protocol

from oneapi.domain.errors import Overloaded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MEGABYTE = 1024 * 1024

MOST_CONNECTIONS = 10_000
#: File descriptors per client connection, which may need one to a provider; the rest is for databases and files.
DESCRIPTORS_EACH = 2
SPARE_DESCRIPTORS = 100
#: The most connections of guests; they are cheap, but not authenticated.
MOST_GUESTS = 1024
GUESTS_OF_ADDRESS = 256
#: The most refusals (of malformed or rejected requests) per turn of the event loop: each takes up to a millisecond, and
#: a thousand may be due at once.
REFUSALS_EACH_TURN = 4
#: The most reads per turn of what refused clients still send, up to 256 kB each.
DISCARDS_EACH_TURN = 8
#: The most concurrent requests: one process cannot keep up with more streams at the speed of models.
MOST_REQUESTS = 2000


class Pacer:
    """Runs a few callbacks per turn of the event loop, in order, so that other work is not delayed."""

    def __init__(self, each_turn: int) -> None:
        self._each_turn = each_turn
        self._waiting: deque[Callable[[], object]] = deque()

    def enter(self, then: Callable[[], object]) -> None:
        """Schedule ``then``."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._turn)
        self._waiting.append(then)

    async def through(self) -> None:
        """Wait until a turn comes."""
        passed = asyncio.Event()
        self.enter(passed.set)
        await passed.wait()

    def _turn(self) -> None:
        for _ in range(min(self._each_turn, len(self._waiting))):
            self._waiting.popleft()()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._turn)


class Guest(Protocol):
    """A connection that can be asked to close."""

    #: The client's address; empty if many clients share it, as behind a proxy.
    address: str

    def give_way(self) -> bool:
        """Close unless a request is being answered; whether the connection closes."""


class Room:
    """Limits the bytes of incomplete bodies, in total and per address."""

    def __init__(self, most: int, of_address: int) -> None:
        self._most = most
        self._of_address = of_address
        self._taken: dict[str, int] = {}
        self._sum = 0

    def take(self, address: str, size: int) -> None:
        """Take ``size`` bytes. Raises Overloaded, with nothing taken, if there is no room."""
        taken = self._taken.get(address, 0) + size
        if taken > self._of_address or self._sum + size > self._most:
            raise Overloaded
        self._taken[address] = taken
        self._sum += size

    def give_back(self, address: str, size: int) -> None:
        left = self._taken.get(address, 0) - size
        if left > 0:
            self._taken[address] = left
        else:
            self._taken.pop(address, None)
        self._sum -= size


class Capacity:
    """The limits of one process and their use. Belongs to one event loop.

    Attributes:
        requests: The number of requests being answered.
        most_requests: The number from which on further requests are refused.
        refusals: Paces the refusals.
        discards: Paces the reading of what refused clients still send.
        watched: Whether a timer checks the deadlines of the connections.
        guest_bodies: Room for the bodies of callers that are not authenticated.
        bodies: Room for the bodies of authenticated callers.
    """

    def __init__(
        self,
        *,
        connections: int = MOST_CONNECTIONS,
        guests: int = MOST_GUESTS,
        guests_of_address: int = GUESTS_OF_ADDRESS,
        requests: int = MOST_REQUESTS,
    ) -> None:
        self.connections = connections
        self._most_guests = guests
        self._guests_of_address = guests_of_address
        self.most_requests = requests
        self.requests = 0
        self.refusals = Pacer(REFUSALS_EACH_TURN)
        self.discards = Pacer(DISCARDS_EACH_TURN)
        self.watched = False
        self.guest_bodies = Room(16 * MEGABYTE, MEGABYTE)
        self.bodies = Room(512 * MEGABYTE, 128 * MEGABYTE)
        #: In the order of arrival.
        self._guests: dict[Guest, None] = {}
        self._by_address: dict[str, dict[Guest, None]] = {}

    def arrive(self, guest: Guest, connected: int) -> bool:
        """Count ``guest``, for which an older guest may have to close. False if there is no room.

        ``connected``: the number of other connections.
        """
        of_address = self._by_address.get(guest.address, {}) if guest.address else {}
        if len(of_address) >= self._guests_of_address:
            fits = self._evict(of_address)
        elif len(self._guests) >= self._most_guests or connected >= self.connections:
            fits = self._evict(self._guests)
        else:
            fits = True
        if fits:
            self._guests[guest] = None
            if guest.address:
                self._by_address.setdefault(guest.address, {})[guest] = None
        return fits

    def leave(self, guest: Guest) -> None:
        """Stop counting ``guest``, which was authenticated or has closed. Idempotent."""
        self._guests.pop(guest, None)
        of_address = self._by_address.get(guest.address)
        if of_address is not None:
            of_address.pop(guest, None)
            if not of_address:
                del self._by_address[guest.address]

    def _evict(self, guests: Iterable[Guest]) -> bool:
        gone = next((guest for guest in guests if guest.give_way()), None)
        if gone is not None:
            self.leave(gone)
        return gone is not None


def raise_descriptor_limit() -> int:
    """Raise the limit of open files to its maximum; returns the number of client connections that it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS * DESCRIPTORS_EACH + SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, (soft - SPARE_DESCRIPTORS) // DESCRIPTORS_EACH))
