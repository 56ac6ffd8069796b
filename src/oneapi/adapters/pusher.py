"""Messages by the operator's Message Pusher.

Its API: https://github.com/songquanpeng/message-pusher
"""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed has it for few platforms

import httpx

from oneapi.domain.errors.messages import PushGarbage, PushNotConfigured, PushRefused, PushUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.application.messages.letters import Letter
    from oneapi.domain.options import Options

HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
#: Seconds for a message as a whole.
PATIENCE = 15.0
TRY_AGAIN = 60
LONGEST_ANSWER = 64 * 1024
LONGEST_REPLY = 300


class HttpPusher:
    """Implements ``Pusher``.

    ``options`` gives the operator's settings of the moment; ``environment_proxies`` have the form of
    ``urllib.request.getproxies``. Redirects are not followed: the token is for the address that was set.
    """

    def __init__(self, options: Callable[[], Options], *, environment_proxies: Mapping[str, str]) -> None:
        self._options = options
        self._proxies = dict(environment_proxies)

    async def push(self, letter: Letter) -> None:
        options = self._options()
        address = options.message_pusher_address.strip()
        if not address:
            raise PushNotConfigured
        message = {
            "title": letter.subject,
            "description": letter.text,
            "content": letter.html,
            "url": "",
            "channel": "",
            "token": options.message_pusher_token,
        }
        # With a character reference for what is no Unicode; httpx would fail on it.
        body = json.dumps(message).encode()
        try:
            async with asyncio.timeout(PATIENCE):
                status, answer = await self._post(address, body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # Some of httpx's texts hold the whole address; the class says enough.
            raise PushUnreachable(retry_after=TRY_AGAIN, reply=type(error).__name__) from None
        _check(status, answer, options.message_pusher_token)

    async def _post(self, address: str, body: bytes) -> tuple[int, bytes]:
        context = await asyncio.to_thread(ssl.create_default_context)
        async with (
            httpx.AsyncClient(
                proxy=self._proxy(address), verify=context, trust_env=False, timeout=PATIENCE
            ) as client,
            client.stream("POST", address, content=body, headers=HEADERS) as response,
        ):
            answer = b""
            async for piece in response.aiter_bytes():
                answer += piece
                if len(answer) > LONGEST_ANSWER:
                    break
            return response.status_code, answer[:LONGEST_ANSWER]

    def _proxy(self, address: str) -> str | None:
        parts = urlsplit(address)
        if proxy_bypass_environment(parts.netloc.rpartition("@")[2], self._proxies):
            return None
        return self._proxies.get(parts.scheme.lower())


def _check(status: int, answer: bytes, token: str) -> None:
    """Raises MessageNotSent unless ``answer`` says that the message was taken."""
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("success"), bool):
        raise PushGarbage(retry_after=TRY_AGAIN, said=status)
    if not said["success"]:
        reply = str(said.get("message") or "")
        raise PushRefused(reply=(reply.replace(token, "***") if token else reply)[:LONGEST_REPLY])
