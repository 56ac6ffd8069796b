"""Starting: the demo's command works, and each reason for not starting is one clear line."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.gateway.server import Administrator, Gateway, running
from tests.support.network.ports import free_port

if TYPE_CHECKING:
    from tests.support.stores.databases import FreshDatabase

FOREIGN = Path(__file__).parents[2] / "fixtures" / "foreign" / "new-api.db"


def refused(directory: Path, *arguments: str, **environment: str) -> str:
    """The standard error of a start that must fail."""
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


def test_without_demo_nothing_is_set_up(tmp_path: Path) -> None:
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
        holder.bind(("0.0.0.0", port))  # noqa: S104  # like the server
        holder.listen()
        assert str(port) in refused(tmp_path, PORT=str(port))


def test_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        gateway.stop()
    with sqlite3.connect(tmp_path / "one-api.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer release" in refused(tmp_path)


def test_unreachable_databases_are_named_without_their_passwords(tmp_path: Path) -> None:
    dsns = ["postgres://user:hidden@127.0.0.1:{}/x", "user:hidden@tcp(127.0.0.1:{})/x"]
    with ThreadPoolExecutor() as side_by_side:
        lines = list(side_by_side.map(lambda dsn: refused(tmp_path, SQL_DSN=dsn.format(free_port())), dsns))
    for line in lines:
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


# --- databases that cannot be used ----------------------------------------------------------------------


def test_a_database_of_another_program_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "one-api.db"
    shutil.copyfile(FOREIGN, path)
    before = path.read_bytes(), path.stat().st_mtime_ns
    for line in (
        refused(tmp_path),
        refused(tmp_path, "encrypt-keys", ENCRYPTION_KEY="x" * 16),
        refused(tmp_path, NODE_TYPE="slave"),
    ):
        assert line.startswith("oneapi: SQLITE_PATH: ")
        assert "new-api" in line
        assert "left untouched" in line
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [found.name for found in tmp_path.glob("one-api.db*")] == ["one-api.db"]


def test_a_log_database_of_another_program_is_named(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "log.db") as connection:
        connection.execute("CREATE TABLE logs (id, user_id, created_at, type, content, use_time, other)")
    connection.close()
    line = refused(tmp_path, LOG_SQL_DSN=f"sqlite:///{tmp_path / 'log.db'}")
    assert line.startswith("oneapi: LOG_SQL_DSN: ")
    assert "new-api" in line


@pytest.mark.parametrize("product", ["postgresql", "mysql"], indirect=True)
@pytest.mark.parametrize("variable", ["SQL_DSN", "LOG_SQL_DSN"])
def test_a_wrong_password_or_name_is_reported_at_once_with_its_variable(
    fresh_database: FreshDatabase, tmp_path: Path, variable: str
) -> None:
    nowhere = fresh_database.dsn.replace(fresh_database.name, "oneapi_test_none")
    line = refused(tmp_path, **{variable: nowhere})
    assert line.startswith(f"oneapi: {variable}: ")
    assert "oneapi_test_none" in line
    if fresh_database.product == "mysql":
        line = refused(tmp_path, **{variable: re.sub("^[^@]*@", "nobody:hunter2@", fresh_database.dsn)})
        assert line.startswith(f"oneapi: {variable}: ")
        assert "hunter2" not in line


@pytest.mark.parametrize("product", ["postgresql"], indirect=True)
@pytest.mark.parametrize("variable", ["SQL_DSN", "LOG_SQL_DSN"])
def test_an_unknown_parameter_is_reported_with_its_variable(
    fresh_database: FreshDatabase, tmp_path: Path, variable: str
) -> None:
    line = refused(tmp_path, **{variable: f"{fresh_database.dsn}&no_such_setting=1"})
    assert line.startswith(f"oneapi: {variable}: ")
    assert "no_such_setting" in line


def test_a_missing_certificate_is_reported_with_its_variable(tmp_path: Path) -> None:
    dsn = f"postgres://me:hunter2@127.0.0.1:{free_port()}/x?sslmode=verify-full&sslrootcert=/none.pem"
    line = refused(tmp_path, SQL_DSN=dsn)
    assert line.startswith("oneapi: SQL_DSN: ")
    assert "hunter2" not in line


def test_all_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "one-api.db"
    sqlite3.connect(path).close()
    path.chmod(0o666)
    before = os.umask(0)
    try:
        with running(tmp_path) as gateway:
            Administrator(gateway.url).add_token()
            modes = {
                found.relative_to(tmp_path): stat.S_IMODE(found.stat().st_mode)
                for found in tmp_path.rglob("*")
                if found.name != "output.log"  # created by this test
            }
    finally:
        os.umask(before)
    assert {str(name) for name in modes} >= {
        "one-api.db",
        "one-api.db-wal",
        "one-api.db-shm",
        "logs",
        "spool",
    }
    for name, mode in modes.items():
        assert mode == (0o700 if str(name) in ("logs", "spool") else 0o600), name
