"""Passwords without the work, and a Turnstile that knows its tokens."""

from __future__ import annotations

from attrs import define, field

from oneapi.domain.errors.people import HumanCheckUnavailable

_MADE = "made of "


@define
class FakePasswords:
    """Hashes tell their password; ``default`` is the right one for all other hashes. ``upgrade`` as the real ones."""

    default: str = ""
    upgrade: bool = False

    async def hash(self, password: str) -> str:
        return ("modern " if self.upgrade else "") + _MADE + password

    async def check(self, password: str, stored: str | None) -> bool:
        if stored is None:
            return False
        _, made, right = stored.partition(_MADE)
        return password == (right if made else self.default)

    def outdated(self, stored: str) -> bool:
        return self.upgrade and not stored.startswith("modern ")


@define
class FakeTurnstile:
    """Judges the tokens in ``good``, each once; ``asked`` are the questions it heard."""

    good: set[str] = field(factory=set)
    asked: list[tuple[str, str, str]] = field(factory=list)
    away: bool = False

    def clear(self) -> None:
        self.good.clear()
        self.asked.clear()
        self.away = False

    async def verify(self, secret: str, token: str, address: str) -> bool:
        if self.away:
            raise HumanCheckUnavailable
        self.asked.append((secret, token, address))
        if token not in self.good:
            return False
        self.good.remove(token)
        return True
