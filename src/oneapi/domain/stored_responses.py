"""Responses that are stored, so that clients can retrieve and continue them."""

from __future__ import annotations

from attrs import field, frozen

#: The most bytes of a request that is stored with its response.
LARGEST_REQUEST = 4 * 1024 * 1024
#: The most bytes stored for one response with its request, and for all responses of one user.
LARGEST_CONTENT = 8 * 1024 * 1024
LARGEST_TOTAL = 512 * 1024 * 1024
#: Bytes of one user that a process writes before it checks the total again; that much room is kept free.
UNCHECKED = LARGEST_TOTAL // 64
#: The most turns of a conversation that can be continued, and the most bytes of all of them together.
MOST_TURNS = 1000
LARGEST_HISTORY = 32 * 1024 * 1024
DAY = 24 * 60 * 60
#: Responses of a user that one process makes in the background at a time.
MOST_AT_ONCE = 64
#: Seconds between two looks whether a response that is being made is still wanted; how many looks later its process
#: shows a sign of life; and seconds after the last of these until it is given up.
BEAT, SHOWN_EVERY, GIVEN_UP = 2.0, 5, 60


@frozen
class StoredResponse:
    """One turn of a conversation: a request and its response.

    Attributes:
        previous: The response that this one continues; empty: none.
        created_at: Unix seconds, like ``expires_at``.
        content: JSON in the client's format.
        items: Ids of its items from which the id of the response cannot be derived.
    """

    id: str
    user_id: int
    previous: str
    created_at: int
    expires_at: int
    content: bytes = field(repr=False)
    items: tuple[str, ...] = ()


@frozen
class References:
    """Responses that a request refers to: the one that it continues (empty: none), and others by id or by item."""

    previous: str = ""
    responses: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
