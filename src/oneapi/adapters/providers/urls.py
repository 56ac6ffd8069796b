"""URLs of requests to upstreams: the base URL, the offer's path and the client's query.

A value from a client or an operator enters a path as one encoded segment, so it cannot change the rest of the URL.
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

#: This host serves each provider's API under a path that names the provider, without the API's usual prefix.
#: https://developers.cloudflare.com/ai-gateway/providers/openai/
AI_GATEWAY = "https://gateway.ai.cloudflare.com"

_BASE_URL = re.compile(r"(?i:(https?)://)([^\s/?#@\\]*@)?([^\s/?#@\\]+)((?:/[^\s?#\\]*)?)")
_SAFE = "%/:@!$&'()*+,;=~-._"
#: No honest path or name is still encoded after this many decodings.
_MOST_DECODINGS = 8
#: Overlong UTF-8 encodings of a dot, which lenient decoders accept, and characters that servers read as dots or skip.
_OVERLONG = re.compile(r"%c0%ae|%e0%80%ae|%f0%80%80%ae", re.IGNORECASE)
_DOTS = str.maketrans(
    {"\uff0e": ".", "\u2024": ".", "\ufe52": ".", "\u2025": "..", "\0": "", "\t": "", "\r": "", "\n": ""}
)
_PIECES = re.compile("[&;]")
_INDEX = re.compile(r"\[.*$")
_NOT_LETTERS = re.compile("[^A-Za-z]")
#: Deciding parameters, in lower case without punctuation: the model; version and format; price; account.
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
    # In another format the parameters of the query mean nothing, or something else.
    query = kept_query(request.query) if request.query and request.dialect == offer.dialect else ""
    if base.startswith(AI_GATEWAY):
        path = path.removeprefix(spec.dropped_on_ai_gateway)
    if base.endswith("/v1"):  # operators copy base URLs with and without the version
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
    """``url`` with a lower-case scheme, in ASCII and without a trailing slash; None if it is not a URL."""
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
    """``value`` as one path segment. Raises InvalidParameter if no encoding can make it one."""
    if value in ("", ".", ".."):
        raise InvalidParameter("model", "this model name cannot be used in the upstream's URL")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidParameter("model", "the model name is not valid Unicode") from None


def proxy_target(target: str) -> str:
    """The path after the proxy's route, still encoded. Raises MalformedRequest if it could leave the base URL.

    Servers and proxies may decode a path more than once and strip parameters from its segments. Anything that one of
    them may read as ``..`` is refused.
    """
    if any(part.partition(";")[0].strip() == ".." for part in re.split(r"[/\\]", _decoded(target))):
        raise MalformedRequest(detail="the path of a proxied request may not contain '..'")
    if target and not target.startswith("/"):
        target = "/" + target
    return quote(target, safe=_SAFE)


def _decoded(target: str) -> str:
    """``target`` as the most lenient server decodes it. Raises MalformedRequest if it is encoded too many times."""
    for _ in range(_MOST_DECODINGS):
        plain = unquote(_OVERLONG.sub(".", target)).translate(_DOTS)
        if plain == target:
            return plain
        target = plain
    raise MalformedRequest(detail="the path of a proxied request is percent-encoded too many times")


def kept_query(query: str) -> str:
    """The client's query without parameters that a provider may prefer to what was checked and billed.

    The body decides the model, format and price; the channel decides the version and account. On a server that reads
    the query first, the client could override them. All other parameters pass unchanged.
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
    )  # some servers read ``model[]`` and ``model[0]`` as ``model``
    return _NOT_LETTERS.sub("", name).lower() in _DECIDING


def _with_query(url: str, query: str) -> str:
    return f"{url}?{quote(query, safe=_SAFE + '?[]|')}" if query else url


def _deployment(model: str) -> str:
    """The default name of a deployment of ``model``, which is the model's own name.

    https://learn.microsoft.com/azure/ai-services/openai/how-to/create-resource. Names could not contain dots when
    GPT-3.5 was the newest, so its models are still called ``gpt-35-...``.
    """
    return as_azure_spells(model)


class _Places(dict[str, str]):
    """Values for the placeholders in a path, computed only when needed."""

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
