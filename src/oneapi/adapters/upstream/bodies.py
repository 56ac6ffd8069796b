"""Request bodies for an upstream.

To one that speaks the client's dialect go the client's bytes, changed where they must be: only top-level keys of the
raw JSON, or one field of a form, are touched.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
from attrs import evolve

from oneapi.adapters.dialects.openai_chat.patch import patch, raw_messages
from oneapi.adapters.upstream.quirks import ABSENT
from oneapi.domain.chat import Message, Role, Text
from oneapi.domain.errors import MalformedRequest
from oneapi.domain.requests import Endpoint

if TYPE_CHECKING:
    from oneapi.adapters.dialects.interface import UpstreamDialect
    from oneapi.adapters.upstream.specs import ProviderSpec
    from oneapi.domain.channels import Channel
    from oneapi.domain.chat import ChatRequest
    from oneapi.domain.requests import RelayRequest

#: Endpoints whose streams report usage only when asked.
_ASKABLE = (Endpoint.CHAT, Endpoint.COMPLETIONS)
_FORMS = (Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS)
_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;,]+))', re.IGNORECASE)
_NAME = re.compile(rb';\s*name=(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)


def same_dialect(
    spec: ProviderSpec, channel: Channel, request: RelayRequest, model: str, *, enforce_usage: bool
) -> bytes:
    """The body for an upstream in the client's own format.

    Usage is asked for where ``enforce_usage`` or the row says so, and where the body must change anyway, as in the
    original; never where the row refuses it.
    """
    mapped = model != request.model
    if request.endpoint in _FORMS:
        return _form_body(request, model)
    changes = _model_changes(request, model)
    prompt = channel.system_prompt if request.endpoint is Endpoint.CHAT else ""
    if prompt:
        changes |= _system_prompt(request, prompt)
    if _forces_usage(spec, channel, request, otherwise=enforce_usage or mapped or bool(prompt)):
        options = request.fields.get("stream_options")
        changes["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    for quirk in spec.quirks:
        if quirk.serves(request.model, model):
            changes.update(quirk.amend(request.endpoint, {**request.fields, **changes}))
    return patch(request.body, changes) if changes else request.body


def translated(
    spec: ProviderSpec,
    channel: Channel,
    request: RelayRequest,
    chat: ChatRequest,
    upstream: UpstreamDialect,
    model: str,
) -> bytes:
    """The body for an upstream in another format than the client's. Raises UnsupportedFeature."""
    chat = prompted(chat, channel)
    if _forces_usage(spec, channel, request, otherwise=True):
        chat = evolve(chat, include_usage=True)
    if spec.always_streams:
        chat = evolve(chat, stream=True)
    fields = upstream.write_request(chat, model, channel.config)
    for quirk in spec.quirks:
        if quirk.serves(request.model, model):
            fields |= quirk.amend(request.endpoint, fields)
    return msgspec.json.encode({name: value for name, value in fields.items() if value is not ABSENT})


def prompted(chat: ChatRequest, channel: Channel) -> ChatRequest:
    """With the channel's system prompt in the place of the client's, or in front."""
    if not channel.system_prompt:
        return chat
    prompt = Message(Role.SYSTEM, (Text(channel.system_prompt),))
    replaced = bool(chat.messages) and chat.messages[0].role is Role.SYSTEM
    return evolve(chat, messages=(prompt, *chat.messages[replaced:]))


def _model_changes(request: RelayRequest, model: str) -> dict[str, Any]:
    """What makes the body name the model that is billed, and no other."""
    named = request.fields.get("model")
    # Parsers of other languages match keys in any case, and of doubled keys take the first or the last.
    changes: dict[str, Any] = {
        name: ABSENT
        for name in request.fields
        if len(name) == len("model") and name != "model" and name.lower() == "model"
    }
    doubled = request.body.count(b'"model"') > 1 or (b"\\u006" in request.body and _names_twice(request.body))
    if (
        model != (named or request.model)
        or changes
        or (named and doubled)
        or (request.model_in_path and not named)
    ):
        changes["model"] = model
    return changes


def _names_twice(body: bytes) -> bool:
    """Whether the object has the key ``model`` twice, however its letters are escaped."""
    try:
        pairs = json.loads(body, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return True
    return [key for key, _ in pairs].count("model") > 1


def _forces_usage(spec: ProviderSpec, channel: Channel, request: RelayRequest, *, otherwise: bool) -> bool:
    if not request.stream or request.include_usage or request.endpoint not in _ASKABLE:
        return False
    opinions = (quirk.asks_usage(channel) for quirk in spec.quirks)
    return next((opinion for opinion in opinions if opinion is not None), otherwise)


def _system_prompt(request: RelayRequest, prompt: str) -> dict[str, Any]:
    """The channel's system prompt in the place of the client's, or in front."""
    if request.dialect != "openai_chat":
        return {"system": prompt}
    messages = raw_messages(request.body)
    if messages and msgspec.json.decode(messages[0]).get("role") == "system":
        first = patch(bytes(messages[0]), {"content": prompt})
        return {"messages": [msgspec.Raw(first), *messages[1:]]}
    return {"messages": [{"role": "system", "content": prompt}, *messages]}


def _form_body(request: RelayRequest, model: str) -> bytes:
    """A multipart body whose fields named model all hold ``model``. Raises MalformedRequest."""
    found = _BOUNDARY.search(request.headers.get("content-type", ""))
    if found is None:
        raise MalformedRequest(detail="the multipart body names no boundary")
    delimiter = b"\r\n--" + (found[1] or found[2]).encode()
    parts = (b"\r\n" + request.body).split(delimiter)
    named = [number for number, part in enumerate(parts) if _name(part) == b"model"]
    # A second one may be read in place of the first, and what the path names is not in the body.
    if model == request.model and len(named) <= 1 and not request.model_in_path:
        return request.body
    field = f'\r\nContent-Disposition: form-data; name="model"\r\n\r\n{model}'.encode()
    kept = [part for number, part in enumerate(parts) if number not in named]
    kept.insert(1, field)
    return delimiter.join(kept)[2:]


def _name(part: bytes) -> bytes:
    """The name of a form's field, lower case."""
    head = part[: part.find(b"\r\n\r\n")]
    found = _NAME.search(head)
    return (found[1] or found[2] or b"").lower() if found else b""
