"""What a provider does: one value for each kind of work, wire format and address.

A row offers what it names and nothing else. It may name several offers for one kind of work, in different formats: a
client whose own format is among them has its bytes passed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from oneapi.adapters.dialects.anthropic.wire import NAME as ANTHROPIC
from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI_CHAT
from oneapi.adapters.dialects.responses.wire import NAME as RESPONSES
from oneapi.adapters.framing.sse import Framer as SseFramer
from oneapi.adapters.providers.auth import MESSAGES_BEARER, OF_THE_ROW
from oneapi.data import traits_of
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneapi.adapters.dialects.tool_calls import NameRule
    from oneapi.adapters.framing.events import Framer
    from oneapi.adapters.providers.auth import Auth
    from oneapi.adapters.providers.calls import ChatProcedure, Headers, Job, Procedure
    from oneapi.adapters.providers.quirks import Quirk
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

#: A path behind the base URL: a text with places in braces, or a function of channel, request and upstream model.
Path = str | Callable[["Channel", "RelayRequest", str], str]


RESPONSES_PATH = "/v1/responses"
OPENAI_BETA = ("openai-beta",)
#: What an operator writes into a value of ``config`` that opens an offer.
YES = frozenset({"yes", "true", "on", "1"})


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
        at: The base URLs of channels on which it is offered, at the channel's own; ``*`` stands for one label of a host
            name.
        opened_by: The value of a channel's ``config`` by which an operator says that its base URL serves this too. An
            offer with none of these three is made at every base URL.
        auth: What proves who is calling, where that is not the same for the whole row.
        framer: How the bytes of a stream become events.
        always_streams: Answers come as a stream also to those who did not ask for one.
        tool_names: The names of tools that it takes, where it takes fewer than others that speak its dialect.
        takes: Whether it takes a request of its own format as it is; others are translated to it. None: it takes all.
        passed_headers: Headers of clients of its own format that it reads, in lower case.
        caches: It takes ``cache_control`` on texts, which not every upstream of OpenAI's format does.
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
    at: tuple[str, ...] = field(default=(), kw_only=True)
    opened_by: str = field(default="", kw_only=True)
    auth: Auth = field(default=OF_THE_ROW, kw_only=True)
    framer: Callable[[], Framer] = field(default=SseFramer, kw_only=True)
    always_streams: bool = field(default=False, kw_only=True)
    websocket: bool = field(default=False, kw_only=True)
    tool_names: NameRule | None = field(default=None, kw_only=True)
    takes: Callable[[Mapping[str, Any]], bool] | None = field(default=None, kw_only=True)
    passed_headers: tuple[str, ...] = field(default=(), kw_only=True)
    caches: bool = field(default=False, kw_only=True)
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
    #: What ``at`` says.
    _places: re.Pattern[str] = field(init=False, repr=False, eq=False)

    @is_general.default
    def _is_general(self) -> bool:
        return self.models is None and self.channels is None and not self.is_second

    @property
    def is_second(self) -> bool:
        """Whether it stands at some base URLs only."""
        return bool(self.homes or self.at or self.opened_by)

    def passed(self, request: RelayRequest) -> Headers:
        """The client's headers that it reads."""
        if not self.passed_headers or self.dialect != request.dialect:
            return ()
        return tuple((name, request.headers[name]) for name in self.passed_headers if name in request.headers)

    def stands_at(self, base_url: str, config: Mapping[str, Any]) -> bool:
        """Whether it is offered on a channel with this base URL and ``config``."""
        if self.homes:
            return base_url in self.homes
        if self._places.fullmatch(base_url):
            return True
        return str(config.get(self.opened_by)).strip().lower() in YES

    @is_plain.default
    def _is_plain(self) -> bool:
        return self.auth.sign is None and not self.websocket

    @added_headers.default
    def _added_headers(self) -> tuple[tuple[str, str], ...]:
        return tuple(header for quirk in self.quirks for header in quirk.headers())

    @watchful.default
    def _watchful(self) -> tuple[Quirk, ...]:
        return tuple(quirk for quirk in self.quirks if quirk.mark)

    @_places.default
    def _pattern(self) -> re.Pattern[str]:
        places = (re.escape(place).replace(r"\*", "[^./]+") for place in self.at)
        return re.compile(f"({'|'.join(places)})(/v1)?")


def below(prefix: str, *works: Work) -> tuple[Offer, ...]:
    """Offers in OpenAI's format at OpenAI's own paths, each behind ``prefix``."""
    return tuple(Offer(work, OPENAI_CHAT, prefix + PATHS[work]) for work in works)


def with_quirks(offers: Iterable[Offer], *quirks: Quirk) -> tuple[Offer, ...]:
    """``offers``, each with ``quirks`` behind its own."""
    return tuple(evolve(offer, quirks=(*offer.quirks, *quirks)) for offer in offers)


def with_caches(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """``offers`` that can be asked to keep prompts."""
    return tuple(evolve(offer, caches=True) for offer in offers)


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


def responses(
    *at: str,
    docs: str,
    path: str = RESPONSES_PATH,
    models: Callable[[str], bool] | None = None,
    takes: Callable[[Mapping[str, Any]], bool] | None = None,
) -> Offer:
    """OpenAI's Responses API beside its chat, for clients who speak it; ``at`` as in ``Offer``."""
    return Offer(
        Work.CONVERSE,
        RESPONSES,
        path,
        at=at,
        opened_by=RESPONSES,
        models=models,
        takes=takes,
        passed_headers=OPENAI_BETA,
        untranslated=True,
        docs=docs,
    )


def by_model(offers: Iterable[Offer], *, path: str = RESPONSES_PATH) -> tuple[Offer, ...]:
    """``offers``, of which the first is chat, and Responses for all clients where no other API serves a model."""
    chat, *others = offers
    chat = evolve(chat, models=lambda model: not traits_of(model).responses_only)
    only = Offer(
        Work.CONVERSE,
        RESPONSES,
        path,
        models=lambda model: traits_of(model).responses_only,
        passed_headers=OPENAI_BETA,
    )
    return (chat, *others, only)


def like(pattern: str) -> Callable[[str], bool]:
    """Whether ``pattern`` is that of a model's whole name, whatever its case."""
    form = re.compile(pattern, re.IGNORECASE)
    return lambda model: form.fullmatch(model) is not None


#: All work of OpenAI's API at OpenAI's own paths.
OPENAI_COMPATIBLE = below("/v1", *PATHS)
#: Its work on sound, which several providers are asked for at OpenAI's paths whatever paths they have for the rest.
AUDIO = below("/v1", Work.SPEAK, Work.TRANSCRIBE, Work.TRANSLATE)
