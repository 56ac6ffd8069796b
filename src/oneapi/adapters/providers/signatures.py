"""Signatures of whole requests with a channel's secrets, as three clouds require them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from email.utils import formatdate
from time import gmtime, strftime
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import msgspec
from attrs import evolve

from oneapi.adapters.providers.auth import key_of
from oneapi.domain.errors import ChannelMisconfigured
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Headers, Outgoing
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

TC3 = "TC3-HMAC-SHA256"
TENCENT_VERSION = "2023-09-01"
ACTIONS = {Work.CONVERSE: "ChatCompletions", Work.EMBED: "GetEmbedding"}


def parts_of(channel: Channel, form: str) -> list[str]:
    """The parts of a key of the given form, such as ``id|secret``. Raises ChannelMisconfigured."""
    parts = key_of(channel).split("|")
    if len(parts) != len(form.split("|")) or not all(parts):
        raise ChannelMisconfigured(id=channel.id, detail=f"its key is not of the form {form}")
    return parts


# --- Tencent: https://cloud.tencent.com/document/api/1729/101842 ----------------------------------


def tencent_action(_channel: Channel, request: RelayRequest, _model: str) -> Headers:
    """The header that names the requested action."""
    return (("x-tc-action", ACTIONS[request.work]),)


def tc3(outgoing: Outgoing, channel: Channel, now: float, _token: str) -> Outgoing:
    """The request, with a signature of its body, host and action."""
    _, identity, secret = parts_of(channel, "AppId|SecretId|SecretKey")
    headers = {name: value for name, value in outgoing.headers if name != "content-type"}
    host = urlsplit(outgoing.url).netloc
    authorization = tc3_authorization(
        identity, secret, host=host, action=headers["x-tc-action"], body=outgoing.body, now=int(now)
    )
    headers |= {
        "content-type": "application/json",  # as it was signed
        "authorization": authorization,
        "x-tc-version": TENCENT_VERSION,
        "x-tc-timestamp": str(int(now)),
    }
    return evolve(outgoing, headers=tuple(headers.items()))


def tc3_authorization(identity: str, secret: str, *, host: str, action: str, body: bytes, now: int) -> str:
    names = "content-type;host;x-tc-action"
    signed = f"content-type:application/json\nhost:{host}\nx-tc-action:{action.lower()}\n"
    canonical = f"POST\n/\n\n{signed}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    date = strftime("%Y-%m-%d", gmtime(now))
    scope = f"{date}/hunyuan/tc3_request"
    text = f"{TC3}\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{secret}".encode()
    for step in (date, "hunyuan", "tc3_request"):
        key = _hmac(key, step)
    signature = _hmac(key, text).hex()
    return f"{TC3} Credential={identity}/{scope}, SignedHeaders={names}, Signature={signature}"


# --- iFlytek: https://www.xfyun.cn/doc/spark/general_url_authentication.html -----------------------


def spark(outgoing: Outgoing, channel: Channel, now: float, _token: str) -> Outgoing:
    """The request, with a signature in its URL; the application id, the first part of the key, goes into the frame."""
    application, secret, identity = parts_of(channel, "APPID|APISecret|APIKey")
    frame = {"header": {"app_id": application}, **msgspec.json.decode(outgoing.body)}
    url = spark_url(outgoing.url, identity, secret, formatdate(now, usegmt=True))
    return evolve(outgoing, url=url, body=msgspec.json.encode(frame))


def spark_url(url: str, identity: str, secret: str, date: str) -> str:
    parts = urlsplit(url)
    text = f"host: {parts.netloc}\ndate: {date}\nGET {parts.path} HTTP/1.1"
    signature = base64.b64encode(_hmac(secret.encode(), text)).decode()
    authorization = (
        f'hmac username="{identity}", algorithm="hmac-sha256", '
        f'headers="host date request-line", signature="{signature}"'
    )
    query = {
        "authorization": base64.b64encode(authorization.encode()).decode(),
        "date": date,
        "host": parts.netloc,
    }
    return f"{parts.scheme.replace('http', 'ws')}://{parts.netloc}{parts.path}?{urlencode(query)}"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
