"""Generate the reference pages from the code: ``python -m scripts.reference [--check]``."""

from __future__ import annotations

import functools
import itertools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from oneapi.entrypoints.settings import variables
from scripts.admin_api import admin_api_page, document
from scripts.errors import errors_page
from scripts.providers import providers_page
from scripts.translation import translation_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from oneapi.entrypoints.settings import Variable

ROOT = Path(__file__).parents[1]
NOTE = "<!-- Made by `make docs`; change the source instead. -->\n"
WIDTH = 100


def main(arguments: list[str]) -> int:
    """Write the pages that are out of date, or only report them with ``--check``. The exit code."""
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
    default = f"`{variable.default}`" if variable.default else ""
    return f"| `{name}`{also} | {default} | {_cell(variable.kind.allowed)} | {_cell(variable.about)} |"


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
            lines += ["", *_comment(variable.about), f"#{name}={_quoted(variable.default)}"]
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


# --- OpenAPI, from which the console's types are generated -----------------------------------------


def openapi_json() -> str:
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    ".env.example": env_example,
    "docs/reference/settings.md": settings_page,
    "docs/reference/errors.md": functools.partial(errors_page, NOTE),
    "docs/reference/providers.md": functools.partial(providers_page, NOTE),
    "docs/reference/translation.md": functools.partial(translation_page, NOTE),
    "docs/reference/admin-api.md": functools.partial(admin_api_page, NOTE),
    "web/src/api/openapi.json": openapi_json,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
