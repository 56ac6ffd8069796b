"""An upstream of the rig, inside the test's own loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.upstream import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def upstream_port() -> AsyncIterator[int]:
    server = await serve(0)
    yield server.sockets[0].getsockname()[1]
    server.close()
