"""Google's Vertex AI: the publishers of its models, its addresses and its tokens.

https://cloud.google.com/vertex-ai/generative-ai/docs
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec
from attrs import evolve, field, frozen
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from oneapi.adapters.dialects.embeddings.gemini import task_name
from oneapi.adapters.dialects.gemini.reply import checked
from oneapi.adapters.dialects.narrow import count, fields_of, given, items_of, text
from oneapi.adapters.providers.calls import Heard, Outgoing
from oneapi.adapters.providers.platforms.gemini import COUNT, content_action
from oneapi.adapters.providers.procedures.embeddings import asked_of, made
from oneapi.adapters.providers.provider_tokens import ProviderToken, oauth_token
from oneapi.adapters.providers.urls import segment
from oneapi.data import traits_of
from oneapi.domain.errors import ChannelMisconfigured, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.providers.calls import Job, Procedure
    from oneapi.domain.embeddings import EmbeddingInput
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FORM = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))
#: Lifetime of a JWT in seconds, the longest that Google accepts.
LIFETIME = 3600
#: The token server's statuses for credentials that are permanently invalid: RFC 6749 5.2.
REFUSED = range(400, 500)
#: Multi-regions, whose addresses have another form.
#: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations
WIDE_REGIONS = ("us", "eu")
#: Texts per request; the newer models take only one.
#: https://cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings
MOST_TEXTS = 250

#: https://cloud.google.com/generative-ai-app-builder/docs/ranking
RANKING = "https://discoveryengine.googleapis.com"

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+[0-9]+)?")


@frozen
class ServiceAccount:
    """The credentials of a channel; ``adc`` is the JSON that Google calls application default credentials."""

    region: str
    project: str
    adc: str = field(repr=False)


def service_account_of(channel: Channel) -> ServiceAccount:
    """The credentials in the settings ``region``, ``vertex_ai_project_id``, ``vertex_ai_adc``, or in the key.

    The key has the form ``region|project|ADC``. Raises ChannelMisconfigured.
    """
    names = ("region", "vertex_ai_project_id", "vertex_ai_adc")
    parts = (*channel.key.strip().split("|", 2), "", "")
    region, project, adc = (
        text(channel.config.get(name)).strip() or part.strip()
        for name, part in zip(names, parts, strict=False)
    )
    if not _REGION.fullmatch(region) or not project or not adc:
        raise _misconfigured(
            channel, f"it needs region|project|ADC as its key, or the settings {', '.join(names)}"
        )
    return ServiceAccount(region, project, adc)


def host(channel: Channel) -> str:
    region = service_account_of(channel).region
    if region == "global":
        return "https://aiplatform.googleapis.com"
    if region in WIDE_REGIONS:
        return f"https://aiplatform.{region}.rep.googleapis.com"
    return f"https://{region}-aiplatform.googleapis.com"


# --- whose models -----------------------------------------------------------------------------


def is_claude(model: str) -> bool:
    return "/" not in model and traits_of(model).maker == "anthropic"


def is_of_others(model: str) -> bool:
    """Whether a model is another publisher's; those are named ``publisher/model`` and called in OpenAI's format."""
    return "/" in model


def is_own(model: str) -> bool:
    return "/" not in model and not is_claude(model)


# --- addresses ---------------------------------------------------------------------------------


def content_path(channel: Channel, request: RelayRequest, model: str) -> str:
    return _model_path(channel, "google", model, content_action(stream=request.stream))


def count_path(channel: Channel, _request: RelayRequest, model: str) -> str:
    return _model_path(channel, "google", model, COUNT)


def messages_path(channel: Channel, request: RelayRequest, model: str) -> str:
    action = "streamRawPredict?alt=sse" if request.stream else "rawPredict"
    return _model_path(channel, "anthropic", model, action)


def openapi_path(channel: Channel, _request: RelayRequest, _model: str) -> str:
    return f"{_location(channel)}/endpoints/openapi/chat/completions"


def own_path(channel: Channel, model: str, action: str) -> str:
    """The path of one of Google's own models."""
    return _model_path(channel, "google", model, action)


def _model_path(channel: Channel, publisher: str, model: str, action: str) -> str:
    name = segment(model).replace("%40", "@")  # precedes a version; allowed in a path
    return f"{_location(channel)}/publishers/{publisher}/models/{name}:{action}"


