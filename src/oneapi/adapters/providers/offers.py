"""What a provider does: one value for each kind of work, wire format and address.

A row offers what it names and nothing else. It may name several offers for one kind of work, in different formats: a
client whose own format is among them has its bytes passed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from oneapi.adapters.dialects.anthropic.wire import NAME as ANTHROPIC
from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI_CHAT
from oneapi.adapters.framing.sse import Framer as SseFramer
from oneapi.adapters.providers.auth import MESSAGES_BEARER, OF_THE_ROW
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneapi.adapters.dialects.tool_calls import NameRule
    from oneapi.adapters.framing.events import Framer
    from oneapi.adapters.providers.auth import Auth
    from oneapi.adapters.providers.calls import ChatProcedure, Job, Procedure
    from oneapi.adapters.providers.quirks import Quirk
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

#: A path behind the base URL: a text with places in braces, or a function of channel, request and upstream model.
Path = str | Callable[["Channel", "RelayRequest", str], str]


def _unchangeable(values: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(values))


@frozen
class Offer:
    """One way in which a provider does one kind of work.

    Attributes:
        dialect: The wire format that it speaks.
        path: Where it stands behind the base URL; ``urls.py`` fills the places in braces. A path with a query of its
            own replaces the client's.
        procedure: Makes the requests, where they take another form than the client's or are several; see ``calls.py``.
        models: Whether it serves a model, by the upstream's name for it. None: it serves all.
        channels: Whether a channel has it, by the channel's settings. None: all have it.
        homes: Its base URL by that of the channel; on a channel with any other it is not offered. Empty: the channel's.
        auth: What proves who is calling, where that is not the same for the whole row.
        framer: How the bytes of a stream become events.
        always_streams: Answers come as a stream also to those who did not ask for one.
        tool_names: The names of tools that it takes, where it takes fewer than others that speak its dialect.
        untranslated: It is for clients of its own format only: a translation would not mean the same.
        docs: Its documentation, where it has a page of its own.
    """

    work: Work
    dialect: str
    path: Path = ""
    procedure: Callable[[Job], Procedure] | Callable[[Job], ChatProcedure] | None = field(
        default=None, kw_only=True
    )
    quirks: tuple[Quirk, ...] = field(default=(), kw_only=True)
    models: Callable[[str], bool] | None = field(default=None, kw_only=True)
    channels: Callable[[Channel], bool] | None = field(default=None, kw_only=True)
    homes: Mapping[str, str] = field(factory=dict, converter=_unchangeable, kw_only=True)
    auth: Auth = field(default=OF_THE_ROW, kw_only=True)
    framer: Callable[[], Framer] = field(default=SseFramer, kw_only=True)
    always_streams: bool = field(default=False, kw_only=True)
    websocket: bool = field(default=False, kw_only=True)
    tool_names: NameRule | None = field(default=None, kw_only=True)
    untranslated: bool = field(default=False, kw_only=True)
    docs: str = field(default="", kw_only=True)

    # What follows from the fields above, for every request.

    #: Whether it is offered to every model on every channel.
    is_general: bool = field(init=False)
    #: Whether one request with headers from the key is all that it takes.
    is_plain: bool = field(init=False)
    #: The headers that quirks add, and the quirks that may find an error in an answer.
    added_headers: tuple[tuple[str, str], ...] = field(init=False)
    watchful: tuple[Quirk, ...] = field(init=False)

    @is_general.default
    def _is_general(self) -> bool:
        return self.models is None and self.channels is None and not self.homes

    @is_plain.default
    def _is_plain(self) -> bool:
        return self.auth.sign is None and not self.websocket

    @added_headers.default
    def _added_headers(self) -> tuple[tuple[str, str], ...]:
        return tuple(header for quirk in self.quirks for header in quirk.headers())

    @watchful.default
    def _watchful(self) -> tuple[Quirk, ...]:
        return tuple(quirk for quirk in self.quirks if quirk.mark)


def below(prefix: str, *works: Work) -> tuple[Offer, ...]:
    """Offers in OpenAI's format at OpenAI's own paths, each behind ``prefix``."""
    return tuple(Offer(work, OPENAI_CHAT, prefix + PATHS[work]) for work in works)


def with_quirks(offers: Iterable[Offer], *quirks: Quirk) -> tuple[Offer, ...]:
    """``offers``, each with ``quirks`` behind its own."""
    return tuple(evolve(offer, quirks=(*offer.quirks, *quirks)) for offer in offers)


def by_procedure(work: Work, procedure: Callable[[Job], Procedure] | Callable[[Job], ChatProcedure]) -> Offer:
    """An offer whose answers are put together in OpenAI's form."""
    return Offer(work, OPENAI_CHAT, procedure=procedure)


def messages(
    homes: Mapping[str, str],
    *,
    docs: str,
    models: Callable[[str], bool] | None = None,
    auth: Auth = MESSAGES_BEARER,
    quirks: tuple[Quirk, ...] = (),
) -> Offer:
    """Anthropic's Messages API beside another format: for clients who speak it, at addresses that are documented.

    ``homes`` as in ``Offer``; of a base URL with and without ``/v1`` an operator may have copied either.
    """
    homes = {base + end: home for base, home in homes.items() for end in ("", "/v1")}
    return Offer(
        Work.CONVERSE,
        ANTHROPIC,
        "/v1/messages",
        homes=homes,
        docs=docs,
        models=models,
        auth=auth,
        quirks=quirks,
    )


def like(pattern: str) -> Callable[[str], bool]:
    """Whether ``pattern`` is that of a model's whole name, whatever its case."""
    form = re.compile(pattern, re.IGNORECASE)
    return lambda model: form.fullmatch(model) is not None


#: All work of OpenAI's API at OpenAI's own paths.
OPENAI_COMPATIBLE = below("/v1", *PATHS)
#: Its work on sound, which several providers are asked for at OpenAI's paths whatever paths they have for the rest.
AUDIO = below("/v1", Work.SPEAK, Work.TRANSCRIBE, Work.TRANSLATE)
