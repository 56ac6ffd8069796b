"""``ENCRYPTION_KEY`` on every database: keys work but are not readable; and the commands that convert them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import select

from oneapi.adapters.database.schema.tables import audit, channels
from oneapi.domain.routing.channels import SEALED
from tests.support.gateway.server import NO_TLS, Administrator, Gateway, running
from tests.support.providers.upstream import ProgrammableUpstream, chat_reply

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.stores.databases import FreshDatabase

KEY = "sk-provider-0123456789"
SECRET = "the key of the tests"
CHAT = "/v1/chat/completions"


def command(gateway: Gateway, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "oneapi", name, "--port", str(gateway.port)],
        cwd=gateway.directory,
        env=gateway.environment | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def stored_key(fresh: FreshDatabase) -> str:
    """The stored key of the only channel. Asserts that the audit log does not contain it."""

    async def read() -> str:
        database = fresh.open()
        async with database.read() as connection:
            changes = await connection.execute(select(audit.c.before, audit.c.after))
            assert not [row for row in changes if KEY in row[0] + row[1]]
            key = (await connection.execute(select(channels.c.key))).scalar_one()
        await database.close()
        return str(key)

    return asyncio.run(read())


def asks(gateway: Gateway, upstream: ProgrammableUpstream, token: str) -> str:
    """The ``Authorization`` header that the upstream receives."""
    upstream.always(CHAT, chat_reply("hello", prompt_tokens=1, completion_tokens=1))
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
    headers = {"Authorization": token}
    answer = httpx.post(gateway.url + CHAT, json=body, headers=headers, timeout=20, verify=NO_TLS)
    assert answer.status_code == 200, answer.text
    return str(upstream.requests[-1].header("authorization"))


def test_encrypted_keys_work_and_can_be_decrypted_again(
    fresh_database: FreshDatabase, upstream: ProgrammableUpstream, tmp_path: Path
) -> None:
    with running(tmp_path, **fresh_database.environment) as gateway:
        admin = Administrator(gateway.url)
        token, number = admin.add_token(), admin.add_channel(upstream.url, "gpt-4o", key=KEY)
        gateway.stop()
        assert stored_key(fresh_database) == KEY

        gateway.environment["ENCRYPTION_KEY"] = SECRET
        gateway.start()
        assert asks(gateway, upstream, token) == f"Bearer {KEY}"
        done = command(gateway, "encrypt-keys")  # while the server runs
        assert done.returncode == 0, done.stderr
        assert "1 channels, 0 options, 1 tokens, 1 access tokens, 0 responses changed" in done.stdout
        assert stored_key(fresh_database).startswith(SEALED)
        admin.call("PUT", "/api/channel/", {"id": number, "name": "renamed"})
        assert asks(gateway, upstream, token) == f"Bearer {KEY}"
        gateway.stop()
        gateway.start()
        assert asks(gateway, upstream, token) == f"Bearer {KEY}"
        gateway.stop()

        for name, wrong, reason in (
            ("serve", "", "not set"),
            ("decrypt-keys", "x" * 16, "another ENCRYPTION_KEY"),
        ):
            refused = command(gateway, name, ENCRYPTION_KEY=wrong)
            assert refused.returncode == 1
            assert f"channel {number}" in refused.stderr
            assert reason in refused.stderr
            assert len(refused.stderr.splitlines()) == 1

        renewed = command(gateway, "encrypt-keys", ENCRYPTION_KEY=f"{'y' * 16}, {SECRET}")
        assert renewed.returncode == 0, renewed.stderr
        back = command(gateway, "decrypt-keys", ENCRYPTION_KEY="y" * 16)
        assert back.returncode == 0, back.stderr
        assert stored_key(fresh_database) == KEY
        gateway.environment["ENCRYPTION_KEY"] = ""
        gateway.start()
        assert asks(gateway, upstream, token) == f"Bearer {KEY}"


@pytest.mark.parametrize("product", ["sqlite"], indirect=True)
def test_a_key_created_under_encryption_is_nowhere_on_the_disk(
    fresh_database: FreshDatabase, upstream: ProgrammableUpstream, tmp_path: Path
) -> None:
    environment = fresh_database.environment | {"ENCRYPTION_KEY": SECRET, "DEBUG_SQL": "true"}
    with running(tmp_path, **environment) as gateway:
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, "gpt-4o", key=KEY, config='{"sk":"very-hidden"}')
        token, access = admin.add_token(), admin.call("GET", "/api/user/token")
        admin.set_option("SMTPToken", "hidden-option")
        assert asks(gateway, upstream, token) == f"Bearer {KEY}"
        known = httpx.get(gateway.url + "/api/user/self", headers={"Authorization": access}, verify=NO_TLS)
        assert known.json()["data"]["username"] == "root"
        gateway.stop()
        assert "UPDATE channels" in gateway.output()
        assert "UPDATE users" in gateway.output()  # by the ledger, which bypasses SQLAlchemy on SQLite
        written = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert any(SEALED.encode() in path.read_bytes() for path in written)
        for path in written:
            content = path.read_bytes()
            for secret in (KEY, "very-hidden", "hidden-option", token.removeprefix("sk-"), access):
                assert secret.encode() not in content, (path, secret)
