"""This server: one worker on SQLite, set up through its admin API, with everything that requests pass in production."""

from __future__ import annotations

import functools
import http.client
import json
import os
import shlex
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import wire
from bench.peers.target import Site, Start, Target, ask_until_answered
from bench.processes import NotStarted, free_port, running, wait_for_port

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = f"{shlex.quote(str(Path(__file__).parents[2] / '.venv' / 'bin' / 'oneapi'))} --port {{port}}"
_DATABASE = "one-api.db"
#: The token is limited, so that its remaining quota is held and charged too.
_TOKEN_QUOTA = 10**11
#: Seconds after the last answer within which the bill must be complete.
_SETTLED_WITHIN = 10


class AdminApi:
    """The admin API of a One API, signed in as its first account."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookie = ""
        self.call("POST", "/api/user/login", {"username": "root", "password": "123456"})

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The data of the answer. Raises NotStarted if the call is refused."""
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            headers = {"Cookie": self._cookie, "Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
            if set_cookie := response.getheader("set-cookie"):
                self._cookie = set_cookie.partition(";")[0]
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {}
        if not answer.get("success"):
            raise NotStarted(f"{method} {path}: {response.status} {text[:300].decode(errors='replace')}")
        return answer.get("data")

    def make_channel(self, base_url: str) -> None:
        """Create a channel of OpenAI's type for the upstream."""
        channel = {"type": 1, "key": wire.UPSTREAM_KEY, "name": "bench", "base_url": base_url}
        self.call("POST", "/api/channel/", {**channel, "models": wire.MODEL, "group": "default"})

    def make_token(self) -> str:
        """Create a limited token. Returns its key."""
        token = {"name": "bench", "remain_quota": _TOKEN_QUOTA, "unlimited_quota": False, "expired_time": -1}
        key: str = self.call("POST", "/api/token/", token)["key"]
        return key

    def bill(self) -> dict[str, int]:
        """The usage on record, by where it is recorded: requests, and quota units."""
        user = self.call("GET", "/api/user/self")
        (token,) = (each for each in self.call("GET", "/api/token/?p=0") if each["name"] == "bench")
        return {
            "requests of the user": user["request_count"],
            "used by the user": user["used_quota"],
            "used by the token": token["used_quota"],
            "taken from the token": _TOKEN_QUOTA - token["remain_quota"],
            "sum of the log": self.call("GET", "/api/log/stat?type=2")["quota"],
        }


def starting(command: str) -> Start:
    """Starts the server with a command line in which ``{port}`` is replaced by its port."""
    return functools.partial(start, command)


@contextmanager
def start(command: str, site: Site) -> Iterator[Target]:
    """A fresh server with one channel and one token."""
    port = free_port()
    words = shlex.split(command.format(port=port))
    variables = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    try:
        with running(
            words, core=site.core, log=site.log, cwd=site.directory, environment=variables
        ) as process:
            wait_for_port(process, port, site.log)
            api = AdminApi(port)
            api.make_channel(site.upstream_url)
            headers = {"Authorization": f"Bearer sk-{api.make_token()}"}
            ask_until_answered(port, headers, site.log, 15)
            check = functools.partial(check_bill, api, site.directory / _DATABASE)
            yield Target("ours", "One API", port, process.pid, headers, check_bill=check, asked=1)
    except FileNotFoundError as error:
        raise NotStarted(str(error)) from None


def check_bill(api: AdminApi, database: Path, answered: int) -> list[str]:
    """The differences from billing every request exactly once; the records may take a moment to be complete."""
    end = time.monotonic() + _SETTLED_WITHIN
    while True:
        wrong = _differences(api.bill(), answered) + _wrong_rows(database, answered)
        if not wrong or time.monotonic() > end:
            return wrong
        time.sleep(0.5)


def _differences(bill: dict[str, int], answered: int) -> list[str]:
    due = dict.fromkeys(bill, answered * wire.PRICE) | {"requests of the user": answered}
    return [f"{name}: {bill[name]}, due {due[name]}" for name in bill if bill[name] != due[name]]


def _wrong_rows(database: Path, answered: int) -> list[str]:
    """What is wrong with the number of log rows, if the database is in the server's directory."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows, requests = connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT request_id) FROM logs WHERE type = 2"
        ).fetchone()
    right = rows == requests == answered
    return [] if right else [f"log rows: {rows} of {requests} requests, due {answered}"]
