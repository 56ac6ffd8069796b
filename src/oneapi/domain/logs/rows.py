"""Rows of the log: what happened, to whom, at what cost."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from oneapi.domain.logs.events import LogEvent


class LogType(IntEnum):
    UNKNOWN = 0
    TOP_UP = 1
    CONSUME = 2
    MANAGE = 3
    SYSTEM = 4
    TEST = 5


@frozen
class LogRow:
    """One row; ``created_at`` in unix seconds, ``elapsed_time`` in milliseconds, ``quota`` in quota units.

    A row with an ``event`` is stored with the event's text as its ``content``; any other row has only its content.
    """

    id: int = 0
    user_id: int = 0
    created_at: int = 0
    type: int = LogType.UNKNOWN
    content: str = ""
    username: str = ""
    token_name: str = ""
    model_name: str = ""
    quota: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    channel_id: int = 0
    request_id: str = ""
    elapsed_time: int = 0
    is_stream: bool = False
    system_prompt_reset: bool = False
    #: Beyond the original: see ``domain/requests.py``.
    end_cause: str = ""
    attempts: str = ""
    event: LogEvent | None = None


@frozen
class LogFilter:
    """Equality on every field that is not None, joined with AND; both times inclusive."""

    type: int | None = None
    user_id: int | None = None
    username: str | None = None
    token_name: str | None = None
    model_name: str | None = None
    channel_id: int | None = None
    start: int | None = None
    end: int | None = None


#: Matching rows are counted exactly up to this number: nobody pages further, and each page would count all of them.
COUNTED = 10_000
#: A day in seconds. Days are in UTC, whatever the database's time zone is.
DAY = 86_400
#: Upper bounds in milliseconds of the histogram in ``DailyUse.times``.
TIME_BOUNDS = (100, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000)
_EPOCH = date(1970, 1, 1).toordinal()


@frozen
class DailyUse:
    """Consumption of one model on one day (UTC).

    ``delivered`` counts the requests whose answers were complete; ``elapsed_time`` is the sum over all requests in
    milliseconds; ``times`` counts those that took less than each of ``TIME_BOUNDS``.
    """

    day: int
    model_name: str
    requests: int
    delivered: int
    quota: int
    prompt_tokens: int
    completion_tokens: int
    elapsed_time: int
    times: tuple[int, ...]

    @property
    def date(self) -> str:
        """``day``, which counts from 1970-01-01, as ``YYYY-MM-DD``."""
        return date.fromordinal(_EPOCH + self.day).isoformat()
