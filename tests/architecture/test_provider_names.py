"""Nothing outside ``adapters/providers`` and ``adapters/dialects`` names a provider, or a channel type by number."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import oneapi
from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.providers.registry import SPECS
from tests.architecture.programs import parsed

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
        for line, text in texts(parsed(path))
        if text.lower() in NAMES
    ]
    assert found == []


def test_the_gateway_itself_names_none() -> None:
    path = ROOT / "adapters" / "upstream" / "gateway.py"
    assert [text for _, text in texts(parsed(path)) if text.lower() in NAMES | {"openai"}] == []


def numbers(tree: ast.AST) -> Iterator[int]:
    """The lines with a number that a channel type is compared with, a channel is made of, or a table goes by."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(_is_type, sides)) and any(
                _is_number(part) for side in sides for part in ast.walk(side)
            ):
                yield node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("Channel", "ChannelRecord"):
            given = [*node.args[1:2], *(each.value for each in node.keywords if each.arg == "type")]
            yield from (each.lineno for each in given if _is_number(each))
        elif isinstance(node, ast.Dict) and len(node.keys) > 1 and all(map(_is_number, node.keys)):
            yield node.lineno


def _is_type(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "type" and not ast.unparse(node).endswith(".c.type")
    return isinstance(node, ast.Name) and node.id in ("type_", "channel_type", "kind")


def _is_number(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value in SPECS


def test_the_numbers_of_channel_types_are_found() -> None:
    text = """
channel.type == 14
channel_type in (1, 8)
Channel(1, 3, "key", 1, "c")
ChannelRecord(type=1)
{3: "api_version", 18: "api_version"}
row.status == 1
"""
    assert sorted(numbers(ast.parse(text))) == [2, 3, 4, 5, 6]


def test_no_program_knows_the_number_of_a_channel_type() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        if ROOT / "data" not in path.parents and "migrations" not in path.parts
        for line in numbers(parsed(path))
    ]
    assert found == []


def test_the_names_are_those_of_the_catalog() -> None:
    assert {"azure", "anthropic", "minimax"} <= NAMES | set(DIALECTS)
    assert len(NAMES) > len(SPECS) // 2
