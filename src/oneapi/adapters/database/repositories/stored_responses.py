"""Stored responses in the table ``stored_responses``: compressed, and sealed if there is an ``ENCRYPTION_KEY``."""

from __future__ import annotations

import asyncio
import base64
import zlib
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from oneapi.adapters.database.sealing import CannotOpen
from oneapi.domain.stored_responses import StoredResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.adapters.database.connection.transaction import Transaction
    from oneapi.adapters.database.sealing import Cipher

_COLUMNS = "id, user_id, previous, created_at, expires_at, content, size"
_LIVE = "user_id = ? AND id = ? AND expires_at > ?"
_ADD = f"INSERT INTO stored_responses ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # no input
_DELETE = "DELETE FROM stored_responses WHERE user_id = ? AND id = ?"
_FIND = f"SELECT {_COLUMNS} FROM stored_responses WHERE {_LIVE}"  # noqa: S608  # no input
_STEP = f"SELECT previous, size FROM stored_responses WHERE {_LIVE}"  # noqa: S608  # no input
_SWEEP = "DELETE FROM stored_responses WHERE expires_at <= ?"
_ADD_ITEM = "INSERT INTO stored_items (user_id, id, response_id, expires_at) VALUES (?, ?, ?, ?)"
_DELETE_ITEM = "DELETE FROM stored_items WHERE user_id = ? AND id = ?"
_FIND_ITEM = "SELECT response_id FROM stored_items WHERE user_id = ? AND id = ? AND expires_at > ?"
_SWEEP_ITEMS = "DELETE FROM stored_items WHERE expires_at <= ?"
_TOTAL = "SELECT SUM(size) FROM stored_responses WHERE user_id = ?"
_LAVISH = "SELECT user_id FROM stored_responses GROUP BY user_id HAVING SUM(size) > ?"
_PAGE = (
    "SELECT user_id, id FROM stored_responses WHERE user_id > ? OR (user_id = ? AND id > ?)"
    " ORDER BY user_id, id LIMIT 200"
)
_CONTENT = "SELECT content FROM stored_responses WHERE user_id = ? AND id = ?"
_REWRITE = "UPDATE stored_responses SET content = ? WHERE user_id = ? AND id = ?"
_NEWEST = "SELECT id, size FROM stored_responses WHERE user_id = ? ORDER BY created_at DESC, id DESC"
#: The fastest level; it shrinks the texts of conversations to a third.
_LEVEL = 1
#: The most bytes that are compressed on the event loop; more would delay other requests.
_INLINE = 64 * 1024