def _location(channel: Channel) -> str:
    credentials = service_account_of(channel)
    return f"/v1/projects/{quote(credentials.project, safe=':')}/locations/{credentials.region}"


def reranking_address(job: Job) -> str:
    """The URL of the ranking service, which is in no region. A channel's base URL replaces the service's host."""
    project = quote(service_account_of(job.channel).project, safe=":")
    base = job.base_url if job.channel.base_url else RANKING
    return f"{base}/v1/projects/{project}/locations/global/rankingConfigs/default_ranking_config:rank"


def embeddings(job: Job) -> Procedure:
    """Embed any number of texts, in as many requests as needed."""
    asked, vectors, tokens = asked_of(job), [], 0
    instances = [_instance(each, text) for each, text in zip(asked.inputs, asked.texts, strict=True)]
    step = 1 if traits_of(job.model).single_texts else MOST_TEXTS
    path = _model_path(job.channel, "google", job.model, "predict")
    parameters = given({"outputDimensionality": asked.dimensions})
    for start in range(0, len(instances), step):
        fields: dict[str, Any] = {"instances": instances[start : start + step]}
        if parameters:
            fields["parameters"] = parameters
        answer = checked((yield job.post(path, fields)).json())
        for prediction in items_of(answer.get("predictions")):
            embedding = fields_of(prediction.get("embeddings"))
            vectors.append(embedding.get("values"))
            tokens += count(fields_of(embedding.get("statistics")).get("token_count"))
    return made(asked, vectors, tokens, is_told_all=True)


def _instance(each: EmbeddingInput, text: str) -> dict[str, Any]:
    return given({"content": text, "task_type": task_name(each.task), "title": each.title or None})


# --- the token ---------------------------------------------------------------------------------


def with_token(outgoing: Outgoing, _channel: Channel, _now: float, token: str) -> Outgoing:
    return evolve(outgoing, headers=(*outgoing.headers, ("authorization", f"Bearer {token}")))


@frozen
class AccessTokens:
    """Implements ``ProviderTokenSource`` for keys of service accounts and for credentials written by ``gcloud auth``.

    https://developers.google.com/identity/protocols/oauth2/service-account#httprest
    """

    def ask(self, channel: Channel, now: float) -> Outgoing:
        given_text = service_account_of(channel).adc
        try:
            adc = msgspec.json.decode(given_text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            adc = None
        if not isinstance(adc, dict):
            raise _misconfigured(channel, "its application default credentials are not a JSON object")
        if adc.get("refresh_token"):
            form = {"grant_type": "refresh_token"}
            form |= {name: text(adc.get(name)) for name in ("client_id", "client_secret", "refresh_token")}
            return Outgoing("POST", TOKEN_URI, FORM, urlencode(form).encode())
        uri = text(adc.get("token_uri")) or TOKEN_URI
        if not uri.startswith(("https://", "http://")):
            raise _misconfigured(channel, "the token_uri of its service account is not a URL")
        form = {"grant_type": JWT_BEARER, "assertion": _assertion(channel, adc, uri, int(now))}
        return Outgoing("POST", uri, FORM, urlencode(form).encode())

    def read(self, heard: Heard, now: float) -> ProviderToken:
        if heard.status >= REFUSED.stop:
            raise UpstreamRefusal(heard.status, f"the token server answered with status {heard.status}")
        return oauth_token(heard, now, error_type="vertex_error")


def _assertion(channel: Channel, adc: Mapping[str, Any], uri: str, now: int) -> str:
    """A JWT signed with the account's private key. Raises ChannelMisconfigured, which never quotes the key."""
    claims = {
        "iss": text(adc.get("client_email")),
        "scope": SCOPE,
        "aud": uri,
        "iat": now,
        "exp": now + LIFETIME,
    }
    header = given({"alg": "RS256", "typ": "JWT", "kid": text(adc.get("private_key_id")) or None})
    try:
        key = RSAKey.import_key(text(adc.get("private_key")))
        return jwt.encode(header, claims, key, algorithms=["RS256"])
    except (ValueError, TypeError, JoseError):
        raise _misconfigured(channel, "the private key of its service account cannot be read") from None


def _misconfigured(channel: Channel, detail: str) -> ChannelMisconfigured:
    return ChannelMisconfigured(id=channel.id, detail=detail)
