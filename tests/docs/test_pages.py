"""The documentation is up to date: links work, and commands and variables exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oneapi import __version__
from oneapi.entrypoints.settings import variables

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(#[^)\s]*)?\)")
VARIABLE = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`")
#: Names in capitals that are not the server's settings.
OTHERS = {
    "TEST_POSTGRES_DSN", "TEST_MYSQL_DSN", "TEST_REDIS_URL", "ONEAPI_TEST_REQUIRE_SERVERS", "DATA_GYM_CACHE_DIR",
    "SQL_MAX_LIFETIME", "SSL_CERT_FILE", "OPENAI_COMPATIBLE",
}  # fmt: skip


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    targets = [
        target for target, _ in LINK.findall(text_of(page)) if "://" not in target and "mailto:" not in target
    ]

    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if not page.startswith(("docs/decisions", "docs/reference"))]
)
def test_variables_that_are_named_exist(page: str) -> None:
    known = {name.upper() for name in variables()} | OTHERS

    assert set(VARIABLE.findall(text_of(page))) - known == set()


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_are_named_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))

    assert set(re.findall(r"`make ([a-z]+)", text_of(page))) - targets == set()


def test_both_readmes_have_the_same_parts() -> None:
    """Both have the same number of headings of each level, and the same code blocks except for comments."""
    english, chinese = (text_of(name) for name in ("README.md", "README.zh-CN.md"))

    assert [line.count("#") for line in headings(english)] == [line.count("#") for line in headings(chinese)]
    assert commands(english) == commands(chinese)


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)


def commands(text: str) -> list[str]:
    return [
        line.partition(" #")[0].rstrip()
        for block in re.findall(r"```(?:shell|python)\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if not line.startswith("#")
    ]


def test_the_changelog_knows_this_version() -> None:
    assert f"## [{__version__}]" in text_of("CHANGELOG.md")


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert numbers == list(range(1, len(numbers) + 1))
