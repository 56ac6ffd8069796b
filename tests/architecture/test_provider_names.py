"""Nothing outside ``adapters/providers`` and ``adapters/dialects`` names a provider."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import oneapi
from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.providers.catalog import SPECS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(oneapi.__file__).parent
AT_HOME = (ROOT / "adapters" / "providers", ROOT / "adapters" / "dialects")
#: Ordinary words, and the name of a wire format's origin, are no provider's names.
WORDS = {"custom", "proxy", "openai", *DIALECTS}
NAMES = {name for spec in SPECS.values() for name in (spec.id, spec.label.en.lower(), spec.owner)} - WORDS


def sources() -> Iterator[Path]:
    for path in ROOT.rglob("*.py"):
        if not any(path.is_relative_to(home) for home in AT_HOME):
            yield path


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every text of a program that is no docstring."""
    notes = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.lineno, node.value


def test_no_program_text_is_a_providers_name() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {text!r}"
        for path in sources()
        for line, text in texts(ast.parse(path.read_text()))
        if text.lower() in NAMES
    ]
    assert found == []


def test_the_gateway_itself_names_none() -> None:
    path = ROOT / "adapters" / "upstream" / "gateway.py"
    assert [
        text for _, text in texts(ast.parse(path.read_text())) if text.lower() in NAMES | {"openai"}
    ] == []


def test_the_names_are_those_of_the_catalog() -> None:
    assert {"azure", "anthropic", "minimax"} <= NAMES | set(DIALECTS)
    assert len(NAMES) > len(SPECS) // 2
