"""What a channel type is: one row of the catalog."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.framing.sse import Framer as SseFramer
from oneapi.adapters.providers.auth import bearer
from oneapi.adapters.providers.quirks import NOTHING
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.tool_calls import NameRule
    from oneapi.adapters.framing.events import Framer
    from oneapi.adapters.providers.auth import Seal, Signer
    from oneapi.adapters.providers.calls import Procedures
    from oneapi.adapters.providers.quirks import Quirk
    from oneapi.adapters.providers.tokens import TokenSource
    from oneapi.domain.channels import Channel
    from oneapi.domain.errors import Fault
    from oneapi.domain.requests import RelayRequest

AUDIO = (Work.SPEAK, Work.TRANSCRIBE, Work.TRANSLATE)
#: Those of OpenAI's API.
EVERY_WORK = tuple(PATHS)


def below(prefix: str, *works: Work) -> dict[Work, str]:
    """OpenAI's own paths, each behind ``prefix``."""
    return {work: prefix + PATHS[work] for work in works}


PLAIN = below("/v1", *EVERY_WORK)
AUDIO_PATHS = below("/v1", *AUDIO)


def _unchangeable(values: Mapping[Work, Any]) -> Mapping[Work, Any]:
    return MappingProxyType(dict(values))


#: A path behind the base URL: a text with places in braces, or a function of channel, request and upstream model.
Path = str | Callable[["Channel", "RelayRequest", str], str]


@frozen(kw_only=True)
class ProviderSpec:
    """One channel type.

    ``base_url`` empty: every channel must bring its own. ``paths`` are put behind the base URL; ``urls.py`` fills the
    places in braces; one with a query of its own replaces the client's.
    """

    number: int
    id: str
    name: str
    docs: str
    base_url: str = ""
    #: The base URL of a channel that brings none, where it is not the same for all.
    host: Callable[[Channel], str] | None = None
    owner: str = "openai"
    dialect: str = "openai_chat"
    signer: Signer = bearer
    paths: Mapping[Work, Path] = field(default=PLAIN, converter=_unchangeable)
    quirks: tuple[Quirk, ...] = ()
    #: A signature over the whole request, and what it needs beyond the key; see ``auth.py``.
    seal: Seal | None = None
    token: TokenSource | None = None
    #: Endpoints whose requests are not conversations and have a form of their own; see ``calls.py``.
    procedures: Procedures = field(factory=dict, converter=_unchangeable)
    #: How the bytes of a stream become events.
    framer: Callable[[], Framer] = SseFramer
    #: Another row for models that this one does not serve in its own way; None: this one does.
    by_model: Callable[[str], ProviderSpec | None] | None = None
    #: Answers come as a stream also to those who did not ask for one.
    always_streams: bool = False
    websocket: bool = False
    #: The names of tools that it takes, where it takes fewer than others that speak its dialect.
    tool_names: NameRule | None = None
    #: The operator's settings for a whole channel type stand in for what a channel's ``config`` lacks.
    uses_settings: bool = False
    #: What the key looks like, if it is more than one word.
    key_hint: str = ""
    #: What stands before the usual part of ``paths`` and is left out on that host; see ``urls.py``.
    dropped_on_ai_gateway: str = ""

    # What follows from the fields above, for every request.

    #: One request with headers from the key is all that it takes.
    is_plain: bool = field(init=False)
    #: The headers that quirks add, the quirks that may find an error in an answer, and the row's own error codes.
    added_headers: tuple[tuple[str, str], ...] = field(init=False)
    watchful: tuple[Quirk, ...] = field(init=False)
    codes: Mapping[str, Fault] = field(init=False)

    @is_plain.default
    def _is_plain(self) -> bool:
        return self.seal is None and not self.websocket

    @added_headers.default
    def _added_headers(self) -> tuple[tuple[str, str], ...]:
        return tuple(header for quirk in self.quirks for header in quirk.headers())

    @watchful.default
    def _watchful(self) -> tuple[Quirk, ...]:
        return tuple(quirk for quirk in self.quirks if quirk.mark)

    @codes.default
    def _codes(self) -> Mapping[str, Fault]:
        return next((quirk.codes for quirk in self.quirks if quirk.codes), NOTHING)
