"""What depends on the kind of work is in tables by kind; branches on a kind are few and listed here."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import oneapi
from oneapi.adapters.dialects.openai_chat.wire import NAME
from oneapi.domain import work as kinds
from oneapi.domain.work import Work
from tests.architecture.programs import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(oneapi.__file__).parent
MOST_BRANCHES = 4
#: Sets of kinds that have a name.
SETS = {name for name, value in vars(kinds).items() if isinstance(value, frozenset)}


def programs() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield str(path.relative_to(ROOT)), parsed(path)


def names_a_kind(node: ast.AST, of_this_file: set[str]) -> bool:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "Work":
            return True
        if isinstance(part, ast.Name) and part.id in SETS | of_this_file:
            return True
    return False


def sets_of(tree: ast.AST) -> set[str]:
    """Names that a file gives to a tuple or set of kinds."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value.args[0] if isinstance(node.value, ast.Call) and node.value.args else node.value
            items = value.elts if isinstance(value, ast.Tuple | ast.Set | ast.List) else []
            if items and all(names_a_kind(item, set()) for item in items):
                found.add(node.targets[0].id)
    return found


def branches(tree: ast.AST) -> list[int]:
    """The lines that compare something with a kind of work, or look for it in a set of kinds."""
    own = sets_of(tree)
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare | ast.MatchValue) and names_a_kind(node, own)
    ]


def test_branches_are_found() -> None:
    text = """
TEXT = (Work.EMBED, Work.EDIT)
TABLE = {Work.EMBED: 1}
if work is Work.EMBED: pass
if work in TEXT: pass
if work in {Work.EMBED}: pass
if work in CONVERSATIONS: pass
value = TABLE.get(work)
match work:
    case Work.EMBED: pass
"""
    assert sorted(branches(ast.parse(text))) == [4, 5, 6, 7, 10]


def test_few_branches_are_left() -> None:
    found = [f"{path}:{line}" for path, tree in programs() for line in branches(tree)]
    assert len(found) <= MOST_BRANCHES, found


def test_openais_format_is_named_in_one_place() -> None:
    """All others take the name from its dialect."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in programs()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == NAME
    ]
    assert [place.partition(":")[0] for place in found] == ["adapters/dialects/openai_chat/wire.py"], found


def test_kinds_have_no_paths() -> None:
    assert all(kind.value.isalpha() for kind in Work)
