"""All secrets in the database: whether they can be read, and their conversion between sealed and clear."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from oneapi.adapters.database.repositories.options import is_secret, place_of_option
from oneapi.adapters.database.schema.tables import options
from oneapi.adapters.database.sealing import MARK_KEY, CannotOpen
from oneapi.adapters.database.shown import ACCESS_TOKEN, TOKEN_KEY
from oneapi.domain.routing.channels import SEALED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.adapters.database.repositories.channels import SqlChannelRepository
    from oneapi.adapters.database.repositories.stored_responses import SqlResponseStore
    from oneapi.adapters.database.sealing import Cipher
    from oneapi.adapters.database.shown import Shown

#: Rows converted in one transaction.
BATCH = 200
SHOWN = {"tokens": TOKEN_KEY, "access tokens": ACCESS_TOKEN}


class SecretsAtRest:
    """Channel keys, secret options, token keys, access tokens and stored responses, under one cipher."""

    def __init__(
        self,
        database: Database,
        cipher: Cipher,
        channels: SqlChannelRepository,
        responses: SqlResponseStore,
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._channels = channels
        self._responses = responses

    async def unreadable(self) -> Sequence[str]:
        """Descriptions of what does not open under the cipher's keys; empty if everything does.

        Stored responses are not checked: one that does not open counts as missing, and expires.
        """
        found = []
        if lost := await self._channels.unreadable():
            found.append(f"the keys of {len(lost)} channels (the first is channel {lost[0]})")
        if names := await self._unreadable_options():
            found.append(f"the options {', '.join(names)}")
        for name, shown in SHOWN.items():
            if count := await self._unreadable_shown(shown):
                found.append(f"{count} {name}")
        return found

    async def convert(self, *, seal: bool, report: Callable[[str, int], None]) -> Mapping[str, int]:
        """Store all secrets sealed under the first key (``seal``) or in clear; return how many changed, by kind.

        ``report`` is called with a kind and the number of its rows examined so far. Raises CannotOpen; batches done by
        then stay converted. It can be repeated at any time, even while servers that have the keys are running.
        """
        changed = {"channels": await self._channels.convert(seal=seal, report=partial(report, "channels"))}
        changed["options"] = await self._convert_options(seal=seal)
        for name, shown in SHOWN.items():
            changed[name] = await self._convert_shown(shown, seal=seal, report=partial(report, name))
        changed["responses"] = await self._responses.convert(seal=seal, report=partial(report, "responses"))
        return changed

    async def _unreadable_options(self) -> list[str]:
        wanted = select(options.c.key, options.c.value).where(options.c.value.startswith(SEALED))
        async with self._database.read() as connection:
            rows = await connection.execute(wanted)
            return sorted(key for key, value in rows if is_secret(key) and not self._opens(key, value))

    def _opens(self, key: str, value: str) -> bool:
        try:
            self._cipher.open(value, place_of_option(key))
        except CannotOpen:
            return False
        return True

    async def _unreadable_shown(self, shown: Shown) -> int:
        """The number of secrets under unknown keys; each hash names its key, so nothing has to be opened."""
        _, hashed, sealed = shown.columns
        key = func.substr(hashed, 1, MARK_KEY)
        wanted = select(key, func.count()).where(sealed.is_not(None)).group_by(key)
        async with self._database.read() as connection:
            rows = await connection.execute(wanted)
            return sum(count for name, count in rows if name not in self._cipher.names)

    async def _convert_options(self, *, seal: bool) -> int:
        rewrite = self._cipher.renew if seal else self._cipher.open
        changed = 0
        async with self._database.write() as connection:
            rows = (await connection.execute(select(options.c.key, options.c.value).with_for_update())).all()
            for key, value in rows:
                if not is_secret(key) or not value:
                    continue
                new = rewrite(value, place_of_option(key))
                if new != value:
                    await connection.execute(update(options).where(options.c.key == key).values(value=new))
                    changed += 1
        return changed

    async def _convert_shown(self, shown: Shown, *, seal: bool, report: Callable[[int], None]) -> int:
        number = shown.table.c.id
        wanted = select(number, *shown.columns).order_by(number).limit(BATCH).with_for_update()
        last = looked_at = changed = 0
        while True:
            async with self._database.write() as connection:
                rows = (await connection.execute(wanted.where(number > last))).all()
                for found, *row in rows:
                    if new := self._converted(shown, row, seal=seal):
                        await connection.execute(update(shown.table).where(number == found).values(new))
                        changed += 1
            if not rows:
                return changed
            last, looked_at = rows[-1][0], looked_at + len(rows)
            report(looked_at)

    def _converted(self, shown: Shown, row: Sequence[str | None], *, seal: bool) -> Mapping[str, Any] | None:
        """The values to store in place of ``row``; None if it needs no change."""
        clear, mark, _ = row
        there = mark and mark.startswith(self._cipher.names[0]) if seal else mark is None
        if there or (not clear and not mark):
            return None
        secret = shown.read(row, self._cipher)
        if seal:
            return shown.values(secret, self._cipher)
        kept, hashed, sealed = shown.columns
        return {kept.name: secret, hashed.name: None, sealed.name: None}