class SqlResponseStore:
    """Implements ``ResponseStore``; responses sealed under a lost key count as missing."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    async def add(self, response: StoredResponse) -> None:
        if len(response.content) <= _INLINE:
            content = self._packed(response)
        else:
            content = await asyncio.to_thread(self._packed, response)
        await self._database.transact(partial(_add, response, content))

    async def find(self, user_id: int, ids: Sequence[str], *, now: int) -> Sequence[StoredResponse]:
        return await self._opened(await self._database.look(partial(_find, user_id, ids, now)))

    async def with_items(self, user_id: int, items: Sequence[str], *, now: int) -> Sequence[str]:
        return await self._database.look(partial(_with_items, user_id, items, now))

    async def turns(
        self, user_id: int, last: str, *, now: int, most: int, largest: int
    ) -> Sequence[StoredResponse]:
        found = await self._opened(
            await self._database.look(partial(_turns, user_id, last, now, most, largest))
        )
        complete = all(earlier.id == later.previous for earlier, later in pairwise(found))
        return found if found and complete and found[-1].id == last else ()

    async def delete(self, user_id: int, response_id: str) -> bool:
        return bool(await self._database.transact(lambda work: work.run(_DELETE, user_id, response_id)))

    async def trim(self, user_id: int, *, largest: int) -> int:
        return await self._database.transact(partial(_trim, user_id, largest))

    async def convert(self, *, seal: bool, report: Callable[[int], None]) -> int:
        """Store all contents sealed under the first key (``seal``) or in clear; return the number of changed rows.

        Contents that open under no key are left to expire. ``report`` is called with the number of rows examined.
        """
        looked_at = changed = 0
        last: tuple[int, str] = (0, "")
        while page := await self._database.look(partial(_page, last)):
            changed += await self._database.transact(partial(self._convert, page, seal))
            last, looked_at = page[-1], looked_at + len(page)
            report(looked_at)
        return changed

    async def sweep(self, now: int, *, largest: int) -> int:
        return await self._database.transact(partial(_sweep, now, largest))

    async def _opened(self, rows: Sequence[Sequence[Any]]) -> list[StoredResponse]:
        if sum(row[-1] for row in rows) <= _INLINE:
            return self._read(rows)
        return await asyncio.to_thread(self._read, rows)

    def _packed(self, response: StoredResponse) -> str:
        packed = base64.b64encode(zlib.compress(response.content, _LEVEL)).decode()
        return self._cipher.seal(packed, _place(response.user_id, response.id))

    def _convert(self, page: Sequence[tuple[int, str]], seal: bool, work: Transaction) -> int:  # noqa: FBT001
        """Convert one content at a time, because each may be large."""
        rewrite = self._cipher.renew if seal else self._cipher.open
        changed = 0
        for user_id, response_id in page:
            for (content,) in work.rows(_CONTENT, user_id, response_id):
                try:
                    new = rewrite(content, _place(user_id, response_id))
                except CannotOpen:
                    continue
                if new != content:
                    changed += work.run(_REWRITE, new, user_id, response_id)
        return changed

    def _read(self, rows: Sequence[Sequence[Any]]) -> list[StoredResponse]:
        found = []
        for response_id, user_id, previous, created_at, expires_at, content, _ in rows:
            try:
                packed = self._cipher.open(content, _place(user_id, response_id))
            except CannotOpen:
                continue
            told = zlib.decompress(base64.b64decode(packed))
            found.append(StoredResponse(response_id, user_id, previous, created_at, expires_at, told))
        return found


def _place(user_id: int, response_id: str) -> str:
    return f"stored_responses.content/{user_id}/{response_id}"


def _add(response: StoredResponse, content: str, work: Transaction) -> None:
    work.run(_DELETE, response.user_id, response.id)
    work.run(
        _ADD,
        response.id,
        response.user_id,
        response.previous,
        response.created_at,
        response.expires_at,
        content,
        len(response.content),
    )
    for item in response.items:
        work.run(_DELETE_ITEM, response.user_id, item)
        work.run(_ADD_ITEM, response.user_id, item, response.id, response.expires_at)


def _sweep(now: int, largest: int, work: Transaction) -> int:
    work.run(_SWEEP_ITEMS, now)
    swept = work.run(_SWEEP, now)
    return swept + sum(_trim(user_id, largest, work) for (user_id,) in work.rows(_LAVISH, largest))


def _trim(user_id: int, largest: int, work: Transaction) -> int:
    """Delete a user's oldest responses beyond ``largest`` bytes in total; return how many."""
    [(total,)] = work.rows(_TOTAL, user_id)
    left, deleted = largest, 0
    for response_id, size in work.rows(_NEWEST, user_id) if (total or 0) > largest else ():
        left -= size
        if left < 0:
            deleted += work.run(_DELETE, user_id, response_id)
    return deleted


def _page(last: tuple[int, str], work: Transaction) -> list[tuple[int, str]]:
    user_id, response_id = last
    return [(user, response) for user, response in work.rows(_PAGE, user_id, user_id, response_id)]


def _with_items(user_id: int, items: Sequence[str], now: int, work: Transaction) -> list[str]:
    rows = (row for item in items for row in work.rows(_FIND_ITEM, user_id, item, now))
    return list(dict.fromkeys(response for (response,) in rows))


def _find(user_id: int, ids: Sequence[str], now: int, work: Transaction) -> list[Sequence[Any]]:
    return [row for each in ids for row in work.rows(_FIND, user_id, each, now)]


def _turns(
    user_id: int, last: str, now: int, most: int, largest: int, work: Transaction
) -> list[Sequence[Any]]:
    """The rows of a conversation, oldest first: its last turns, at most ``most`` of them and ``largest`` bytes."""
    path: list[str] = []
    while last and len(path) < most:
        step = work.rows(_STEP, user_id, last, now)
        if not step:
            return []
        previous, size = step[0]
        largest -= size
        if largest < 0:
            break
        path.append(last)
        last = previous
    return _find(user_id, path[::-1], now, work)
