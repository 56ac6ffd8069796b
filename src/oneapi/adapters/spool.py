"""Settlements on disk between the end of an answer and the commit in the database.

A directory shared by the processes of one host. Each process owns ``<owner>.lock`` (held with ``flock`` while it
lives) and its segments ``<owner>.<n>.jsonl``. Records survive the death of the process (they are in the page cache when
``append`` returns), not the loss of power.
"""

from __future__ import annotations

import fcntl
import logging
import os
from typing import TYPE_CHECKING

import msgspec
from attrs import frozen

from oneapi.adapters.private_files import make_private_directory, open_private, tighten
from oneapi.domain.quota import Settlement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Settlement).decode


class FileSpool:
    """The spool of this process, under the name ``owner``: the ledger it writes for, ``-``, and what is unique to it.

    Only spools of the same ledger are taken over: charges must not end up in another database.
    """

    def __init__(self, directory: Path, owner: str) -> None:
        self.owner = owner
        self._directory = directory
        self._number = 0
        self._lock = self._file = -1

    def open(self) -> None:
        """Raises OSError when the directory cannot be written."""
        make_private_directory(self._directory)
        for path in self._directory.glob("*.jsonl"):
            tighten(path)
        self._lock = _lock(self._directory / f"{self.owner}.lock")
        self._file = self._open_segment()

    def append(self, settlement: Settlement) -> None:
        os.write(self._file, _encode(settlement) + b"\n")

    def writable(self) -> bool:
        try:
            disk = os.fstatvfs(self._file)
        except OSError:
            return False
        return disk.f_bavail > 0 and os.access(self._segment(self._number), os.W_OK)

    def seal(self) -> int:
        os.close(self._file)
        sealed = self._number
        self._number += 1
        self._file = self._open_segment()
        return sealed

    def discard(self, segment: int) -> None:
        self._segment(segment).unlink(missing_ok=True)

    def orphans(self) -> Sequence[Left]:
        found = []
        ledger = self.owner.partition("-")[0]
        for path in sorted(self._directory.glob(f"{ledger}-*.lock")):
            owner = path.stem
            if owner == self.owner:
                continue
            try:
                lock = _lock(path)
            except BlockingIOError:
                continue  # it lives
            segments = tuple(sorted(self._directory.glob(f"{owner}.*.jsonl")))
            settlements = tuple(record for segment in segments for record in _read(segment))
            found.append(Left(owner, settlements, (*segments, path), lock))
        return found

    def close(self) -> None:
        """Leave the directory clean if nothing is owed; otherwise the next process takes it over."""
        os.close(self._file)
        left = [path for path in self._directory.glob(f"{self.owner}.*.jsonl") if path.stat().st_size]
        if not left:
            self._segment(self._number).unlink(missing_ok=True)
            (self._directory / f"{self.owner}.lock").unlink(missing_ok=True)
        os.close(self._lock)

    def _segment(self, number: int) -> Path:
        return self._directory / f"{self.owner}.{number:08d}.jsonl"

    def _open_segment(self) -> int:
        return open_private(
            str(self._segment(self._number)), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL
        )


@frozen
class Left:
    """The spool of a process that is gone, claimed by this one."""

    owner: str
    settlements: Sequence[Settlement]
    paths: Sequence[Path]
    lock: int

    def discard(self) -> None:
        for path in self.paths:
            path.unlink(missing_ok=True)
        os.close(self.lock)


def _lock(path: Path) -> int:
    descriptor = open_private(str(path), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


def _read(path: Path) -> list[Settlement]:
    records = []
    for line in path.read_bytes().split(b"\n"):
        if not line:
            continue
        try:
            records.append(_decode(line))
        except msgspec.DecodeError:
            # The process died while writing this line: its answer was never finished.
            logger.warning("an unfinished record at the end of %s was left out", path.name)
    return records
