"""Password hashes that take no time, and a Turnstile with known tokens."""

from __future__ import annotations

from attrs import define, field

from oneapi.domain.errors.people import HumanCheckUnavailable

_MADE = "made of "


@define
class FakePasswords:
    """Hashes contain their password; ``default`` is the password of all other hashes. It has ``upgrade`` too."""

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
    """Accepts each of the tokens in ``good`` once; ``asked`` records the calls."""

    good: set[str] = field(factory=set)
    asked: list[tuple[str, str, str]] = field(factory=list)
    away: bool = False

    async def verify(self, secret: str, token: str, address: str) -> bool:
        if self.away:
            raise HumanCheckUnavailable
        self.asked.append((secret, token, address))
        if token not in self.good:
            return False
        self.good.remove(token)
        return True
