"""A provider of identities in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from oneapi.application.ports.people import IdentityRefused

if TYPE_CHECKING:
    from oneapi.domain.options import Options
    from oneapi.domain.people.identities import Identity


@define
class FakeProvider:
    """``people`` by code; each code works once. If set, ``failure`` is raised by every call."""

    people: dict[str, Identity] = field(factory=dict)
    failure: Exception | None = None
    #: The nonce and the verifier of each call.
    shown: list[tuple[str, str]] = field(factory=list)

    async def address(self, options: Options, state: str, *, nonce: str, verifier: str) -> str:  # noqa: ARG002
        if self.failure is not None:
            raise self.failure
        return f"https://provider.example/authorize?state={state}"

    async def identify(self, options: Options, code: str, *, nonce: str = "", verifier: str = "") -> Identity:  # noqa: ARG002
        self.shown.append((nonce, verifier))
        if self.failure is not None:
            raise self.failure
        if code not in self.people:
            raise IdentityRefused(f"no such code, of {len(self.people)}")
        return self.people.pop(code)
