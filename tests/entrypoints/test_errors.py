"""Errors on the wire: headers in addition to the body."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sanic.compat import Header

from oneapi.domain.errors import Refusal
from oneapi.entrypoints.errors.answers import ROWS
from oneapi.entrypoints.http.errors import error_response
from scripts.errors import sample

if TYPE_CHECKING:
    from oneapi.domain.errors import GatewayError


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("kind", [kind for kind in ROWS if not issubclass(kind, Refusal)])
def test_sdks_are_told_not_to_retry_exactly_when_that_is_useless(kind: type[GatewayError], path: str) -> None:
    request: Any = SimpleNamespace(path=path, headers=Header({}), route=object(), id="r-1")
    error = sample(kind)

    answer = error_response(request, error, "en")

    assert (answer.headers.get("x-should-retry") == "false") == (not error.may_repeat)
    if error.retry_after is not None:
        assert answer.headers["retry-after"] == str(int(error.retry_after))
        assert "x-should-retry" not in answer.headers
