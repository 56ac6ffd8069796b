"""Write the pages that the code itself knows best: ``python -m scripts.reference [--check]``."""

from __future__ import annotations

import functools
import importlib
import itertools
import json
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import oneapi
from oneapi.domain import errors
from oneapi.entrypoints.settings import variables
from scripts.admin_api import admin_api_page, document
from scripts.providers import providers_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from oneapi.entrypoints.settings import Variable

ROOT = Path(__file__).parents[1]
NOTE = "<!-- Made by `make docs`; change the source instead. -->\n"
PENDING = "Not in effect in this release yet."
WIDTH = 100
FAMILIES: tuple[type[errors.GatewayError], ...] = (
    errors.CallerError,
    errors.QuotaError,
    errors.UpstreamError,
    errors.OperatorError,
)


def main(arguments: list[str]) -> int:
    """Write every page, or with ``--check`` say which ones are not as they should be."""
    stale = [path for path, render in PAGES.items() if _read(path) != render()]
    if "--check" in arguments:
        for path in stale:
            print(f"{path} is out of date: run make docs", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(PAGES[path](), encoding="utf-8")
        print(f"wrote {path}")
    return 0


def _read(path: str) -> str | None:
    return (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).is_file() else None


# --- settings ----------------------------------------------------------------------------------


def _sections() -> Iterator[tuple[str, list[tuple[str, Variable]]]]:
    for title, group in itertools.groupby(variables().items(), key=lambda item: item[1].section):
        yield title, [(name.upper(), variable) for name, variable in group]


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        NOTE,
        "Every setting is an environment variable. A file `.env` in the working directory is read first; real",
        "variables win. An empty value counts as not set. A value that is not allowed stops the start with one",
        "line that names the variable.",
        "",
        "Prices, groups, sign-in methods and the like are not here: they are options, kept in the database and",
        "changed in the console while the server runs.",
    ]
    for title, group in _sections():
        lines += ["", f"## {title}", "", "| variable | default | allowed | meaning |", "|---|---|---|---|"]
        lines += [_row(name, variable) for name, variable in group]
    lines += [
        "",
        "## Read by the system",
        "",
        "| variable | meaning |",
        "|---|---|",
        "| TZ | Time zone of log lines and of request ids; set it in the real environment, not in `.env`. |",
        "",
    ]
    return "\n".join(lines)


def _row(name: str, variable: Variable) -> str:
    also = "".join(f"<br>also `{alias}`" for alias in variable.aliases if alias.upper() != name)
    about = variable.about + (f" *{PENDING}*" if variable.pending else "")
    default = f"`{variable.default}`" if variable.default else ""
    return f"| `{name}`{also} | {default} | {_cell(variable.kind.allowed)} | {_cell(about)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def env_example() -> str:
    lines = [
        "# Copy this file to .env and take away the # of what you want to set.",
        "# Made by `make docs` from src/oneapi/entrypoints/settings.py; docs/reference/settings.md says the same",
        "# and what values are allowed.",
    ]
    for title, group in _sections():
        lines += ["", f"# --- {title} ".ljust(WIDTH, "-")]
        for name, variable in group:
            about = variable.about + (f" {PENDING}" if variable.pending else "")
            lines += ["", *_comment(about), f"#{name}={_quoted(variable.default)}"]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> Iterator[str]:
    line = "#"
    for word in text.replace("`", "").split():
        if len(line) + len(word) >= WIDTH:
            yield line
            line = "#"
        line += f" {word}"
    yield line


def _quoted(default: str) -> str:
    return f'"{default}"' if " " in default else default


# --- errors ------------------------------------------------------------------------------------


def errors_page() -> str:
    lines = [
        "# Errors",
        "",
        NOTE,
        "What a client may get, in the form of OpenAI's error object. *Retry*: another channel is tried before the",
        "client hears of it. *Disables*: the channel may be switched off for it. The original messages are Chinese;",
        "`Accept-Language` chooses, and `DEFAULT_LANGUAGE` decides where it names none.",
    ]
    for family in FAMILIES:
        lines += ["", f"## {family.__name__}", ""]
        lines += [
            "| error | status | code | retry | disables | what the client reads |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_error_row(kind) for kind in kinds(family)]
    return "\n".join(lines) + "\n"


def kinds(family: type[errors.GatewayError]) -> list[type[errors.GatewayError]]:
    """The program's own errors of a family, wherever they are defined, by status and name."""
    for module in pkgutil.walk_packages(oneapi.__path__, "oneapi."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = [kind for kind in _below(family) if kind.__module__.startswith("oneapi.")]
    return sorted(found, key=lambda kind: (kind.status, kind.__name__))


def _below(kind: type[errors.GatewayError]) -> Iterator[type[errors.GatewayError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def _error_row(kind: type[errors.GatewayError]) -> str:
    status = "the provider's, or 502" if kind is errors.UpstreamRefusal else str(kind.status)
    code = f"`{kind.code}`" if kind.code else ""
    flags = ["yes" if answer else "" for answer in (kind.retry, kind.disables_channel)]
    return f"| {kind.__name__} | {status} | {code} | {flags[0]} | {flags[1]} | {_cell(_client_reads(kind))} |"


def _client_reads(kind: type[errors.GatewayError]) -> str:
    """The messages, in each language that there is."""
    if kind is errors.UpstreamRefusal:
        concealed = " · ".join(errors.CONCEALED[language] for language in sorted(errors.CONCEALED))
        return f"the provider's message, secrets masked; if it refuses the channel itself (502): {concealed}"
    if not kind.shown:
        return kind.hidden_text
    texts: Any = kind.REASONS.values() if hasattr(kind, "REASONS") else [kind.texts]
    return "<br>".join(" · ".join(by_language[key] for key in sorted(by_language)) for by_language in texts)


# --- the console's types are made of this ----------------------------------------------------------


def openapi_json() -> str:
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    ".env.example": env_example,
    "docs/reference/settings.md": settings_page,
    "docs/reference/errors.md": errors_page,
    "docs/reference/providers.md": functools.partial(providers_page, NOTE),
    "docs/reference/admin-api.md": functools.partial(admin_api_page, NOTE),
    "web/src/api/openapi.json": openapi_json,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
