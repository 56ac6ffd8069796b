"""Files that hold secrets are for the user of the server alone, whatever the umask."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oneapi.adapters.private_files import make_private, make_private_directory, open_private, tighten

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=[0o000, 0o022, 0o077], autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_l5_what_is_made_is_private(tmp_path: Path) -> None:
    make_private(tmp_path / "file")
    assert mode(tmp_path / "file") == 0o600
    make_private_directory(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700


def test_l5_what_is_there_becomes_private_and_keeps_its_content(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    for change in (make_private, tighten):
        file.chmod(0o664)
        change(file)
        assert mode(file) == 0o600
    assert file.read_text() == "kept"
    tighten(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_l5_a_directory_of_the_operators_stays_as_it_is(tmp_path: Path) -> None:
    made = tmp_path / "shared"
    made.mkdir()
    made.chmod(0o755)
    make_private_directory(made)
    assert mode(made) == 0o755


def test_l5_a_file_of_another_user_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    file.chmod(0o644)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    tighten(file)
    assert mode(file) == 0o644


def test_l5_a_device_stays_as_it_is() -> None:
    null = Path("/dev/null")
    before = mode(null)
    os.close(open_private(str(null), os.O_WRONLY))
    assert mode(null) == before
