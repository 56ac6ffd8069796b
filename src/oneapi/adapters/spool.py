"""Settlements on disk between the end of an answer and the commit in the database.

The processes of a host share a directory. Each owns ``<owner>.lock``, which it holds with ``flock`` while it runs, and
the segments ``<owner>.<n>.jsonl``. Records survive the death of the process (they are in the page cache when ``append``
returns), but not a loss of power. Records that the database refuses are moved to ``<ledger>.refused``, which all
processes of the host share, one per line with the reason.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from attrs import frozen

from oneapi.adapters.private_files import make_private_directory, tighten
from oneapi.domain.money.quota import Settlement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Settlement).decode


@frozen
class _Refused:
    """A line of the file of refused records; ``record`` is unchanged from its segment."""

    reason: str
    record: str


_decode_refused = msgspec.json.Decoder(_Refused).decode


class FileSpool:
    """Implements ``Spool``. ``owner`` names this process's spool: the ledger, ``-``, and a part unique to the process.

    Only spools of the same ledger are taken over, so that charges cannot end up in another database.
    """

    def __init__(self, directory: Path, owner: str) -> None:
        self.owner = owner
        self._directory = directory
        self._number = 0
        self._lock = self._file = -1

    def open(self) -> None:
        """Create the lock and the first segment. Raises OSError if the directory is not writable."""
        make_private_directory(self._directory)
        for path in self._directory.iterdir():
            tighten(path)
        self._lock = _lock(self._directory / f"{self.owner}.lock")
        self._file = self._open_segment()

    def append(self, settlement: Settlement) -> None:
        line = _encode(settlement) + b"\n"
        written = os.write(self._file, line)
        if written < len(line):  # an incomplete record must not run into the next one
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise OSError(errno.ENOSPC, "the disk of the spool is full")

    def writable(self) -> bool:
        try:
            disk = os.fstatvfs(self._file)
        except OSError:
            return False
        return disk.f_bavail > 0 and os.access(self._segment(self._number), os.W_OK)

    def close_segment(self) -> int:
        os.close(self._file)
        closed = self._number
        self._number += 1
        self._file = self._open_segment()
        return closed

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
                continue  # its process is running
            segments = tuple(sorted(self._directory.glob(f"{owner}.*.jsonl")))
            settlements = tuple(record for segment in segments for record in self._read(segment))
            found.append(Left(owner, settlements, (*segments, path), lock))
        return found

    def put_aside(self, settlement: Settlement, reason: str) -> None:
        self._refuse(_encode(settlement), reason)

    def set_aside(self) -> Sequence[Settlement]:
        try:
            lines = self._refused.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        found = (_settlement(line) for line in lines)
        return tuple({each.request_id: each for each in found if each is not None}.values())

    def forget(self, request_ids: Collection[str]) -> None:
        if not request_ids:
            return
        with self._refused_alone() as file:
            kept = [
                line
                for line in os.pread(file, os.fstat(file).st_size, 0).splitlines(keepends=True)
                if (each := _settlement(line)) is None or each.request_id not in request_ids
            ]
            rest = self._refused.with_suffix(".rest")
            rest.write_bytes(b"".join(kept))
            rest.replace(self._refused) if kept else self._refused.unlink()
            rest.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the files if no charges are left; otherwise the next process takes them over."""
        os.close(self._file)
        left = [path for path in self._directory.glob(f"{self.owner}.*.jsonl") if path.stat().st_size]
        if not left:
            self._segment(self._number).unlink(missing_ok=True)
            (self._directory / f"{self.owner}.lock").unlink(missing_ok=True)
        os.close(self._lock)

    @property
    def _refused(self) -> Path:
        return self._directory / f"{self.owner.partition('-')[0]}.refused"

    def _refuse(self, record: bytes, reason: str) -> None:
        line = _encode(_Refused(reason, record.decode(errors="replace")))
        with self._refused_alone() as file:
            if line not in os.pread(file, os.fstat(file).st_size, 0).splitlines():
                os.write(file, line + b"\n")

    @contextmanager
    def _refused_alone(self) -> Iterator[int]:
        """The descriptor of the file of refused records, locked against other processes."""
        lock = os.open(self._refused.with_suffix(".refusing"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            file = os.open(self._refused, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                yield file
            finally:
                os.close(file)
        finally:
            os.close(lock)

    def _read(self, path: Path) -> list[Settlement]:
        records = []
        *lines, unfinished = path.read_bytes().split(b"\n")
        for line in filter(None, lines):
            try:
                records.append(_decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                logger.error("a record of %s cannot be read and was set aside: %s", path.name, error)  # noqa: TRY400
                self._refuse(line, f"cannot be read: {error}")
        if unfinished:
            # The process died while it wrote this line: the answer was never completed.
            logger.warning("an incomplete record at the end of %s was skipped", path.name)
        return records

    def _segment(self, number: int) -> Path:
        return self._directory / f"{self.owner}.{number:08d}.jsonl"

    def _open_segment(self) -> int:
        return os.open(self._segment(self._number), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)


@frozen
class Left:
    """Implements ``Orphan``: the spool of a process that has ended, claimed by this one."""

    owner: str
    settlements: Sequence[Settlement]
    paths: Sequence[Path]
    lock: int

    def discard(self) -> None:
        for path in self.paths:
            path.unlink(missing_ok=True)
        os.close(self.lock)

    def leave(self) -> None:
        os.close(self.lock)


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


def _settlement(line: bytes) -> Settlement | None:
    """The settlement in a line of the file of refused records; None if it cannot be read."""
    try:
        return _decode(_decode_refused(line).record.encode())
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
