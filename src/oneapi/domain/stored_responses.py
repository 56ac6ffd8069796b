"""Answers that are kept, so that clients can come back to them."""

from __future__ import annotations

from attrs import field, frozen

#: Bytes of a request that may be kept with its answer.
LARGEST_REQUEST = 4 * 1024 * 1024
#: Bytes that are kept of one response with its request, and of all those of one user.
LARGEST_CONTENT = 8 * 1024 * 1024
LARGEST_TOTAL = 512 * 1024 * 1024
#: Bytes of a user's that one process writes before it looks at the total again; room for them is kept free.
UNCHECKED = LARGEST_TOTAL // 64
#: Turns of a conversation that can be continued, and the bytes that they may have in all.
MOST_TURNS = 1000
LARGEST_HISTORY = 32 * 1024 * 1024
DAY = 24 * 60 * 60


@frozen
class StoredResponse:
    """One turn of a conversation: what was asked and what was answered.

    Attributes:
        previous: The response that this one continues; empty: none.
        created_at: Unix seconds, as ``expires_at``.
        content: JSON, as the client's format has it.
        items: Ids of its items that do not tell which response they are of.
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
    """What a request refers to: the response that it continues (empty: none), and others, by id or by their items."""

    previous: str = ""
    responses: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
