"""Messages through the operator's Message Pusher.

Its API: https://github.com/songquanpeng/message-pusher
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import httpx

from oneapi.adapters.transport.client import client_over
from oneapi.domain.errors import InvalidParameter, UpstreamError, UpstreamGarbage
from oneapi.domain.errors.messages import PushGarbage, PushNotConfigured, PushRefused, PushUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.transport.interface import Transport
    from oneapi.application.messages.letters import Letter
    from oneapi.domain.options import Options

#: Time limit for a whole message in seconds.
PATIENCE = 15.0
TRY_AGAIN = 60
LONGEST_ANSWER = 64 * 1024
LONGEST_REPLY = 300


class HttpPusher:
    """Implements ``Pusher``.

    ``options`` returns the current options. Redirects are not followed, because the token is only for the configured
    address.
    """

    def __init__(self, options: Callable[[], Options], transport: Transport) -> None:
        self._options = options
        self._client = client_over(transport, largest_answer=LONGEST_ANSWER)

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
        # json escapes lone surrogates; httpx and msgspec raise an error for them.
        body = json.dumps(message).encode()
        try:
            async with asyncio.timeout(PATIENCE):
                status, answer = await self._post(address, body)
        except (UpstreamError, InvalidParameter, httpx.InvalidURL, TimeoutError) as error:
            raise PushUnreachable(retry_after=TRY_AGAIN, reply=type(error).__name__) from None
        _check(status, answer, options.message_pusher_token)

    async def _post(self, address: str, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"}
        async with self._client.stream("POST", address, headers=headers, content=body) as response:
            try:
                return response.status_code, await response.aread()
            except UpstreamGarbage:  # too long, or not validly compressed
                return response.status_code, b""


def _check(status: int, answer: bytes, token: str) -> None:
    """Raise MessageNotSent unless ``answer`` says that the message was accepted."""
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("success"), bool):
        raise PushGarbage(retry_after=TRY_AGAIN, said=status)
    if not said["success"]:
        reply = str(said.get("message") or "")
        raise PushRefused(reply=(reply.replace(token, "***") if token else reply)[:LONGEST_REPLY])
