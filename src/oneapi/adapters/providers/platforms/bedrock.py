"""Amazon Bedrock: models, addresses and signatures.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from time import gmtime, strftime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from attrs import evolve, field, frozen

from oneapi.adapters.providers.auth import key_of
from oneapi.adapters.providers.urls import segment
from oneapi.data import upstream_names
from oneapi.domain.errors import ChannelMisconfigured

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Job, Outgoing
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "bedrock"


def own_name(model: str) -> str:
    """Bedrock's name; names not in the table are taken for Bedrock ids, inference profiles or ARNs."""
    return upstream_names("bedrock").get(model, model)


def is_claude(model: str) -> bool:
    return "anthropic." in own_name(model)


def is_llama(model: str) -> bool:
    """Whether the original One API called a model in Llama's own format."""
    return upstream_names("bedrock").get(model, "").startswith("meta.")


def is_conversable(model: str) -> bool:
    """Whether a model is called through the API for all models."""
    return not is_claude(model) and not is_llama(model)


def invoke_path(_channel: Channel, request: RelayRequest, model: str) -> str:
    action = "invoke-with-response-stream" if request.stream else "invoke"
    return f"/model/{segment(own_name(model))}/{action}"


def reranking_address(job: Job) -> str:
    return f"{job.base_url}/model/{segment(own_name(job.model))}/invoke"


def converse_path(_channel: Channel, request: RelayRequest, model: str) -> str:
    action = "converse-stream" if request.stream else "converse"
    return f"/model/{segment(own_name(model))}/{action}"


@frozen
class BedrockKey:
    """The credentials of a channel. If ``secret`` is empty, ``identity`` is a Bedrock API key."""

    region: str
    identity: str = field(repr=False)
    secret: str = field(default="", repr=False)
    session: str = field(default="", repr=False)


def credentials_of(channel: Channel) -> BedrockKey:
    """The credentials in the settings ``ak``, ``sk`` and ``region``, or in a key ``AK|SK|REGION``.

    The key may have a session token as its fourth part; a key of one part is an API key. Raises ChannelMisconfigured.
    """
    config = {name: str(channel.config.get(name) or "").strip() for name in ("ak", "sk", "region")}
    parts = key_of(channel).split("|")
    identity, secret, region, session = (*parts, "", "", "", "")[:4]
    if config["ak"] and config["sk"]:
        identity, secret = config["ak"], config["sk"]
    region = config["region"] or region
    if not identity or not _REGION.fullmatch(region):
        raise ChannelMisconfigured(
            id=channel.id, detail="it needs AK|SK|REGION as its key, or the settings ak, sk and region"
        )
    return BedrockKey(region, identity, secret, session)


def host(channel: Channel) -> str:
    return f"https://bedrock-runtime.{credentials_of(channel).region}.amazonaws.com"


def sigv4(outgoing: Outgoing, channel: Channel, now: float, _token: str) -> Outgoing:
    """Sign path, host, date and body, or add the API key as a bearer token.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
    """
    credentials = credentials_of(channel)
    headers = {name: value for name, value in outgoing.headers if name not in ("accept", "content-type")}
    headers |= {"accept": "application/json", "content-type": "application/json"}
    if not credentials.secret:
        headers["authorization"] = f"Bearer {credentials.identity}"
        return evolve(outgoing, headers=tuple(headers.items()))
    date = strftime("%Y%m%dT%H%M%SZ", gmtime(now))
    signed = {
        "content-type": "application/json",
        "host": urlsplit(outgoing.url).netloc,
        "x-amz-date": date,
    }
    if credentials.session:
        signed["x-amz-security-token"] = credentials.session
    headers |= {name: value for name, value in signed.items() if name != "host"}
    headers["authorization"] = authorization(
        credentials, path=urlsplit(outgoing.url).path, headers=signed, body=outgoing.body, date=date
    )
    return evolve(outgoing, headers=tuple(headers.items()))


def authorization(
    credentials: BedrockKey, *, path: str, headers: dict[str, str], body: bytes, date: str
) -> str:
    """The value of ``Authorization`` for a POST without a query, with a signature that covers all ``headers``."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"POST\n{quote(path, safe='/-_.~')}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{date[:8]}/{credentials.region}/{SERVICE}/aws4_request"
    text = f"{ALGORITHM}\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret}".encode()
    for step in scope.split("/"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return (
        f"{ALGORITHM} Credential={credentials.identity}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
