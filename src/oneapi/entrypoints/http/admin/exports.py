"""Exports of the log as a CSV file, sent while the log is read."""

from __future__ import annotations

import csv
import io
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.application.operations.logs import EXPORTED
from oneapi.domain.errors import GatewayError
from oneapi.entrypoints.http.admin.objects import LogObject, show_log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from oneapi.domain.logs.rows import LogRow
    from oneapi.entrypoints.http.admin.routes import Call

logger = logging.getLogger(__name__)

CSV = "text/csv"
#: The byte order mark without which Excel does not read the file as UTF-8.
MARK = "\ufeff"
#: Prefixes that spreadsheets read as a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
#: The last line of a file that does not contain all rows.
CUT = {
    "zh": "仅导出最新的 {most} 行，请缩小筛选范围",
    "en": "these are the newest {most} rows: narrow the filter to get the others",
}
BROKEN = {"zh": "导出中断，请重试", "en": "the export broke off: try again"}
_COLUMNS = [field.encode_name for field in msgspec.structs.fields(LogObject)]


async def send_csv(call: Call, name: str, batches: AsyncIterator[Sequence[LogRow]]) -> None:
    """Answer ``call`` with ``batches`` as the file ``name``; its last line says if rows are missing."""
    rows: Sequence[LogRow] | None = await anext(batches)  # failures up to here get a normal error answer
    response: Any = await call.request.respond(
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        content_type=f"{CSV}; charset=utf-8",
    )
    await response.send(MARK + _lines([_COLUMNS]))
    left = EXPORTED
    try:
        while rows:
            await response.send(_lines(_cells(row, call.language) for row in rows[:left]))
            if len(rows) > left:
                await response.send(_note(call, CUT))
                break
            left -= len(rows)
            rows = await anext(batches, None)
    except GatewayError:
        logger.exception("an export was interrupted")
        await response.send(_note(call, BROKEN))
    await response.eof()


def _note(call: Call, texts: Mapping[str, str]) -> str:
    return _lines([[texts[call.language].format(most=EXPORTED)]])


def _cells(row: LogRow, language: str) -> list[Any]:
    return [_harmless(value) for value in msgspec.structs.astuple(show_log(row, language))]


def _harmless(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value


def _lines(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
