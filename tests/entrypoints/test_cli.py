from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import oneapi.entrypoints.server
from oneapi import __version__
from oneapi.domain.errors import StorageUnavailable
from oneapi.entrypoints.cli import main
from oneapi.entrypoints.settings import CannotStart

if TYPE_CHECKING:
    from pathlib import Path

    from oneapi.entrypoints.settings import Settings


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """Records how the command line starts the server, without starting one."""
    calls: list[dict[str, Any]] = []

    def serve(settings: Settings, **how: Any) -> int:
        calls.append({"settings": settings, **how})
        return 0

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(oneapi.entrypoints.server, "serve", serve)
    return calls


def how(call: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in call.items() if name != "settings"}


@pytest.mark.parametrize("arguments", [[], ["serve"]])
def test_without_a_command_it_serves_like_the_original(
    arguments: list[str], served: list[dict[str, Any]]
) -> None:
    assert main(arguments) == 0
    assert how(served[0]) == {"port": 3000, "log_dir": "./logs", "workers": 1, "demo": False}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "8080", "--log-dir", "/var/log/oneapi", "--workers", "2", "--demo"],
        ["serve", "--port=8080", "--log-dir=/var/log/oneapi", "--workers=2", "--demo"],
        ["-port", "8080", "-log-dir", "/var/log/oneapi", "-workers=2", "-demo"],
        ["-port=8080", "-log-dir=/var/log/oneapi", "-workers=2", "-demo", "serve"],
    ],
)
def test_options_are_read_with_one_dash_or_two(arguments: list[str], served: list[dict[str, Any]]) -> None:
    main(arguments)

    assert how(served[0]) == {"port": 8080, "log_dir": "/var/log/oneapi", "workers": 2, "demo": True}


def test_an_empty_log_directory_means_no_file(served: list[dict[str, Any]]) -> None:
    main(["--log-dir", ""])

    assert served[0]["log_dir"] == ""


def test_variables_take_precedence_over_options(
    served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "4000")
    monkeypatch.setenv("WORKERS", "3")

    main(["--port", "8080", "--workers", "2"])

    assert (served[0]["port"], served[0]["workers"]) == (4000, 3)
    assert served[0]["settings"].port == 4000


def test_an_empty_variable_leaves_the_option_alone(
    served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "")

    main(["--port", "8080"])

    assert served[0]["port"] == 8080


def test_a_file_env_in_the_working_directory_is_read(served: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=4100\nTHEME=berry\n")

    main([])

    assert (served[0]["port"], served[0]["settings"].theme) == (4100, "berry")


@pytest.mark.parametrize("option", ["--version", "-version"])
def test_the_version_is_printed_alone(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([option]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize("option", ["--help", "-help", "-h"])
def test_help_names_every_option(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([option]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("--port", "--log-dir", "--workers", "--demo", "--version"))


@pytest.mark.parametrize(
    "arguments", [["--port", "eighty"], ["--port", "0"], ["--workers", "-1"], ["--colour"], ["dance"]]
)
def test_a_wrong_command_line_is_one_line(
    arguments: list[str], served: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert served == []
    assert_one_line(capsys.readouterr().err)


@pytest.mark.parametrize(
    "error",
    [
        CannotStart("the database cannot be used:\nit is newer"),
        StorageUnavailable(),
        PermissionError(13, "Permission denied", "spool"),
    ],
)
def test_what_keeps_the_server_from_starting_is_one_line(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise error

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(oneapi.entrypoints.server, "serve", fail)

    assert main([]) == 1
    assert_one_line(capsys.readouterr().err)


def test_a_bad_setting_is_one_line(
    served: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SYNC_FREQUENCY", "often")

    assert main([]) == 1
    assert served == []
    shown = capsys.readouterr().err
    assert_one_line(shown)
    assert "SYNC_FREQUENCY" in shown


def test_started_as_a_module_it_ends_within_seconds_on_a_busy_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104  # where the server listens
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "oneapi", "--port", str(port)],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    assert ended.returncode == 1
    assert_one_line(ended.stderr)
    assert str(port) in ended.stderr


def assert_one_line(text: str) -> None:
    assert text.startswith("oneapi: ")
    assert text.count("\n") == 1
    assert text.endswith("\n")
