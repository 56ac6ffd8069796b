"""The check that a caller is a person, if the operator has enabled it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from oneapi.domain.errors.people import HumanCheckFailed, HumanTokenMissing

if TYPE_CHECKING:
    from oneapi.application.catalog import Catalog


class Turnstile(Protocol):
    """Cloudflare Turnstile; it verifies each token once."""

    async def verify(self, secret: str, token: str, address: str) -> bool:
        """Whether ``token`` is valid. Raises HumanCheckUnavailable if Turnstile cannot be asked."""


class HumanCheck:
    """Verifies a token for each call: a solved challenge is valid for one call only."""

    def __init__(self, catalog: Catalog, turnstile: Turnstile) -> None:
        self._catalog = catalog
        self._turnstile = turnstile

    async def __call__(self, token: str, address: str) -> None:
        """Raise Refusal unless ``token`` is valid or the check is disabled."""
        options = self._catalog.current.options
        if not options.turnstile_check_enabled:
            return
        if not token:
            raise HumanTokenMissing
        if not await self._turnstile.verify(options.turnstile_secret_key, token, address):
            raise HumanCheckFailed
