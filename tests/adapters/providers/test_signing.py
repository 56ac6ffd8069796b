"""Signatures exactly as the providers compute them; the test vectors are in the recorded exchanges."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from oneapi.adapters.providers.auth import own_jwt, signed_token
from oneapi.adapters.providers.calls import Outgoing
from oneapi.adapters.providers.platforms.bedrock import BedrockKey, authorization, credentials_of
from oneapi.adapters.providers.signatures import spark_url, tc3_authorization
from oneapi.domain.errors import ChannelMisconfigured
from oneapi.domain.routing.channels import Channel
from tests.support.providers.exchanges import load

NOTHING = Outgoing("POST", "https://provider.example/")


@pytest.mark.parametrize("vector", load("zhipu")["signing_vectors"])
def test_token_of_ones_own(vector: dict[str, Any]) -> None:
    given = vector["input"]
    identity, _, secret = given["key"].partition(".")
    assert signed_token(identity, secret, given["now_ms"]) == vector["token"]


def test_token_of_ones_own_is_signed_once_a_minute() -> None:
    channel = Channel(7, 16, "id.secret", 1, "c")
    sent = [own_jwt(NOTHING, channel, now, "").headers for now in (1200.0, 1259.9, 1260.0)]
    assert sent == [
        (("authorization", signed_token("id", "secret", milliseconds)),)
        for milliseconds in (1_200_000, 1_200_000, 1_260_000)
    ]


@pytest.mark.parametrize("vector", load("tencent")["signing_vectors"])
def test_tc3(vector: dict[str, Any]) -> None:
    given = vector["input"]
    assert (
        tc3_authorization(
            given["secret_id"],
            given["secret_key"],
            host="hunyuan.tencentcloudapi.com",
            action=given["action"],
            body=given["body_bytes"].encode(),
            now=given["timestamp"],
        )
        == vector["authorization"]
    )


@pytest.mark.parametrize("vector", load("xunfei")["signing_vectors"])
def test_signed_url(vector: dict[str, Any]) -> None:
    given = vector["input"]
    url = f"https://{given['host']}{given['path']}"
    assert spark_url(url, given["api_key"], given["api_secret"], given["date"]) == vector["url"]


@pytest.mark.parametrize("vector", load("aws_claude")["signing_vectors"])
def test_sigv4(vector: dict[str, Any]) -> None:
    given = vector["input"]
    parts = urlsplit(given["url"])
    signed = {
        "content-type": "application/json",
        "host": parts.netloc,
        "x-amz-date": given["x-amz-date"],
    }
    credentials = BedrockKey(given["region"], given["access_key"], given["secret_key"])
    assert (
        authorization(
            credentials,
            path=parts.path,
            headers=signed,
            body=given["body_bytes"].encode(),
            date=given["x-amz-date"],
        )
        == vector["authorization"]
    )


@pytest.mark.parametrize(
    ("key", "config", "found"),
    [
        ("AK|SK|us-east-1", {}, BedrockKey("us-east-1", "AK", "SK")),
        ("AK|SK|us-gov-west-1|TOKEN", {}, BedrockKey("us-gov-west-1", "AK", "SK", "TOKEN")),
        ("", {"ak": "AK", "sk": "SK", "region": "eu-west-3"}, BedrockKey("eu-west-3", "AK", "SK")),
        ("bedrock-api-key", {"region": "us-east-1"}, BedrockKey("us-east-1", "bedrock-api-key")),
    ],
)
def test_credentials(key: str, config: dict[str, str], found: BedrockKey) -> None:
    assert credentials_of(Channel(7, 33, key, 1, "c", config=config)) == found


@pytest.mark.parametrize("key", ["", "AK|SK", "AK|SK|evil.example/"])
def test_credentials_that_lead_nowhere(key: str) -> None:
    with pytest.raises(ChannelMisconfigured):
        credentials_of(Channel(7, 33, key, 1, "c"))


def test_key_of_another_form_is_a_bearer_token() -> None:
    signed = own_jwt(NOTHING, Channel(7, 16, "whole-key", 1, "c"), 0, "")
    assert signed.headers == (("authorization", "Bearer whole-key"),)
