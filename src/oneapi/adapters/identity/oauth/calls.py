"""Calls to providers of identities: JSON in answer, within a time, or a reason that holds no secret."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from oneapi.application.ports import IdentityRefused, ProviderUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seconds for a whole call, as in the original.
PATIENCE = 5.0
LARGEST_ANSWER = 1024 * 1024
#: The provider looked at what it was sent, and says no: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
REFUSALS = (400, 401, 403, 404, 422)
#: Whatever else a provider writes there may hold what it was sent, and is kept out of the log.
_ERROR_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Calls:
    """``proxies`` has the form of ``urllib.request.getproxies``; no other way around is taken from the environment."""

    def __init__(self, proxies: Mapping[str, str] | None = None, *, patience: float = PATIENCE) -> None:
        self._proxies = proxies or {}
        self._patience = patience
        self._client: httpx.AsyncClient | None = None

    async def get(self, url: str, *, bearer: str = "", headers: Mapping[str, str] | None = None) -> Any:
        """The JSON at ``url``. Raises ProviderUnreachable, IdentityRefused."""
        sent = dict(headers or {})
        if bearer:
            sent["Authorization"] = f"Bearer {bearer}"
        return await self._call("GET", url, headers=sent)

    async def post(self, url: str, **sent: Any) -> Any:
        """As ``get``; ``sent`` is ``data`` (a form) or ``json``, and perhaps ``auth``."""
        return await self._call("POST", url, **sent)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _call(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **sent: Any
    ) -> Any:
        host = _host(url)
        asked = {"Accept": "application/json", "User-Agent": "one-api", **(headers or {})}
        try:
            async with asyncio.timeout(self._patience):
                status, body = await self._answer(method, url, headers=asked, **sent)
        # ValueError: what cannot stand in a URL or a header
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            raise ProviderUnreachable(f"{host}: {type(error).__name__}") from None
        value = _json(body)
        if status in REFUSALS:
            raise IdentityRefused(f"{host} answered {status}{error_of(value)}")
        if status != httpx.codes.OK or value is None:
            raise ProviderUnreachable(f"{host} answered {status}{' without JSON' if value is None else ''}")
        return value

    async def _answer(self, method: str, url: str, **sent: Any) -> tuple[int, bytes]:
        body = bytearray()
        async with self._open().stream(method, url, **sent) as response:
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise ValueError("the answer is too large")
        return response.status_code, bytes(body)

    def _open(self) -> httpx.AsyncClient:
        """Made by the first call, as most gateways never make one; reading the authorities takes longer than a call."""
        if self._client is None:
            tls = ssl.create_default_context()
            self._client = httpx.AsyncClient(
                mounts=_mounts(self._proxies, tls),
                verify=tls,
                timeout=self._patience,
                follow_redirects=False,
                trust_env=False,
            )
        return self._client


def text_of(answer: Any, name: str) -> str:
    """The text that a JSON object has under ``name``, else nothing."""
    value = answer.get(name) if isinstance(answer, dict) else None
    return value if isinstance(value, str) else ""


def error_of(answer: Any) -> str:
    """The code that OAuth has for what went wrong, for the log."""
    code = text_of(answer, "error")
    return f": {code}" if _ERROR_CODE.fullmatch(code) else ""


def bearer_of(answer: Any, host: str) -> str:
    """The access token of a token endpoint's answer. Raises IdentityRefused; some say no with a status of 200."""
    token = text_of(answer, "access_token")
    if not token:
        raise IdentityRefused(f"{host} gave no access token{error_of(answer)}")
    return token


def challenge_of(verifier: str) -> dict[str, str]:
    """Of PKCE: https://www.rfc-editor.org/rfc/rfc7636#section-4.2 ."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return {"code_challenge": digest.decode(), "code_challenge_method": "S256"}


def verifier_of(verifier: str) -> dict[str, str]:
    """What the token endpoint is told, if the browser was sent off with a challenge."""
    return {"code_verifier": verifier} if verifier else {}


def with_query(url: str, values: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(values)}"


def redirect_to(url: str, values: Mapping[str, str]) -> str:
    """As ``with_query``, for a header that browsers follow. Raises ProviderUnreachable for what is no web address."""
    _host(url)
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ProviderUnreachable("its address cannot stand in a header")
    return with_query(url, values)


def _host(url: str) -> str:
    """Raises ProviderUnreachable for anything but http and https."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            return parts.hostname
    except ValueError:
        pass
    raise ProviderUnreachable("its address is not of the form https://host/path")


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _mounts(proxies: Mapping[str, str], tls: ssl.SSLContext) -> dict[str, httpx.AsyncHTTPTransport | None]:
    """``proxies`` as httpx spells them: https://www.python-httpx.org/advanced/transports/#no-proxy-support ."""
    mounts: dict[str, httpx.AsyncHTTPTransport | None] = {}
    excepted = [host.strip() for host in proxies.get("no", "").split(",") if host.strip()]
    if "*" in excepted:
        return mounts
    for scheme in ("http", "https"):
        if proxy := proxies.get(scheme):
            address = proxy if "://" in proxy else f"http://{proxy}"
            mounts[f"{scheme}://"] = httpx.AsyncHTTPTransport(proxy=address, verify=tls)
    if mounts:
        local = ("localhost", "127.0.0.1", "[::1]")
        mounts |= {f"all://{host}": None for host in local}
        mounts |= {f"all://*{host.removeprefix('*')}": None for host in excepted}
    return mounts
