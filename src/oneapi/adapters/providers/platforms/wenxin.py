"""Baidu's tokens, paths of models, and embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from attrs import evolve, frozen

from oneapi.adapters.dialects.narrow import count, fields_of, items_of
from oneapi.adapters.dialects.proprietary.baidu import checked
from oneapi.adapters.providers.auth import key_of
from oneapi.adapters.providers.calls import Heard, Outgoing
from oneapi.adapters.providers.procedures.embeddings import asked_of_fixed_length, made
from oneapi.adapters.providers.provider_tokens import ProviderToken, oauth_token
from oneapi.adapters.providers.urls import segment
from oneapi.data import upstream_names
from oneapi.domain.errors import ChannelMisconfigured

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Job, Procedure
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

HOST = "https://aip.baidubce.com"
WORKSHOP = "/rpc/2.0/ai_custom/v1/wenxinworkshop"
JSON_BOTH_WAYS = (("content-type", "application/json"), ("accept", "application/json"))


def model_path(model: str) -> str:
    """https://cloud.baidu.com/doc/WENXINWORKSHOP/s/Nlks5zkzu."""
    return upstream_names("wenxin").get(model) or segment(model.lower())


def chat_path(_channel: Channel, _request: RelayRequest, model: str) -> str:
    return f"{WORKSHOP}/chat/{model_path(model)}"


def embeddings(job: Job) -> Procedure:
    path = f"{WORKSHOP}/embeddings/{model_path(job.model)}"
    asked = asked_of_fixed_length(job)
    answer = checked((yield job.post(path, {"input": asked.texts})).json())
    vectors = [item.get("embedding") for item in items_of(answer.get("data"))]
    return made(asked, vectors, count(fields_of(answer.get("usage")).get("total_tokens")))


def with_token(outgoing: Outgoing, _channel: Channel, _now: float, token: str) -> Outgoing:
    """The token in the query, where this API requires it."""
    return evolve(outgoing, url=f"{outgoing.url}?access_token={quote(token, safe='.-_')}")


@frozen
class AccessTokens:
    """Implements ``ProviderTokenSource``: https://cloud.baidu.com/doc/WENXINWORKSHOP/s/Ilkkrb0i5."""

    def ask(self, channel: Channel, now: float) -> Outgoing:
        del now
        identity, _, secret = key_of(channel).partition("|")
        if not identity or not secret:
            raise ChannelMisconfigured(id=channel.id, detail="its key is not of the form APIKey|SecretKey")
        query = f"client_id={quote(identity, safe='')}&client_secret={quote(secret, safe='')}"
        base = channel.base_url or HOST
        url = f"{base}/oauth/2.0/token?grant_type=client_credentials&{query}"
        return Outgoing("POST", url, JSON_BOTH_WAYS)

    def read(self, heard: Heard, now: float) -> ProviderToken:
        return oauth_token(heard, now, error_type="baidu_error")
