"""Additions to users' quotas: redeemed codes, and grants by administrators.

Rows are locked in an order that agrees with ``ledger.py``: the code, the user, the versions.
"""

from __future__ import annotations

import hashlib
import logging
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from oneapi.adapters.database.repositories.logs import LOG_COLUMNS, write_log
from oneapi.adapters.database.repositories.money.ledger import write_logs
from oneapi.adapters.database.repositories.versions import ACCOUNTS
from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.errors.administration import NotFound, OutOfRange
from oneapi.domain.errors.money import ReferenceUsed
from oneapi.domain.money.quota import LARGEST_BALANCE
from oneapi.domain.money.redemptions import RedemptionStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.adapters.database.connection.transaction import Transaction
    from oneapi.application.ports.operations import LogRepository
    from oneapi.domain.logs.rows import LogRow
    from oneapi.domain.money.redemptions import Redemption

    LogWriter = Callable[[LogRow, Transaction], None]

logger = logging.getLogger(__name__)

USE_CODE = "UPDATE redemptions SET status = ?, redeemed_time = ?, redeemed_by = ? WHERE id = ? AND status = ?"
ADD_QUOTA = "UPDATE users SET quota = quota + ? WHERE id = ? AND quota <= ?"
ADD_ENTRY = (
    "INSERT INTO ledger (request_id, created_at, kind, user_id, token_id, channel_id, amount) "
    "VALUES (?, ?, ?, ?, 0, 0, ?)"
)
ADD_LOG = f"INSERT INTO logs ({', '.join(LOG_COLUMNS)}) VALUES ({', '.join('?' * len(LOG_COLUMNS))})"  # noqa: S608  # no input
BUMP = "UPDATE versions SET version = version + 1 WHERE topic = ?"
#: Kinds of ledger entries whose amounts increase the quota, unlike those of charges.
REDEEM, TOP_UP = "redeem", "topup"


class SqlCreditStore:
    """Implements ``CreditStore``.

    In a separate log database the row is written after the commit. If that fails, the ledger still has the entry.
    """

    def __init__(
        self, database: Database, log_database: Database, logs: LogRepository, *, language: str = "zh"
    ) -> None:
        """``language`` is the language of the texts in the log."""
        self._database = database
        self._write_log = partial(_write_log, language) if log_database is database else _write_no_log
        self._separate = log_database is not database
        self._logs = logs

    async def redeem(self, code: Redemption, row: Callable[[int], LogRow]) -> int | None:
        written = await self._database.transact(partial(_redeem, code, row, self._write_log))
        if written is None:
            return None
        await self._log(written)
        return written.quota

    async def top_up(self, row: LogRow, reference: str) -> bool:
        work = partial(_top_up, row, _reference(TOP_UP, reference), self._write_log)
        try:
            done = await self._database.transact(work)
        except IntegrityError:  # a concurrent call with the same reference has added it to the ledger
            done = await self._database.transact(work)
        if done:
            await self._log(row)
        return done

    async def _log(self, row: LogRow) -> None:
        if not self._separate:
            return
        try:
            await self._logs.add(row)
        except StorageUnavailable:
            logger.exception("the log lacks a credit of %d to user %d", row.quota, row.user_id)


# --- units of work -----------------------------------------------------------------------------


def _redeem(
    code: Redemption, row: Callable[[int], LogRow], write_log: LogWriter, work: Transaction
) -> LogRow | None:
    draft = row(code.quota)
    enabled, used = int(RedemptionStatus.ENABLED), int(RedemptionStatus.USED)
    if not work.run(USE_CODE, used, draft.created_at, draft.user_id, code.id, enabled):
        return None
    # an administrator may have changed the quota since the lookup; the row is locked by now
    [(quota,)] = work.rows("SELECT quota FROM redemptions WHERE id = ?", code.id)
    written = row(quota or 0)
    _credit(work, written, _reference(REDEEM, code.key), REDEEM, write_log)
    return written


def _top_up(row: LogRow, reference: str, write_log: LogWriter, work: Transaction) -> bool:
    for user_id, amount in work.rows("SELECT user_id, amount FROM ledger WHERE request_id = ?", reference):
        if (user_id, amount) != (row.user_id, row.quota):
            raise ReferenceUsed
        return False
    _credit(work, row, reference, TOP_UP, write_log)
    return True


def _credit(work: Transaction, row: LogRow, reference: str, kind: str, write_log: LogWriter) -> None:
    if not work.run(ADD_QUOTA, row.quota, row.user_id, LARGEST_BALANCE - row.quota):
        known = work.rows("SELECT id FROM users WHERE id = ?", row.user_id)
        raise OutOfRange(field="quota") if known else NotFound()
    work.run(ADD_ENTRY, reference, row.created_at, kind, row.user_id, row.quota)
    write_log(row, work)
    work.run(BUMP, ACCOUNTS)


def _reference(kind: str, text: str) -> str:
    """A unique id for the ledger entry, from a text of any length, that does not reveal the key of a code."""
    return f"{kind}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:48]}"


def _write_log(language: str, row: LogRow, work: Transaction) -> None:
    write_logs([tuple(write_log(row, language).values())], work, statement=ADD_LOG)


def _write_no_log(_: LogRow, __: Transaction) -> None:
    """Do nothing: the log is in a separate database."""
