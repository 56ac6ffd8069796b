"""For all tests: the developer's environment does not count, and CI skips nothing."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from oneapi.entrypoints.settings import variables

# A machine that does other work besides is no reason to fail.
settings.register_profile("whole", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", settings.get_profile("whole"), max_examples=20)
settings.load_profile("whole")

if TYPE_CHECKING:
    from collections.abc import Generator

#: Set by ``.ci/run``: a database or Redis that is not there is a failure.
REQUIRE_SERVERS = "ONEAPI_TEST_REQUIRE_SERVERS"


def pytest_configure() -> None:
    gc.disable()  # until all tests are collected
    for field, variable in variables().items():
        for name in (field.upper(), *variable.aliases):
            os.environ.pop(name, None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # What a test has written may be no text, but goes from process to process where tests run side by side.
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    if os.environ.get(REQUIRE_SERVERS) == "1" and report.skipped and not hasattr(report, "wasxfail"):
        *_, reason = report.longrepr if isinstance(report.longrepr, tuple) else (report.longrepr,)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and {REQUIRE_SERVERS} forbids it: {reason}"
    return report


def pytest_collection_finish() -> None:
    """Leave the collected tests out of garbage collections: with this many, each would take half a second."""
    gc.collect()
    gc.freeze()
    gc.enable()
