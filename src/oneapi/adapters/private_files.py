"""Files that only the server's user can read, whatever the umask: they contain keys, balances and addresses."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE, DIRECTORY = 0o600, 0o700


def make_private(path: Path) -> None:
    """Create the file ``path`` if it is missing, and make it private. Raises OSError."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE))
    except FileExistsError:
        tighten(path)


def make_private_directory(path: Path) -> None:
    """Create the directory ``path``, private, if it is missing; an existing one keeps its permissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=DIRECTORY, exist_ok=True)


def tighten(path: Path) -> None:
    """Make the file ``path`` private if it exists and belongs to our user.

    It is not opened: a process that closes a SQLite file loses the locks of all its connections to it,
    https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
    """
    try:
        found = path.stat()
        # Only files of our user can be changed, and devices such as /dev/stdout must not be.
        if found.st_mode & 0o077 and found.st_uid == os.geteuid() and stat.S_ISREG(found.st_mode):
            path.chmod(FILE)
    except OSError:
        return  # the file is gone
