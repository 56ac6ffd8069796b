"""Secrets in the database, encrypted or in clear: ``oneapi encrypt-keys`` and ``oneapi decrypt-keys``."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from oneapi.adapters.database.schema.migrate import reach, require_present_schema
from oneapi.adapters.database.sealing import CannotOpen
from oneapi.domain.errors import StorageUnavailable
from oneapi.entrypoints.container import Container
from oneapi.entrypoints.databases import at_fault, main_variable, open_databases
from oneapi.entrypoints.settings import CannotStart

if TYPE_CHECKING:
    from oneapi.entrypoints.settings import Settings

#: Seconds for which an unreachable database is waited for.
PATIENCE = 10


def convert_keys(settings: Settings, *, encrypt: bool) -> int:
    """Encrypt all secrets under the first of ``ENCRYPTION_KEY``, or write them in clear; the exit code.

    Raises CannotStart, with nothing done, when one cannot be read.
    """
    if encrypt and not settings.encryption_key:
        raise CannotStart("ENCRYPTION_KEY is not set: give the key to encrypt with")
    return asyncio.run(_convert(settings, encrypt=encrypt))


async def require_readable_secrets(container: Container, settings: Settings) -> None:
    """Raises CannotStart when a secret does not open: a channel's would be gone with the next change of the channel."""
    unreadable = await container.secrets_at_rest().unreadable()
    if not unreadable:
        return
    which = f"{' and '.join(unreadable)} are encrypted"
    if not settings.encryption_key:
        raise CannotStart(f"{which}, but ENCRYPTION_KEY is not set")
    raise CannotStart(f"{which} under another ENCRYPTION_KEY: add that one, after a comma")


async def _convert(settings: Settings, *, encrypt: bool) -> int:
    container = Container(settings=settings)
    database, _ = open_databases(container)
    try:
        with at_fault(main_variable(settings)):
            await reach(database, PATIENCE)
            await require_present_schema(database)
        await require_readable_secrets(container, settings)
        changed = await container.secrets_at_rest().convert(seal=encrypt, report=_report)
    except CannotOpen:
        raise CannotStart("a key was changed under another ENCRYPTION_KEY meanwhile; try again") from None
    except StorageUnavailable as error:
        raise CannotStart(f"the database cannot be used: {error.cause}") from None
    finally:
        await database.close()
    done = "encrypted" if encrypt else "in clear"
    counts = ", ".join(f"{count} {name}" for name, count in changed.items())
    _say(f"{counts} changed; the secrets of all are {done}")
    return 0


def _report(name: str, looked_at: int) -> None:
    _say(f"{looked_at} {name} looked at")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
