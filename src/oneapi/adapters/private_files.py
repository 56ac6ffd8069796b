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
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE))
    except FileExistsError:
        tighten(path)


def make_private_directory(path: Path) -> None:
    """See that the directory ``path`` exists. One that is made here is private, one that is there stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=DIRECTORY, exist_ok=True)


def tighten(path: Path) -> None:
    """Make the file ``path`` private if it is there and ours.

    It is not opened: a process that closes a file of SQLite loses the locks of all its connections to it,
    https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
    """
    try:
        found = path.stat()
        # Only what is ours may be changed, and a device such as /dev/stdout never.
        if found.st_mode & 0o077 and found.st_uid == os.geteuid() and stat.S_ISREG(found.st_mode):
            path.chmod(FILE)
    except OSError:
        return  # gone
