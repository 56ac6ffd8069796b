"""Files that hold secrets are for the user of the server alone, whatever the umask."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oneapi.adapters.private_files import make_private, make_private_directory, tighten

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=[0o000, 0o022, 0o077], autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_made_is_private(tmp_path: Path) -> None:
    make_private(tmp_path / "file")
    assert mode(tmp_path / "file") == 0o600
    make_private_directory(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700


def test_what_is_there_becomes_private_and_keeps_its_content(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    for change in (make_private, tighten):
        file.chmod(0o664)
        change(file)
        assert mode(file) == 0o600
    assert file.read_text() == "kept"
    tighten(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_directory_of_the_operators_stays_as_it_is(tmp_path: Path) -> None:
    made = tmp_path / "shared"
    made.mkdir()
    made.chmod(0o755)
    make_private_directory(made)
    assert mode(made) == 0o755


def test_a_file_of_another_user_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    file.chmod(0o644)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    tighten(file)
    assert mode(file) == 0o644


def test_a_device_stays_as_it_is() -> None:
    null = Path("/dev/null")
    before = mode(null)
    tighten(null)
    assert mode(null) == before


def test_an_open_database_keeps_its_locks(tmp_path: Path) -> None:
    """To open and close a file that SQLite has open takes the process's locks on it away."""
    path = tmp_path / "database.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE t (a)")
    holder.execute("BEGIN IMMEDIATE")
    path.chmod(0o644)
    make_private(path)
    tighten(path)
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
    ended = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert "locked" in ended.stderr
    holder.execute("COMMIT")
    holder.close()
