"""Calls to identity providers. Answers are JSON within a time limit; errors contain no secret."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from oneapi.adapters.transport.client import client_over
from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable
from oneapi.domain.errors import InvalidParameter, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.transport.interface import Transport

#: Time limit of a whole call in seconds, as in the original.
PATIENCE = 5.0
LARGEST_ANSWER = 1024 * 1024
#: Statuses by which a provider rejects what it was sent: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
REFUSALS = (400, 401, 403, 404, 422)
#: Error codes that may be logged; anything else may repeat what the provider was sent.
_ERROR_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Calls:
    """Calls over ``transport`` that follow no redirects and end within ``patience`` seconds."""

    def __init__(self, transport: Transport, *, patience: float = PATIENCE) -> None:
        self._client = client_over(transport, largest_answer=LARGEST_ANSWER)
        self._patience = patience

    async def get(self, url: str, *, bearer: str = "", headers: Mapping[str, str] | None = None) -> Any:
        """The parsed JSON at ``url``. Raises ProviderUnreachable, IdentityRefused."""
        sent = {"Authorization": f"Bearer {bearer}"} if bearer else headers
        return await self._call("GET", url, headers=sent)

    async def post_form(
        self, url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None
    ) -> Any:
        """Like ``get``; ``basic`` is a user name and password for the Authorization header."""
        return await self._call("POST", url, data=form, auth=basic or httpx.USE_CLIENT_DEFAULT)

    async def post_json(self, url: str, value: Mapping[str, str]) -> Any:
        """Like ``get``."""
        return await self._call("POST", url, json=value)

    async def _call(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **content: Any
    ) -> Any:
        host = _host(url)
        try:
            sent = httpx.Headers(headers, encoding="utf-8")
            async with asyncio.timeout(self._patience):
                answer = await self._client.request(method, url, headers=sent, **content)
        except TimeoutError:
            raise ProviderUnreachable(f"{host} did not answer within {self._patience:g} s") from None
        except UpstreamError as error:
            raise ProviderUnreachable(f"{host}: {error.cause}") from None
        except InvalidParameter as error:
            raise ProviderUnreachable(f"{host}: {error.detail}") from None
        except (httpx.InvalidURL, UnicodeError):
            raise ProviderUnreachable(f"{host}: its URL or a value sent to it is not valid text") from None
        value = _json(answer.content)
        if answer.status_code in REFUSALS:
            raise IdentityRefused(f"{host} answered {answer.status_code}{error_of(value)}")
        if answer.status_code != HTTPStatus.OK or value is None:
            without = " without JSON" if value is None else ""
            raise ProviderUnreachable(f"{host} answered {answer.status_code}{without}")
        return value


def text_of(answer: Any, name: str) -> str:
    """The string member ``name`` of a JSON object; empty if ``answer`` has none."""
    value = answer.get(name) if isinstance(answer, dict) else None
    return value if isinstance(value, str) else ""


def error_of(answer: Any) -> str:
    """The OAuth error code of an answer after a colon, to end a sentence of the log; empty if it has none."""
    code = text_of(answer, "error")
    return f": {code}" if _ERROR_CODE.fullmatch(code) else ""


def bearer_of(answer: Any, host: str) -> str:
    """The access token in a token endpoint's answer. Raises IdentityRefused: some providers refuse with status 200."""
    token = text_of(answer, "access_token")
    if not token:
        raise IdentityRefused(f"{host} gave no access token{error_of(answer)}")
    return token


def challenge_of(verifier: str) -> dict[str, str]:
    """The PKCE challenge for ``verifier``, as query parameters: https://www.rfc-editor.org/rfc/rfc7636#section-4.2."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return {"code_challenge": digest.decode(), "code_challenge_method": "S256"}


def verifier_of(verifier: str) -> dict[str, str]:
    """The PKCE verifier as a form field for the token endpoint; empty if the sign-in began without a challenge."""
    return {"code_verifier": verifier} if verifier else {}


def with_query(url: str, values: Mapping[str, str]) -> str:
    """``url`` with ``values`` added to its query."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(values)}"


def redirect_to(url: str, values: Mapping[str, str]) -> str:
    """Like ``with_query``, for a Location header. Raises ProviderUnreachable if ``url`` is not a web address."""
    _host(url)
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ProviderUnreachable("its address is not valid in a header")
    return with_query(url, values)


def _host(url: str) -> str:
    """The host of ``url``. Raises ProviderUnreachable for schemes other than http and https."""
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
