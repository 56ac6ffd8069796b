"""Domain and application have no display texts, markup, columns or wire formats; values at their ports have types."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.architecture.programs import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[2] / "src" / "oneapi"
INNER = sorted(path for layer in ("domain", "application") for path in (SOURCE / layer).rglob("*.py"))
PORTS = sorted((SOURCE / "application").glob("ports*")) + sorted((SOURCE / "application").glob("ports/*.py"))
CHINESE = re.compile("[\u3001-\u303f\u4e00-\u9fff\uff01-\uff5e]")
MARKUP = re.compile(r"</?[a-z][a-z0-9]*[ >]|<!doctype|style=|font-|margin:|padding:", re.IGNORECASE)

#: Fields of clients' and providers' formats. Names of parameters that errors are about are not among them.
WIRE = frozenset(
    """
    candidates choices contents delta encoding_format finish_reason generationConfig inputs instances max_tokens
    max_completion_tokens message messages parts reasoning_effort response_format role stop_reason system_instruction
    temperature tools top_p usage usageMetadata
    """.split()
)


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def texts(node: ast.AST) -> Iterator[str]:
    """The string constants below ``node``, without docstrings."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from texts(child)


def identifiers(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        for attribute in ("id", "attr", "arg", "name"):
            if isinstance(found := getattr(node, attribute, None), str):
                yield found


@pytest.mark.parametrize("path", INNER, ids=name_of)
def test_no_display_text(path: Path) -> None:
    tree = parsed(path)
    assert [text for text in texts(tree) if CHINESE.search(text) or MARKUP.search(text)] == []


@pytest.mark.parametrize("path", INNER, ids=name_of)
def test_no_field_of_a_wire_format(path: Path) -> None:
    tree = parsed(path)
    assert [text for text in texts(tree) if text in WIRE] == []


@pytest.mark.parametrize("path", INNER, ids=name_of)
def test_no_column(path: Path) -> None:
    tree = parsed(path)
    assert [name for name in identifiers(tree) if "column" in name.lower()] == []


def test_what_passes_a_port_has_a_type() -> None:
    sources = [path.read_text(encoding="utf-8") for path in PORTS if path.is_file()]
    assert sources
    assert not any(re.search(r"\bAny\b", source) for source in sources)
