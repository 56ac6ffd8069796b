"""Cloudflare Turnstile: https://developers.cloudflare.com/turnstile/get-started/server-side-validation/."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable
from oneapi.domain.errors.people import HumanCheckUnavailable

if TYPE_CHECKING:
    from oneapi.adapters.identity.calls import Calls

logger = logging.getLogger(__name__)

SITEVERIFY = "https://challenges.cloudflare.com/turnstile/v0/siteverify"


class CloudflareTurnstile:
    """Implements ``Turnstile``. Cloudflare accepts each token only once."""

    def __init__(self, calls: Calls, url: str = SITEVERIFY) -> None:
        self._calls = calls
        self._url = url

    async def verify(self, secret: str, token: str, address: str) -> bool:
        form = {"secret": secret, "response": token, "remoteip": address}
        try:
            judgement = await self._calls.post_form(self._url, form)
        except (ProviderUnreachable, IdentityRefused) as error:
            logger.warning("Turnstile cannot be reached: %s", error)
            raise HumanCheckUnavailable from None
        return isinstance(judgement, dict) and judgement.get("success") is True
