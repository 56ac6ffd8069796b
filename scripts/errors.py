"""The reference page of errors: every class, and what clients of each API receive."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

from oneapi.domain import errors
from oneapi.domain.people.identities import IDENTITY_PROVIDERS
from oneapi.entrypoints.errors.answers import BUSY, CONCEALED, ROWS, SUCCESS
from oneapi.entrypoints.errors.people import IDENTITY_PROVIDER_ROWS
from oneapi.entrypoints.http.surfaces import ANTHROPIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneapi.entrypoints.errors.rows import Row

#: Sample values for fields of errors that are not texts.
SAMPLES: dict[str, Any] = {
    "retry_after": 1.0,
    "known": True,
    "provider": IDENTITY_PROVIDERS[0],
    "failure": errors.InternalError(),
}
FAMILIES: dict[str, type[errors.GatewayError]] = {
    "The caller's fault": errors.CallerError,
    "The account cannot pay": errors.QuotaError,
    "The provider's fault": errors.UpstreamError,
    "The gateway's fault": errors.OperatorError,
}


def errors_page(note: str) -> str:
    lines = [
        "# Errors",
        "",
        note,
        "Each error is a class below `src/oneapi/domain/errors`; its status and texts are in",
        "`src/oneapi/entrypoints/errors`. `Accept-Language` chooses the language, or `DEFAULT_LANGUAGE` for clients",
        "that name none. Chinese texts, and English texts that are used for both languages, are mostly the original's.",
        "",
        "*Retried*: another channel is tried before the client gets the error.",
    ]
    for title, family in FAMILIES.items():
        lines += ["", f"## {title}", "", *relay_table(family)]
    lines += [
        "",
        "## What the admin API refuses",
        "",
        "Errors in the admin API's envelope, with HTTP 200 unless the table says otherwise. The caller's faults above",
        "get 200 here too, except errors of size, rate, origin and tokens, which keep their status.",
        "",
        "| error | when | status | text |",
        "|---|---|---|---|",
    ]
    lines += [admin_row(kind) for kind in leaves(errors.Refusal)]
    return "\n".join(lines) + "\n"


def relay_table(family: type[errors.GatewayError]) -> Iterator[str]:
    yield "| error | when | OpenAI: status, type, code | Anthropic: status, type | retried | text |"
    yield "|---|---|---|---|---|---|"
    found = [kind for kind in leaves(family) if not issubclass(kind, errors.Refusal)]
    for kind in sorted(found, key=lambda kind: (ROWS[kind].status if kind in ROWS else 0, kind.__name__)):
        yield relay_row(kind)


def leaves(family: type[errors.GatewayError]) -> list[type[errors.GatewayError]]:
    """The classes of a family that are raised, sorted by module and name: those with a row, or with texts by source."""
    found = [
        kind for kind in _below(family) if kind in ROWS or kind is errors.UpstreamRefusal or _of_source(kind)
    ]
    return sorted(found, key=lambda kind: (kind.__module__, kind.__name__))


def sample(kind: type[errors.GatewayError]) -> errors.GatewayError:
    """An error of this class in which each field holds its own name."""
    names = [field.alias or field.name for field in getattr(kind, "__attrs_attrs__", ())]
    return kind(**{name: SAMPLES.get(name, name) for name in names})


def relay_row(kind: type[errors.GatewayError]) -> str:
    if kind is errors.UpstreamRefusal:
        return (
            f"| {kind.__name__} | {_when(kind)} | the provider's; 502, `{CONCEALED.type}`, `{CONCEALED.code}` if it "
            "refuses the channel itself | likewise | yes, unless the fault is the request's | the provider's, with "
            f"secrets masked; for 429: {_texts(BUSY)}; if it refuses the channel itself: {_texts(CONCEALED)} |"
        )
    row, error = ROWS[kind], sample(kind)
    status, body = ANTHROPIC.error(error, "en", "")
    theirs = f"{status}, `{json.loads(body)['error']['type']}`"
    ours = ", ".join([str(row.status), f"`{row.type}`", *([f"`{row.code}`"] if row.code else [])])
    retried = "yes" if kind.retry else "no"
    return f"| {kind.__name__} | {_when(kind)} | {ours} | {theirs} | {retried} | {_texts(row)} |"


def admin_row(kind: type[errors.GatewayError]) -> str:
    rows = [row for (known, _), row in IDENTITY_PROVIDER_ROWS.items() if known is kind] or [ROWS[kind]]
    status = "" if rows[0].status == SUCCESS else str(rows[0].status)
    return f"| {kind.__name__} | {_when(kind)} | {status} | {'<br>'.join(map(_texts, rows))} |"


def _below(kind: type[errors.GatewayError]) -> Iterator[type[errors.GatewayError]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("oneapi.domain."):
            yield child
            yield from _below(child)


def _of_source(kind: type[errors.GatewayError]) -> bool:
    return any(known is kind for known, _ in IDENTITY_PROVIDER_ROWS)


def _when(kind: type[errors.GatewayError]) -> str:
    """The first paragraph of the docstring, as Markdown."""
    return _cell(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " ").replace("``", "`"))


def _texts(row: Row) -> str:
    return _cell(row.en if row.en == row.zh else f"{row.en} · {row.zh}")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
