"""Cloudflare Turnstile: https://developers.cloudflare.com/turnstile/get-started/server-side-validation/."""

from __future__ import annotations

import logging

import httpx

from oneapi.domain.errors.people import HumanCheckUnavailable

logger = logging.getLogger(__name__)

SITEVERIFY = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
TIMEOUT = 5.0


class CloudflareTurnstile:
    """Implements ``Turnstile``. A token is judged once; Cloudflare refuses it the second time."""

    def __init__(self, url: str = SITEVERIFY, *, proxy: str | None = None, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._client = httpx.AsyncClient(timeout=timeout, proxy=proxy, trust_env=False)

    async def verify(self, secret: str, token: str, address: str) -> bool:
        form = {"secret": secret, "response": token, "remoteip": address}
        try:
            answer = await self._client.post(self._url, data=form)
            judgement = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            logger.warning("Turnstile cannot be asked: %s", type(error).__name__)
            raise HumanCheckUnavailable from None
        return isinstance(judgement, dict) and judgement.get("success") is True

    async def close(self) -> None:
        await self._client.aclose()
