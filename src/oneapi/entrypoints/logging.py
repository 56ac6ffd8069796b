"""The process log: lines in the original's format, to standard output and to a file."""

from __future__ import annotations

import logging
import sys
import time
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from oneapi.adapters.private_files import make_private, make_private_directory
from oneapi.entrypoints.settings import CannotStart

if TYPE_CHECKING:
    from io import TextIOWrapper

    from oneapi.entrypoints.settings import Settings

LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
#: Replaces the request id on lines that belong to no request.
NO_REQUEST = "SYS"

_installed: list[logging.Handler] = []


class LineFormatter(logging.Formatter):
    """``[LEVEL] 2006/01/02 - 15:04:05 | REQUEST-ID | text``.

    Records carry the request id as ``extra={"request_id": ...}``.
    """

    def format(self, record: logging.LogRecord) -> str:
        when = time.strftime("%Y/%m/%d - %H:%M:%S", time.localtime(record.created))
        level = LEVELS.get(record.levelname, record.levelname)
        request_id = getattr(record, "request_id", NO_REQUEST)
        line = f"[{level}] {when} | {request_id} | {visible(record.getMessage())}"
        if record.exc_info:
            # Each line of the trace begins with a space, so that none can be taken for a record.
            trace = self.formatException(record.exc_info).split("\n")
            line += "".join(f"\n  {visible(each)}" for each in trace)
        return line


class _PrivateFile(WatchedFileHandler):
    """A log file readable only by its owner: it contains names, addresses and providers' answers."""

    def _open(self) -> TextIOWrapper:
        make_private(Path(self.baseFilename))
        return super()._open()


def visible(text: str) -> str:
    """``text`` on one line, with control characters and invisible characters escaped."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() or character == " ":
        return character
    return character.encode("unicode_escape").decode()


def configure_logging(settings: Settings, log_dir: str) -> None:
    """Log to standard output, and to a file in ``log_dir`` unless that is empty. Raises CannotStart.

    May be called repeatedly, also in a worker: the last call counts.
    """
    root = logging.getLogger()
    while _installed:
        handler = _installed.pop()
        root.removeHandler(handler)
        handler.close()
    _installed.append(logging.StreamHandler(sys.stdout))
    if log_dir:
        _installed.append(_file(Path(log_dir), only_one=settings.only_one_log_file))
    for handler in _installed:
        handler.setFormatter(LineFormatter())
        root.addHandler(handler)
    debug = settings.debug or settings.log_level == "debug"
    root.setLevel(logging.DEBUG if debug else settings.log_level.upper())
    quiet = logging.NOTSET if debug else logging.WARNING
    for name in ("sanic", "alembic", "asyncio"):
        logging.getLogger(name).setLevel(quiet)
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)  # logs every statement twice
    for name in ("httpcore", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)  # logs whole URLs, some of which contain keys
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO if settings.debug_sql else logging.WARNING)


def _file(directory: Path, *, only_one: bool) -> logging.Handler:
    name = "oneapi.log" if only_one else f"oneapi-{time.strftime('%Y%m%d')}.log"
    try:
        make_private_directory(directory)
        return _PrivateFile(directory / name, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CannotStart(f"the log directory {str(directory)!r} cannot be used: {error.strerror}") from None
