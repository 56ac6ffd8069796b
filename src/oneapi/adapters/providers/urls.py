"""Where a request goes: base URL, the offer's path, the client's query.

Whatever a client or an operator wrote is put into a URL as one encoded segment; nothing can climb out of its place.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_plus

from oneapi.domain.errors import ChannelMisconfigured, InvalidParameter, MalformedRequest
from oneapi.domain.models.names import as_azure_spells
from oneapi.domain.requests import RAW

if TYPE_CHECKING:
    from oneapi.adapters.providers.offers import Offer
    from oneapi.adapters.providers.specs import ProviderSpec
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

#: This host repeats each provider's API below a path that names the provider, without what is usual before it.
#: https://developers.cloudflare.com/ai-gateway/providers/openai/
AI_GATEWAY = "https://gateway.ai.cloudflare.com"

_BASE_URL = re.compile(r"(?i:(https?)://)([^\s/?#@\\]*@)?([^\s/?#@\\]+)((?:/[^\s?#\\]*)?)")
_SAFE = "%/:@!$&'()*+,;=~-._"
#: A path or name that is still encoded after so many decodings is nobody's honest one.
_MOST_DECODINGS = 8
#: A dot in more bytes than it takes, as lenient decoders of UTF-8 read it, and characters that are read as dots.
_OVERLONG = re.compile(r"%c0%ae|%e0%80%ae|%f0%80%80%ae", re.IGNORECASE)
_DOTS = str.maketrans(
    {"\uff0e": ".", "\u2024": ".", "\ufe52": ".", "\u2025": "..", "\0": "", "\t": "", "\r": "", "\n": ""}
)
_PIECES = re.compile("[&;]")
_INDEX = re.compile(r"\[.*$")
_NOT_LETTERS = re.compile("[^A-Za-z]")
#: Names of parameters, without case and punctuation: what chooses the model; version and form; what is priced; account.
_DECIDING = frozenset(
    """
    model models modelid modelname engine engineid deployment deploymentid deploymentname provider route
    version apiversion modelversion stream streamoptions alt responseformat streamformat encodingformat
    n size quality input prompt messages maxtokens maxcompletiontokens maxoutputtokens bestof servicetier dimensions
    key apikey xapikey xgoogapikey subscriptionkey token accesstoken authtoken bearertoken auth authorization
    credential credentials signature clientid clientsecret secret organization organizationid project projectid
    """.split()
)


def target_url(spec: ProviderSpec, offer: Offer, channel: Channel, request: RelayRequest, model: str) -> str:
    """The URL for ``request`` by ``offer``. Raises ChannelMisconfigured or a CallerError."""
    path, base = offer.path, base_url(spec, channel)
    if offer.homes:
        base = offer.homes[base]
    if not isinstance(path, str):
        return base + path(channel, request, model)
    if offer.dialect == RAW:
        return _with_query(base + proxy_target(request.path), request.query)
    # In another format the words of the query mean nothing, or something else.
    query = kept_query(request.query) if request.query and request.dialect == offer.dialect else ""
    if base.startswith(AI_GATEWAY):
        path = path.removeprefix(spec.dropped_on_ai_gateway)
    if base.endswith("/v1"):  # of two hosts that hold it, an operator may have copied either
        path = path.removeprefix("/v1")
    if "{" in path:
        path = path.format_map(_Places(channel, model, mapped=request.model in channel.model_mapping))
    return base + path if "?" in path else _with_query(base + path, query)


def base_url(spec: ProviderSpec, channel: Channel) -> str:
    """The channel's base URL, else the row's, without a trailing slash. Raises ChannelMisconfigured."""
    given = channel.base_url.strip()
    if not given and spec.host is not None:
        given = spec.host(channel)
    if not given and not spec.base_url:
        raise ChannelMisconfigured(id=channel.id, detail="it has no base URL")
    base = _normalised(given or spec.base_url)
    if base is None:
        raise ChannelMisconfigured(id=channel.id, detail="its base URL is not of the form https://host/path")
    return base


@lru_cache(maxsize=1024)
def _normalised(url: str) -> str | None:
    """With a lower-case scheme, ASCII only and no slash at the end; None if it is not a URL."""
    parts = _BASE_URL.fullmatch(url)
    if parts is None:
        return None
    scheme, user, host, path = parts.groups()
    try:
        host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return None
    return f"{scheme.lower()}://{quote(user or '', safe=_SAFE)}{host}{quote(path, safe=_SAFE)}".rstrip("/")


def segment(value: str) -> str:
    """``value`` as one segment of a path. Raises InvalidParameter where no encoding keeps it one."""
    if value in ("", ".", ".."):
        raise InvalidParameter("model", "this model name cannot stand in the URL of the upstream")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidParameter("model", "the model name is not valid Unicode") from None


def proxy_target(target: str) -> str:
    """The path behind the proxy's route, raw. Raises MalformedRequest if it would climb out of the base URL.

    Servers and proxies decode a path once or more often, and cut parameters off its segments: what any of them may
    read as ``..`` is refused.
    """
    if any(part.partition(";")[0].strip() == ".." for part in re.split(r"[/\\]", _decoded(target))):
        raise MalformedRequest(detail="the path of a proxied request may not contain '..'")
    if target and not target.startswith("/"):
        target = "/" + target
    return quote(target, safe=_SAFE)


def _decoded(target: str) -> str:
    """``target`` as the most eager of servers reads it. Raises MalformedRequest if it is encoded over and over."""
    for _ in range(_MOST_DECODINGS):
        plain = unquote(_OVERLONG.sub(".", target)).translate(_DOTS)
        if plain == target:
            return plain
        target = plain
    raise MalformedRequest(detail="the path of a proxied request is percent-encoded too many times")


def kept_query(query: str) -> str:
    """The client's query without what a provider may read in the place of what was checked and billed.

    The body decides on model, form and price, the channel on version and account; a server that reads a parameter of
    the query first would let the client decide. All else passes as it was written.
    """
    kept = [piece for piece in _PIECES.split(query) if not _decides(piece)]
    return query if len(kept) == query.count("&") + query.count(";") + 1 else "&".join(kept)


def _decides(piece: str) -> bool:
    name = piece.partition("=")[0]
    for _ in range(_MOST_DECODINGS):
        name, before = unquote_plus(name), name
        if name == before:
            break
    else:
        return True
    name = _INDEX.sub(
        "", name.strip().strip("$")
    )  # ``model[]`` and ``model[0]`` are the same to some servers
    return _NOT_LETTERS.sub("", name).lower() in _DECIDING


def _with_query(url: str, query: str) -> str:
    return f"{url}?{quote(query, safe=_SAFE + '?[]|')}" if query else url


def _deployment(model: str) -> str:
    """The name that a deployment of ``model`` has unless its operator chose another one.

    https://learn.microsoft.com/azure/ai-services/openai/how-to/create-resource: it is the model's own; names with a dot
    were impossible only while there was nothing newer than GPT-3.5, whose models are called ``gpt-35-...`` to this day.
    """
    return as_azure_spells(model)


class _Places(dict[str, str]):
    """Values for the places in a path, computed only when it has them."""

    def __init__(self, channel: Channel, model: str, *, mapped: bool) -> None:
        super().__init__()
        self._channel = channel
        self._model = model
        self._mapped = mapped

    def __missing__(self, place: str) -> str:
        if place == "deployment":
            return segment(self._model if self._mapped else _deployment(self._model))
        value = self._channel.config.get(place)
        if not isinstance(value, str) or not value.strip():
            raise ChannelMisconfigured(id=self._channel.id, detail=f"its setting {place} is empty")
        return quote(value.strip(), safe="")
