"""Requests that no route takes: web pages, wrong addresses of the APIs, and on a slave all of them.

Until the console is part of the program, every page is the same one, which says where to go.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from attrs import frozen
from sanic import HTTPResponse
from sanic.exceptions import MethodNotAllowed, NotFound

from oneapi.domain.errors import GatewayError, UnknownRoute
from oneapi.entrypoints.http.compression import compressed
from oneapi.entrypoints.http.cors import is_preflight, preflight
from oneapi.entrypoints.http.errors import error_response

if TYPE_CHECKING:
    from sanic import Request

    from oneapi.entrypoints.http.app import App
    from oneapi.entrypoints.http.throttle import Throttle

#: Whatever begins like an API is one, and never a page.
APIS = ("/api", "/v1")
MOVED_PERMANENTLY = 301
STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 10vh auto; padding: 0 1rem }
code { font-size: .95em }
"""
PAGE = f"""<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>One API</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
<main>
  <h1>One API</h1>
  <p>网关正在运行。客户端的 Base URL 是本站地址加上 <code>/v1</code>，密钥是以 <code>sk-</code> 开头的令牌。</p>
  <p>此版本尚未包含网页控制台，请使用管理接口：<a href="/api/docs">/api/docs</a>。</p>
  <section lang="en">
    <p>The gateway is running. The base URL of clients is this address with <code>/v1</code>, their key is a token that
    begins with <code>sk-</code>.</p>
    <p>This release has no web console yet; there is the admin API: <a href="/api/docs">/api/docs</a>.</p>
  </section>
</main>
</html>
""".encode()
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HARMLESS = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
#: For every page: it is what it says, shows in no frame, and tells nobody else where the reader was.
PAGE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
HEADERS = PAGE_HEADERS | {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; {HARMLESS}",
}


@frozen
class Unmatched:
    """Answers what no route takes. ``elsewhere``: the address to which all of it is sent on, if any."""

    throttle: Throttle
    elsewhere: str
    default_language: str

    def serve(self, app: App) -> None:
        """Make ``app`` answer by this."""
        for kind in (NotFound, MethodNotAllowed):
            app.error_handler.add(kind, self)

    async def __call__(self, request: Request, _: Exception) -> HTTPResponse:
        if is_preflight(request):
            return preflight(request)
        if self.elsewhere:
            return HTTPResponse(status=MOVED_PERMANENTLY, headers={"Location": self._there(request)})
        try:
            await self.throttle(request)
            if request.path.startswith(APIS) or request.method not in ("GET", "HEAD"):
                raise UnknownRoute(method=request.method, path=request.path)
        except GatewayError as error:
            response = error_response(request, error, self.default_language)
            response.headers["Cache-Control"] = "no-store"
            return response
        page = HTTPResponse(PAGE, headers=dict(HEADERS), content_type="text/html; charset=utf-8")
        return compressed(request, page)

    def _there(self, request: Request) -> str:
        # one slash: the path is the client's, and must not become a host
        path = "/" + request.path.lstrip("/")
        return self.elsewhere + path + (f"?{request.query_string}" if request.query_string else "")
