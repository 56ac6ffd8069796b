"""The pages: what is served with and without a built console."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Any

import pytest
from sanic import Request, Sanic
from sanic.compat import Header
from sanic.exceptions import NotFound

from oneapi.domain.limits import Rate
from oneapi.entrypoints.http.compression import pack
from oneapi.entrypoints.http.console import HTML, File, Unmatched
from oneapi.entrypoints.http.demo import demo_blueprint
from oneapi.entrypoints.http.throttle import Throttle
from tests.fakes.operations.limits import FakeLimits

if TYPE_CHECKING:
    from sanic import HTTPResponse

#: The headers that Chromium sends when a user follows a link.
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
SCRIPT = b"console.log(1);" * 200
FILES = {
    "/index.html": File(b"<!doctype html>the console", pack(b"<!doctype html>the console"), HTML),
    "/assets/index-abc.js": File(SCRIPT, pack(SCRIPT), "text/javascript"),
    "/favicon.svg": File(b"<svg/>", pack(b"<svg/>"), "image/svg+xml"),
}


@pytest.fixture(scope="module")
def app() -> Sanic[Any, Any]:
    app: Sanic[Any, Any] = Sanic("console")
    app.blueprint(demo_blueprint("secret"))
    app.finalize()
    return app


def ask(
    app: Sanic[Any, Any],
    path: str,
    *,
    humans: bool = False,
    built: bool = True,
    accepts: str = "",
    kind: str = BROWSER,
) -> HTTPResponse:
    throttle = Throttle(FakeLimits(lambda: 0.0), Rate("GW", 0, 180), lambda _: "198.51.100.1")
    pages = Unmatched(throttle, "", "en", FILES if built else {}, lambda: humans)
    headers = Header({"accept-encoding": accepts, "accept": kind})
    request = Request(path.encode(), headers, "1.1", "GET", None, app)  # type: ignore[arg-type]  # no transport: nothing is sent
    return asyncio.run(pages(request, NotFound()))


@pytest.mark.parametrize(
    "path", ["/", "/channel", "/token/edit/7", "/oauth/github?code=1&state=2", "/no/such.page"]
)
def test_every_page_is_the_console(app: Sanic[Any, Any], path: str) -> None:
    page = ask(app, path)
    assert (page.status, page.body, page.content_type) == (200, b"<!doctype html>the console", HTML)
    assert page.headers["Cache-Control"] == "no-cache"
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert page.headers["X-Frame-Options"] == "DENY"


def test_scripts_of_turnstile_are_allowed_only_if_it_is_on(
    app: Sanic[Any, Any],
) -> None:
    policy = ask(app, "/register", humans=True).headers["Content-Security-Policy"]
    assert "script-src 'self' https://challenges.cloudflare.com;" in policy


def test_files_named_by_their_hash_are_cached_for_ever(app: Sanic[Any, Any]) -> None:
    script = ask(app, "/assets/index-abc.js")
    assert (script.body, script.content_type) == (SCRIPT, "text/javascript")
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in ask(app, "/favicon.svg").headers["Cache-Control"]
    packed = ask(app, "/assets/index-abc.js", accepts="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body or b"") == SCRIPT


def test_a_missing_file_is_not_a_page(app: Sanic[Any, Any]) -> None:
    """A browser that requests a script of another release must not get a page instead."""
    assert ask(app, "/assets/index-old.js").status == 404
    assert ask(app, "/api/nothing").status == 404


@pytest.mark.parametrize(
    ("path", "kind", "page"),
    [
        ("/", "*/*", True),
        ("/", "application/json", False),
        ("/channel", "*/*", False),
        ("/models", "application/json", False),
        ("/user/balance", "*/*", False),
        ("/models", BROWSER, True),
        ("//v1/models", BROWSER, False),
        ("/openai/models", BROWSER, False),
    ],
)
def test_api_clients_never_get_a_page(app: Sanic[Any, Any], path: str, kind: str, *, page: bool) -> None:
    answer = ask(app, path, kind=kind)
    assert (answer.status, "html" in (answer.content_type or "")) == ((200, True) if page else (404, False))


def test_the_index_has_one_path(app: Sanic[Any, Any]) -> None:
    moved = ask(app, "/index.html")
    assert (moved.status, moved.headers["Location"]) == (301, "./")


def test_without_a_console_the_page_says_how_to_get_one(app: Sanic[Any, Any]) -> None:
    page = ask(app, "/channel", built=False)
    assert page.status == 200
    assert b"make web" in (page.body or b"")
    assert b"/api/docs" in (page.body or b"")
    assert "script" not in page.headers["Content-Security-Policy"]
