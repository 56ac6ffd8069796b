"""``oneapi encrypt-keys`` and ``oneapi decrypt-keys``: convert the secrets in the database."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from oneapi.adapters.database.schema.migrate import reach, require_present_schema
from oneapi.adapters.database.sealing import CannotOpen
from oneapi.domain.errors import StorageUnavailable
from oneapi.entrypoints.composition.root import Container
from oneapi.entrypoints.databases import at_fault, main_variable, open_databases
from oneapi.entrypoints.settings import CannotStart

if TYPE_CHECKING:
    from oneapi.entrypoints.settings import Settings

#: Seconds to wait for an unreachable database.
PATIENCE = 10


def convert_keys(settings: Settings, *, encrypt: bool) -> int:
    """Encrypt all secrets with the first key of ``ENCRYPTION_KEY``, or decrypt them; returns the exit code.

    Raises CannotStart, with nothing changed, if a secret cannot be read.
    """
    if encrypt and not settings.encryption_key:
        raise CannotStart("ENCRYPTION_KEY is not set: give the key to encrypt with")
    return asyncio.run(_convert(settings, encrypt=encrypt))


async def require_readable_secrets(container: Container, settings: Settings) -> None:
    """Raise CannotStart if a secret cannot be decrypted: a channel's would be lost with its next change."""
    unreadable = await container.storage().secrets_at_rest().unreadable()
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
        changed = await container.storage().secrets_at_rest().convert(seal=encrypt, report=_report)
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
