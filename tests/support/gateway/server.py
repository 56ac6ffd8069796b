"""A real gateway process for end-to-end tests, and an administrator's client of it."""

from __future__ import annotations

import contextlib
import os
import signal
import ssl
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx

from tests.support.network.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 90
#: For clients of plain HTTP; otherwise httpx loads all root certificates for each.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Gateway:
    """One gateway process in its own directory; ``start`` again after ``kill`` opens the same data."""

    def __init__(self, directory: Path, environment: dict[str, str], arguments: tuple[str, ...] = ()) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = arguments
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "SESSION_SECRET": "of-the-tests",
            "GLOBAL_API_RATE_LIMIT": "0",
            "GLOBAL_WEB_RATE_LIMIT": "0",
            "CRITICAL_RATE_LIMIT": "0",
        } | environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        self.launch()
        self._wait_until_it_answers()

    def launch(self) -> None:
        command = [sys.executable, "-m", "oneapi", "--port", str(self.port), *self._arguments]
        log = (self.directory / "output.log").open("ab")
        self.process = subprocess.Popen(
            command, cwd=self.directory, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def _wait_until_it_answers(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(httpx.TransportError):
                if (
                    httpx.get(self.url + "/api/status", timeout=2, verify=NO_TLS).status_code
                    == httpx.codes.OK
                ):
                    return
            time.sleep(0.05)
        raise AssertionError(f"the gateway did not start:\n{self.output()}")

    def output(self) -> str:
        return (self.directory / "output.log").read_text(errors="replace")

    def stop(self) -> int:
        """Send SIGTERM. Returns the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(40)

    def kill(self) -> None:
        """Send SIGKILL to the process and its workers, as in a crash."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@contextlib.contextmanager
def running(directory: Path, *arguments: str, **environment: str) -> Iterator[Gateway]:
    """A gateway for the length of a ``with`` block; workers that outlive it are killed."""
    gateway = Gateway(directory, environment, arguments)
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.kill()


class Administrator:
    """Signed in as root.

    A new database serves no model without a price; ``any_model``: those of the channels that are added cost ratio 30.
    On a ``shared`` server a second enabled channel for a model in the same group is refused: other tests would meet it.
    """

    def __init__(
        self, url: str, password: str = "123456", *, any_model: bool = True, shared: bool = False
    ) -> None:
        self._url = url
        self._any_model = any_model
        self._shared = shared
        self.cookies: dict[str, str] = {}
        self.call("POST", "/api/user/login", {"username": "root", "password": password})

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The ``data`` of a successful answer."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        got = httpx.request(
            method, self._url + path, json=body, headers={"Cookie": cookie}, timeout=20, verify=NO_TLS
        )
        self.cookies |= dict(got.cookies)
        answer = got.json()
        assert answer["success"], answer
        return answer.get("data")

    def add_channel(self, base_url: str, models: str, *, by_number: bool = False, **fields: Any) -> int:
        """The id of a new channel of OpenAI's type unless ``fields`` say otherwise.

        ``by_number``: only keys that name this channel ask for its models, which others may serve as well.
        """
        if self._any_model:
            self._any_model = False
            options = {option["key"]: option["value"] for option in self.call("GET", "/api/option/")}
            if options["UnpricedModelPolicy"] == "listed_only":
                self.set_option("UnpricedModelPolicy", "listed")
        channel = {
            "type": 1,
            "key": "sk-upstream",
            "name": "upstream",
            "base_url": base_url,
            "models": models,
        }
        channel = channel | {"group": "default"} | fields
        if self._shared and not by_number:
            self._refuse_shared_models(channel)
        self.call("POST", "/api/channel/", channel)
        newest: int = self.call("GET", "/api/channel/?p=0")[0]["id"]
        return newest

    def _refuse_shared_models(self, channel: dict[str, Any]) -> None:
        models = set(channel["models"].split(",")) - {""}
        for other in self._pages("/api/channel/?"):
            if other["status"] == 1 and other["group"] == channel["group"]:
                both = models & set(other["models"].split(","))
                assert not both, f"channel {other['name']!r} of another test serves {sorted(both)} as well"

    def add_token(self, **fields: Any) -> str:
        """The key of a new token in the form that clients send; unlimited unless ``fields`` say otherwise."""
        token = {"name": "test", "unlimited_quota": True, "expired_time": -1}
        created: str = self.call("POST", "/api/token/", token | fields)["key"]
        return "sk-" + created

    def set_option(self, key: str, value: str) -> None:
        self.call("PUT", "/api/option/", {"key": key, "value": value})

    def self(self) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", "/api/user/self")
        return found

    def consumed(self) -> list[dict[str, Any]]:
        """All consume rows of the log, newest first."""
        return self._pages("/api/log/?type=2&")

    def _pages(self, path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while page := self.call("GET", f"{path}page_size=100&p={len(rows) // 100}"):
            rows += page
            if len(page) < 100:  # the page size in the query
                break
        return rows
