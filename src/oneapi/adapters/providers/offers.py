"""The offers of providers: one value for each kind of work, wire format and address.

A row offers only what it names. It may have several offers for one kind of work, in different formats; if a client's
own format is among them, its bytes pass unchanged.
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

#: A path below the base URL: a template with fields in braces, or a function of channel, request and upstream model.
Path = str | Callable[["Channel", "RelayRequest", str], str]


RESPONSES_PATH = "/v1/responses"
OPENAI_BETA = ("openai-beta",)
#: Values of a ``config`` setting that enable an offer.
YES = frozenset({"yes", "true", "on", "1"})


def _unchangeable(values: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(values))


@frozen
class Offer:
    """One way in which a provider does one kind of work.

    Attributes:
        dialect: The wire format of its requests and answers.
        path: The path below the base URL; ``urls.py`` fills the fields in braces. A query in the path replaces the
            client's.
        procedure: Makes the requests, if they are several or differ in form from the client's; see ``calls.py``.
        models: Whether it serves a model, by the upstream's name. None: it serves all models.
        channels: Whether a channel has it, by the channel's settings. None: all channels have it.
        homes: Maps base URLs of channels to its own base URL; it is not offered on other channels. Empty: it uses the
            channel's.
        at: The base URLs of channels on which it is offered, at the channel's own; ``*`` matches one label of a host
            name.
        opened_by: The ``config`` setting by which an operator declares that the base URL serves this too. An offer
            with none of these three is made at every base URL.
        auth: Its authentication, if it differs from the row's.
        framer: Makes the framer that splits a stream's bytes into events.
        always_streams: Answers are streams even for requests that did not ask for one.
        tool_names: The rule for tool names, if it accepts fewer than others that use its dialect.
        takes: Whether it accepts a request in its own format unchanged; others are translated to it. None: it accepts
            all.
        passed_headers: Headers of clients of its own format that it reads, in lower case.
        caches: It accepts ``cache_control`` on texts, which not every upstream of OpenAI's format does.
        untranslated: It serves only clients of its own format, because a translation would change the meaning.
        docs: URL of its documentation, if it has a page of its own.
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

    # Derived from the fields above once, because every request needs them.

    #: Whether it applies to every model on every channel.
    is_general: bool = field(init=False)
    #: Whether a single request with headers made from the key is enough.
    is_plain: bool = field(init=False)
    #: The headers that quirks add, and the quirks that can detect an error in an answer.
    added_headers: tuple[tuple[str, str], ...] = field(init=False)
    watchful: tuple[Quirk, ...] = field(init=False)
    #: ``at``, compiled.
    _places: re.Pattern[str] = field(init=False, repr=False, eq=False)

    @is_general.default
    def _is_general(self) -> bool:
        return self.models is None and self.channels is None and not self.is_second

    @property
    def is_second(self) -> bool:
        """Whether it is offered at some base URLs only."""
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
    """Offers in OpenAI's format at OpenAI's own paths, each prefixed with ``prefix``."""
    return tuple(Offer(work, OPENAI_CHAT, prefix + PATHS[work]) for work in works)


def with_quirks(offers: Iterable[Offer], *quirks: Quirk) -> tuple[Offer, ...]:
    """``offers``, each with ``quirks`` after its own."""
    return tuple(evolve(offer, quirks=(*offer.quirks, *quirks)) for offer in offers)


def with_caches(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """``offers``, marked as accepting ``cache_control`` for prompt caching."""
    return tuple(evolve(offer, caches=True) for offer in offers)


def by_procedure(work: Work, procedure: Callable[[Job], Procedure] | Callable[[Job], ChatProcedure]) -> Offer:
    """An offer whose ``procedure`` assembles answers in OpenAI's form."""
    return Offer(work, OPENAI_CHAT, procedure=procedure)


def messages(
    homes: Mapping[str, str],
    *,
    docs: str,
    models: Callable[[str], bool] | None = None,
    auth: Auth = MESSAGES_BEARER,
    quirks: tuple[Quirk, ...] = (),
) -> Offer:
    """Anthropic's Messages API alongside another format, for clients that use it, at documented addresses.

    ``homes`` as in ``Offer``; each base URL counts with and without ``/v1``, because operators copy both.
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
    """OpenAI's Responses API alongside its chat API, for clients that use it; ``at`` as in ``Offer``."""
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


def compacting(offer: Offer) -> Offer:
    """``offer`` of the Responses API, for requests to compact a conversation."""
    docs = "https://platform.openai.com/docs/api-reference/responses/compact"
    return evolve(offer, work=Work.COMPACT, path=f"{offer.path}/compact", docs=docs)


def by_model(offers: Iterable[Offer], *, path: str = RESPONSES_PATH) -> tuple[Offer, ...]:
    """``offers``, whose first is chat, plus Responses for all clients where no other API serves a model."""
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
    """A predicate for models whose whole name matches ``pattern``, ignoring case."""
    form = re.compile(pattern, re.IGNORECASE)
    return lambda model: form.fullmatch(model) is not None


#: All kinds of work in OpenAI's API, at OpenAI's own paths.
OPENAI_COMPATIBLE = below("/v1", *PATHS)
#: Its audio endpoints, which several providers serve at OpenAI's paths whatever paths they use for the rest.
AUDIO = below("/v1", Work.SPEAK, Work.TRANSCRIBE, Work.TRANSLATE)
