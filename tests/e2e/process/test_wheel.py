"""The wheel starts with only its own dependencies."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contents of a wheel built from this tree."""
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", target],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target / "content")
    return target / "content"


def test_the_wheel_holds_the_program_and_its_data(unpacked: Path) -> None:
    tracked = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "oneapi").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}

    assert tracked <= shipped
    assert all(name.startswith(("oneapi/", "oneapi-")) for name in shipped)


#: Refuses the modules named on the command line as if they were not installed, then imports the server.
WITHOUT = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

refused = set(sys.argv[1:])
sys.meta_path.insert(0, Refuse())
import oneapi.entrypoints.server
print(oneapi.__file__)
"""


def test_the_wheel_runs_with_nothing_but_its_own_dependencies(unpacked: Path, tmp_path: Path) -> None:
    installed = importlib.metadata.packages_distributions()
    runtime = locked() | {"oneapi"}
    tools = [
        module
        for module, owners in installed.items()
        if not {canonicalize_name(owner) for owner in owners} & runtime and module.isidentifier()
    ]
    asked = subprocess.run(
        [sys.executable, "-c", WITHOUT, *tools],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "pytest" in tools
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith(str(unpacked))


def locked() -> set[str]:
    """The packages that the program needs."""
    return set(
        re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    )
