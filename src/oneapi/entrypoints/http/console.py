"""Requests that match no route: the web console, wrong URLs of the APIs, and redirects of a slave node.

`make web` builds the console into ``oneapi/console``. Without it, every page explains how to build it.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from importlib import resources
from typing import TYPE_CHECKING

from attrs import frozen
from sanic import HTTPResponse
from sanic.exceptions import MethodNotAllowed, NotFound

from oneapi.domain.errors import GatewayError
from oneapi.entrypoints.http.compression import compressed, pack
from oneapi.entrypoints.http.cors import is_preflight, preflight
from oneapi.entrypoints.http.errors import error_response
from oneapi.entrypoints.http.wrong_address import is_navigation, unknown_route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from importlib.resources.abc import Traversable

    from sanic import Request

    from oneapi.entrypoints.http.app import App
    from oneapi.entrypoints.http.throttle import Throttle

MOVED_PERMANENTLY = 301
STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 10vh auto; padding: 0 1rem }
code { font-size: .95em }
"""
WITHOUT_CONSOLE = f"""<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>One API</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
<main>
  <h1>One API</h1>
  <p>网关正在运行。客户端的 Base URL 是本站地址加上 <code>/v1</code>，密钥是以 <code>sk-</code> 开头的令牌。</p>
  <p>网页控制台尚未构建：安装 Node.js 20.19 或更新版本后运行 <code>make web</code>，再重新启动。管理接口不受影响：<a
    href="/api/docs">/api/docs</a>。</p>
  <section lang="en">
    <p>The gateway is running. The base URL of clients is this address with <code>/v1</code>, their key is a token that
    begins with <code>sk-</code>.</p>
    <p>The web console has not been built: install Node.js 20.19 or later, run <code>make web</code> and start again.
    The admin API works without it: <a href="/api/docs">/api/docs</a>.</p>
  </section>
</main>
</html>
""".encode()
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HARMLESS = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
#: Headers of every page: no content sniffing, no framing, no referrer for other sites.
PAGE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
WITHOUT_CONSOLE_HEADERS = PAGE_HEADERS | {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; {HARMLESS}",
}
INDEX = "/index.html"
#: File names under this path contain a hash of the contents.
HASHED = "/assets/"
#: Prefixes of API paths; a double slash comes from a base URL with a trailing slash.
NEVER_A_PAGE = ("/api", "/v1", "/openai", "//", HASHED)
FOREVER = "public, max-age=31536000, immutable"
#: The level of gzip; files are compressed only once, at start.
SMALLEST = 9
A_WEEK = "public, max-age=604800"
HTML = "text/html; charset=utf-8"
TURNSTILE = "https://challenges.cloudflare.com"
#: Scripts are only the console's own; components compute styles; the operator may link any images and frames.
POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: https: http:; font-src 'self'; connect-src 'self'; frame-src https: http:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


@frozen
class File:
    """A file of the console; ``packed`` is its gzipped content."""

    content: bytes
    packed: bytes
    kind: str


def console_files() -> dict[str, File]:
    """The files of the built console by path; empty if it has not been built."""
    root = resources.files("oneapi").joinpath("console")
    return dict(_files_below(root, "")) if root.is_dir() else {}


def _files_below(folder: Traversable, path: str) -> Iterator[tuple[str, File]]:
    for each in folder.iterdir():
        name = f"{path}/{each.name}"
        if each.is_dir():
            yield from _files_below(each, name)
        else:
            content = each.read_bytes()
            kind = mimetypes.guess_type(each.name)[0] or "application/octet-stream"
            yield name, File(content, pack(content, SMALLEST), HTML if kind == "text/html" else kind)


@frozen
class Unmatched:
    """Answers requests that match no route. ``elsewhere``: the base URL to which all of them are redirected, if any.

    ``checks_humans``: whether pages may load Turnstile.
    """

    throttle: Throttle
    elsewhere: str
    default_language: str
    console: Mapping[str, File]
    checks_humans: Callable[[], bool]

    def serve(self, app: App) -> None:
        """Register this handler with ``app``."""
        for kind in (NotFound, MethodNotAllowed):
            app.error_handler.add(kind, self)

    async def __call__(self, request: Request, _: Exception) -> HTTPResponse:
        if is_preflight(request):
            return preflight(request)
        if self.elsewhere:
            return HTTPResponse(status=MOVED_PERMANENTLY, headers={"Location": self._there(request)})
        path = request.path
        if request.method in ("GET", "HEAD") and path in self.console and path != INDEX:
            # Served from memory and cached for good: readers of the console never exceed a rate limit for these.
            return self._file(request, path)
        try:
            await self.throttle(request)
            if path.startswith(NEVER_A_PAGE) or not is_navigation(request):
                raise unknown_route(request)
        except GatewayError as error:
            response = error_response(request, error, self.default_language)
            response.headers["Cache-Control"] = "no-store"
            return response
        if path == INDEX:
            return HTTPResponse(status=MOVED_PERMANENTLY, headers={"Location": "./"})
        return self._page(request)

    def _file(self, request: Request, path: str) -> HTTPResponse:
        file = self.console[path]
        headers = {
            "Cache-Control": FOREVER if path.startswith(HASHED) else A_WEEK,
            "X-Content-Type-Options": "nosniff",
        }
        response = HTTPResponse(file.content, headers=headers, content_type=file.kind)
        return compressed(request, response, file.packed)

    def _page(self, request: Request) -> HTTPResponse:
        """The console's HTML for any path; the console itself does the routing."""
        index = self.console.get(INDEX)
        if index is None:
            page = HTTPResponse(WITHOUT_CONSOLE, headers=dict(WITHOUT_CONSOLE_HEADERS), content_type=HTML)
            return compressed(request, page)
        scripts = f" {TURNSTILE}" if self.checks_humans() else ""
        headers = PAGE_HEADERS | {
            "Cache-Control": "no-cache",
            "Content-Security-Policy": POLICY.format(scripts=scripts),
        }
        return compressed(
            request, HTTPResponse(index.content, headers=headers, content_type=HTML), index.packed
        )

    def _there(self, request: Request) -> str:
        # One slash only: the path comes from the client and must not be read as a host.
        path = "/" + request.path.lstrip("/")
        return self.elsewhere + path + (f"?{request.query_string}" if request.query_string else "")
