"""Packaging: lock files contain what is declared, and the image and the compose file are as they must be."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from oneapi.adapters.database.connection.dsn import read_dsn
from oneapi.entrypoints.settings import Settings

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt")


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def instructions(word: str) -> list[str]:
    return re.findall(rf"^{word} +(.*)$", dockerfile(), re.MULTILINE)


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def locked(name: str) -> set[str]:
    return set(
        re.findall(
            r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
        )
    )


@pytest.mark.parametrize("name", LOCKS)
def test_every_pinned_package_has_hashes_and_names_no_registry(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9].*$", text, re.MULTILINE)

    assert all(pin.endswith("\\") for pin in pins)
    assert "://" not in text
    assert "index" not in text


def test_the_lock_files_hold_what_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = {canonicalize_name(Requirement(text).name) for text in declared["project"]["dependencies"]}
    groups = declared["dependency-groups"]
    tools = {canonicalize_name(Requirement(text).name) for text in groups["dev"] if isinstance(text, str)}

    assert runtime | set(groups["build"]) <= locked("requirements.txt")
    assert locked("requirements.txt") | tools <= locked("requirements-dev.txt")


def test_both_lock_files_pin_the_same_versions() -> None:
    def pins(name: str) -> set[str]:
        return set(
            re.findall(r"^([a-z0-9._-]+==\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        )

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_the_image_keeps_to_the_originals_places_and_is_not_root() -> None:
    assert len(instructions("FROM")) == 3
    assert instructions("USER") == ["oneapi"]
    assert instructions("WORKDIR")[-1] == "/data"
    assert instructions("VOLUME") == ["/data"]
    assert instructions("EXPOSE") == ["3000"]
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["oneapi"]


def test_what_the_image_copies_is_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [word for line in instructions("COPY") if "--from" not in line for word in line.split()[:-1]]

    assert copied
    for name in copied:
        assert {f"!{name}", f"!{name.partition('/')[0]}"} & set(ignored)
        assert (ROOT / name).exists()


def test_the_health_check_fails_when_nobody_answers() -> None:
    command = json.loads(instructions("HEALTHCHECK")[0].partition("CMD ")[2])
    checked = subprocess.run(
        [sys.executable, *command[1:]], env={"PORT": "1"}, check=False, capture_output=True, timeout=20
    )

    assert command[0] == "python"
    assert b"ConnectionRefusedError" in checked.stderr


def test_the_compose_file_is_understood_by_the_program() -> None:
    service = compose()["services"]["one-api"]
    settings = Settings.from_environment(dict(entry.split("=", 1) for entry in service["environment"]))

    assert read_dsn(settings.sql_dsn).url.host == "db"
    assert settings.redis_conn_string == "redis://redis"
    assert settings.session_secret == ""  # the example is no secret
    assert service["ports"] == ["3000:3000"]
    assert "./data/oneapi:/data" in service["volumes"]


def test_the_compose_file_grants_the_account_that_the_program_uses() -> None:
    services = compose()["services"]
    granted = services["db"]["environment"]
    (dsn,) = (
        entry.partition("=")[2] for entry in services["one-api"]["environment"] if entry.startswith("SQL_DSN")
    )
    url = read_dsn(dsn).url

    assert (url.username, url.password, url.database) == (
        granted["MYSQL_USER"],
        granted["MYSQL_PASSWORD"],
        granted["MYSQL_DATABASE"],
    )
