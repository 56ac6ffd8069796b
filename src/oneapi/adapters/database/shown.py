"""Secrets that callers present, token keys and access tokens: looked up by a hash, and stored sealed beside it.

Without ``ENCRYPTION_KEY`` they are stored in the original's columns, in clear. With it these columns are NULL, so that
a dump gives no access; the sealed text is for users who may see their key again, and for converting back to clear.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from attrs import frozen
from sqlalchemy import or_

from oneapi.adapters.database.schema.tables import tokens, users
from oneapi.adapters.database.sealing import CannotOpen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, Table

    from oneapi.adapters.database.sealing import Cipher

logger = logging.getLogger(__name__)


@frozen
class Shown:
    """The three columns of one kind of secret: the one in clear, ``..._hash`` and ``..._sealed``."""

    table: Table
    name: str

    @property
    def columns(self) -> Sequence[Column[Any]]:
        """The columns of a row for ``read``, in this order."""
        return tuple(self.table.c[f"{self.name}{ending}"] for ending in ("", "_hash", "_sealed"))

    def values(self, secret: str, cipher: Cipher) -> Mapping[str, str | None]:
        """The values to store for ``secret``, by column."""
        clear, hashed, sealed = self.columns
        if not secret or not cipher.seals:
            return {clear.name: secret, hashed.name: None, sealed.name: None}
        mark = cipher.marks(secret)[0]
        return {clear.name: None, hashed.name: mark, sealed.name: cipher.seal(secret, self._place(mark))}

    def read(self, row: Sequence[str | None], cipher: Cipher) -> str:
        """The secret of a row of ``columns``. Raises CannotOpen."""
        clear, mark, sealed = row
        return cipher.open(sealed, self._place(mark or "")) if sealed else (clear or "").rstrip()

    def read_or_hide(self, row: Sequence[str | None], cipher: Cipher, number: int) -> str:
        """As ``read``, but if the secret of the row ``number`` does not open, log an error and return ""."""
        try:
            return self.read(row, cipher)
        except CannotOpen:
            logger.error("%s %d: its %s cannot be decrypted", self.table.name, number, self.name)  # noqa: TRY400  # a traceback adds nothing, and may contain a secret
            return ""

    def found_by(self, parameters: Sequence[ColumnElement[str]]) -> ColumnElement[bool]:
        """The condition that a row has the presented secret; ``parameters`` are the secret and its marks."""
        clear, hashed, _ = self.columns
        shown, *marks = parameters
        return or_(clear == shown, *(hashed == mark for mark in marks))

    def is_in(self, row: Sequence[str | None], secret: str, cipher: Cipher) -> bool:
        """Whether a row of ``columns`` has exactly this secret; needed because MySQL's collations ignore case."""
        clear, mark, _ = row
        return mark in cipher.marks(secret) if mark else (clear or "").rstrip() == secret

    def _place(self, mark: str) -> str:
        # Without the row's number, which is not known before the row exists.
        return f"{self.table.name}.{self.name}:{mark}"


TOKEN_KEY = Shown(tokens, "key")
ACCESS_TOKEN = Shown(users, "access_token")
