"""Starting: the demo that can be pasted, and every reason not to start in one clear line."""

from __future__ import annotations

import json
import re
import shlex
import socket
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.server import Administrator, Gateway, free_port, running

if TYPE_CHECKING:
    from pathlib import Path


def refused(directory: Path, *arguments: str, **environment: str) -> str:
    """What a start that must fail says on standard error."""
    gateway = Gateway(directory, environment, arguments)
    ended = subprocess.run(
        [sys.executable, "-m", "oneapi", "--port", str(gateway.port), *arguments],
        cwd=directory,
        env=gateway.environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
    [line] = ended.stderr.strip().splitlines()
    return line


def test_demo_prints_a_curl_that_gets_a_streamed_and_billed_answer(tmp_path: Path) -> None:
    with running(tmp_path, "--demo") as gateway:
        shown = gateway.output()
        assert "root / 123456" in shown
        assert str(gateway.port) in shown
        command = shlex.split(re.search(r"curl .*?'\n", shown, re.DOTALL)[0].replace("\\\n", " "))  # type: ignore[index]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
        chunks = [line.removeprefix("data: ") for line in answer.splitlines() if line]
        assert chunks[-1] == "[DONE]"
        words = [json.loads(chunk)["choices"] for chunk in chunks[:-1]]
        text = "".join(choices[0]["delta"].get("content", "") for choices in words if choices)
        assert text.endswith("Hello!")
        [row] = Administrator(gateway.url).consumed()
        assert row["quota"] > 0
        assert row["is_stream"]


def test_without_demo_there_is_nothing_of_it(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        admin = Administrator(gateway.url)
        assert admin.call("GET", "/api/channel/?p=0") == []
        assert admin.call("GET", "/api/token/?p=0") == []
        assert httpx.post(gateway.url + "/demo-upstream/v1/chat/completions", json={}).status_code == 404


def test_bad_setting_is_named(tmp_path: Path) -> None:
    line = refused(tmp_path, RELAY_TIMEOUT="soon")
    assert "RELAY_TIMEOUT" in line
    assert "soon" in line


def test_busy_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as holder:
        port = free_port()
        holder.bind(("0.0.0.0", port))  # noqa: S104  # as the server does
        holder.listen()
        assert str(port) in refused(tmp_path, PORT=str(port))


def test_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        gateway.stop()
    with sqlite3.connect(tmp_path / "one-api.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer release" in refused(tmp_path)


@pytest.mark.parametrize(
    "scheme", ["postgres://user:hidden@127.0.0.1:{}/x", "user:hidden@tcp(127.0.0.1:{})/x"]
)
def test_unreachable_database_is_named_without_its_password(tmp_path: Path, scheme: str) -> None:
    line = refused(tmp_path, SQL_DSN=scheme.format(free_port()))
    assert "database" in line
    assert "127.0.0.1" in line
    assert "hidden" not in line


def test_sessions_outlive_a_restart_without_a_configured_secret(tmp_path: Path) -> None:
    with running(tmp_path, SESSION_SECRET="") as gateway:
        admin = Administrator(gateway.url)
        gateway.stop()
        gateway.start()
        assert admin.self()["username"] == "root"


def test_initial_token_and_password(tmp_path: Path) -> None:
    with running(tmp_path, INITIAL_ROOT_TOKEN="sk-first", INITIAL_ROOT_PASSWORD="a-better-one") as gateway:
        Administrator(gateway.url, "a-better-one")
        headers = {"Authorization": "Bearer sk-first"}
        assert httpx.get(gateway.url + "/v1/models", headers=headers).status_code == 200
