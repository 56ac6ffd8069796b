"""Telling people from programs, where the operator asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from oneapi.domain.errors.people import HumanCheckFailed, HumanTokenMissing

if TYPE_CHECKING:
    from oneapi.application.catalog import Catalog


class Turnstile(Protocol):
    """Cloudflare's judgement of what a browser has solved; it judges each solution once."""

    async def verify(self, secret: str, token: str, address: str) -> bool:
        """Raises HumanCheckUnavailable when there is no judgement to be had."""


class HumanCheck:
    """Asks anew for every call: what was solved once opens nothing later."""

    def __init__(self, catalog: Catalog, turnstile: Turnstile) -> None:
        self._catalog = catalog
        self._turnstile = turnstile

    async def __call__(self, token: str, address: str) -> None:
        """Raises Refusal unless a person solved ``token``, or nobody asks."""
        options = self._catalog.current.options
        if not options.turnstile_check_enabled:
            return
        if not token:
            raise HumanTokenMissing
        if not await self._turnstile.verify(options.turnstile_secret_key, token, address):
            raise HumanCheckFailed
