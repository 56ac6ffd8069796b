"""Layers: which modules may import which, and which may use the outside world."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.architecture.programs import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "oneapi"
MOST_LINES_OF_A_TEST_FILE = 600
MOST_LINES_OF_A_PART = 150
MOST_MODULES_OF_A_FOLDER = 15


@functools.cache
def modules() -> list[tuple[str, ast.Module]]:
    return [(path.relative_to(SOURCE).as_posix(), parsed(path)) for path in SOURCE.rglob("*.py")]


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reads_environment(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
        for node in ast.walk(tree)
    )


def test_the_contracts_of_pyproject_hold() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout


def dotted(name: str) -> str:
    return "oneapi." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_no_modules_import_one_another_not_even_for_types() -> None:
    graph = {dotted(name): set(imports(tree)) for name, tree in modules()}
    graph = {
        name: {
            target
            for found in targets
            if (target := found if found in graph else found.rpartition(".")[0]) in graph and target != name
        }
        for name, targets in graph.items()
    }
    # What imports nothing that is left, and what nothing that is left imports, is in no circle.
    left = set(graph)
    while free := {
        name for name in left if not graph[name] & left or not any(name in graph[other] for other in left)
    }:
        left -= free

    assert sorted(left) == []


def test_one_file_reads_the_environment() -> None:
    assert [name for name, tree in modules() if reads_environment(tree)] == ["entrypoints/settings.py"]


def test_only_the_composition_wires() -> None:
    wiring = {
        name.rpartition("/")[0]
        for name, tree in modules()
        if any(name.startswith("dependency_injector") for name in imports(tree))
    }

    assert wiring == {"entrypoints/composition"}


def test_every_part_of_the_composition_is_short() -> None:
    parts = sorted((SOURCE / "entrypoints" / "composition").glob("*.py"))
    long = [part.name for part in parts if lines_of(part) > MOST_LINES_OF_A_PART]

    assert parts
    assert long == []


def test_the_domain_does_not_wait() -> None:
    waiting = [
        name
        for name, tree in modules()
        if name.startswith("domain/")
        and any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree))
    ]

    assert waiting == []


def test_no_module_is_named_after_nothing() -> None:
    nameless = {"utils", "util", "helpers", "helper", "base", "manager", "common", "misc"}

    assert [name for name, _ in modules() if Path(name).stem in nameless] == []


def test_test_files_are_split_before_they_grow_long() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (ROOT / "tests").rglob("*.py")
        if (lines := lines_of(path)) > MOST_LINES_OF_A_TEST_FILE
    }

    assert long == {}


def test_no_folder_is_too_full_to_look_through() -> None:
    counts = Counter(
        Path(name).parent.as_posix() for name, _ in modules() if not name.endswith("__init__.py")
    )

    assert {folder: n for folder, n in counts.items() if n > MOST_MODULES_OF_A_FOLDER} == {}
