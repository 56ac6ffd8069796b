from __future__ import annotations

from pathlib import Path

import pytest

from oneapi.entrypoints.settings import variables
from scripts.reference import PAGES, env_example

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", PAGES)
def test_a_generated_page_is_as_the_code_says(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == PAGES[path](), "run make docs"


def test_the_example_file_sets_nothing_until_it_is_edited() -> None:
    assert all(line.startswith("#") for line in env_example().splitlines() if line)


def test_every_variable_says_what_it_is_for_in_sentences() -> None:
    silent = [
        name
        for name, variable in variables().items()
        if not variable.about.endswith(".") or not variable.about[0].isupper() or not variable.kind.allowed
    ]

    assert silent == []
