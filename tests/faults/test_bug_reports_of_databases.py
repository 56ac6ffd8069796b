"""Bug reports about databases: each starts its own gateways, on databases set up as in the report."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import define, field

from tests.faults.case import Case, answer_of, cases
from tests.faults.test_bug_reports import add_channel
from tests.support.gateway.server import NO_TLS, Administrator, Gateway
from tests.support.providers.upstream import running_upstream
from tests.support.stores.databases import skip_unless_reachable, temporary_database
from tests.support.stores.pooler import pooled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.providers.upstream import ProgrammableUpstream

OF_DATABASES = [case for case in cases() if "databases" in case.setting]
PRODUCTS = {"mariadb": "mysql", "postgresql": "postgresql"}
#: Texts that clients and operators must never see.
INSIDES = ("INSERT", "UPDATE", "SELECT", "Traceback", "consume_logs", "remain_quota")


@define
class Run:
    """A case in progress."""

    case: Case
    folder: Path
    stack: ExitStack
    upstreams: dict[str, ProgrammableUpstream]
    databases: dict[str, Any] = field(factory=dict)
    addresses: dict[str, str] = field(factory=dict)
    gateway: Gateway | None = None
    keys: dict[str, str] = field(factory=dict)
    answers: list[httpx.Response] = field(factory=list)

    @property
    def admin(self) -> Administrator:
        assert self.gateway is not None
        return Administrator(self.gateway.url)

    def make_databases(self) -> None:
        for label, given in self.case.setting["databases"].items():
            product = PRODUCTS[given["product"]]
            skip_unless_reachable(product)
            database = self.stack.enter_context(temporary_database(product, self.folder))
            if product == "mysql":
                database.run_script(f"ALTER DATABASE `{database.name}` CHARACTER SET {given['charset']}")
            self.databases[label] = database
            self.addresses[label] = database.dsn
            if "pooler" in given:
                self.addresses[label] = self.stack.enter_context(
                    pooled(database.name, self.folder, given["pooler"])
                )

    def start(self, settings: dict[str, str]) -> bool:
        """Whether the server started. Asserts that otherwise a line names the character set as the reason."""
        environment = {name: value.format(**self.addresses) for name, value in settings.items()}
        first = self.gateway is None
        self.gateway = Gateway(self.folder, environment)
        self.stack.callback(self.stop)
        try:
            self.gateway.start()
        except AssertionError:
            said = self.gateway.output()
            assert "utf8mb4" in said
            assert not [inside for inside in INSIDES if inside in said], said
            return False
        if first:
            self._fill()
        return True

    def _fill(self) -> None:
        for label, given in self.case.channels.items():
            add_channel(self.admin, label, given, self.upstreams[label])
        self.keys[""] = self.admin.add_token()
        for label, given in self.case.setting.get("tokens", {}).items():
            self.keys[label] = self.admin.add_token(unlimited_quota=False, **given)

    def stop(self) -> None:
        if self.gateway is not None and self.gateway.process is not None:
            self.gateway.kill()

    def ask(self, request: dict[str, Any]) -> None:
        assert self.gateway is not None
        key = self.keys[request.get("token", "")]
        for _ in range(request.get("times", 1)):
            answer = httpx.request(
                request["method"],
                self.gateway.url + request["path"],
                json=request["body"],
                headers={"Authorization": f"Bearer {key}"},
                timeout=20,
                verify=NO_TLS,
            )
            assert answer.status_code == httpx.codes.OK, answer.text
            assert not [inside for inside in INSIDES if inside in answer.text]
            self.answers.append(answer)

    def look_at_figures(self) -> None:
        assert self.gateway is not None
        rows = self.admin.consumed()
        assert len(rows) == len(self.answers)
        assert len({row["quota"] for row in rows}) == 1
        assert self.admin.self()["used_quota"] == sum(row["quota"] for row in rows)
        assert httpx.get(self.gateway.url + "/readyz", verify=NO_TLS).status_code == httpx.codes.OK


@pytest.mark.parametrize("case", OF_DATABASES, ids=lambda case: case.id)
def test_bug_report(case: Case, tmp_path: Path) -> None:
    with ExitStack() as stack:
        upstreams = {label: stack.enter_context(running_upstream()) for label in case.channels}
        run = Run(case, tmp_path, stack, upstreams)
        run.make_databases()
        for name, request in case.requests.items():
            for label, answers in case.answers.get(name, {}).items():
                upstreams[label].always(None, partial(answer_of, answers))
            if "start" in request:
                up = run.start(request["start"])
                assert up or case.expected[name]["start"] != "up"
                if not up:
                    return  # refused in plain words, which the case allows
            elif "stop" in request:
                assert run.gateway is not None
                assert run.gateway.stop() == 0
            elif "sql" in request:
                run.databases[request["sql"]["database"]].run_script(request["sql"]["run"])
            elif "figures" in request:
                run.look_at_figures()
            else:
                run.ask(request)
