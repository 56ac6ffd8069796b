"""Files that nobody but the user of the server can read, whatever the umask: they hold keys, balances and addresses."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE, DIRECTORY = 0o600, 0o700


def make_private(path: Path) -> None:
    """See that the file ``path`` exists, and is private. Raises OSError."""
    os.close(open_private(str(path), os.O_RDWR | os.O_CREAT))


def make_private_directory(path: Path) -> None:
    """See that the directory ``path`` exists. One that is made here is private, one that is there stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=DIRECTORY, exist_ok=True)


def open_private(path: str, flags: int) -> int:
    """As ``os.open``, and as the ``opener`` of ``open``; the file is private, also if it was there before."""
    descriptor = os.open(path, flags, FILE)
    found = os.fstat(descriptor)
    # Only what is ours may be changed, and a device such as /dev/stdout never.
    if found.st_mode & 0o077 and found.st_uid == os.geteuid() and stat.S_ISREG(found.st_mode):
        os.fchmod(descriptor, FILE)
    return descriptor


def tighten(path: Path) -> None:
    """Make the file ``path`` private if it is there and ours."""
    try:
        os.close(open_private(str(path), os.O_RDONLY))
    except OSError:
        return  # gone, or another user's
