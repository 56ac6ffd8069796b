"""Request bodies for an upstream.

An upstream that uses the client's dialect receives the client's bytes. Where they must change, only top-level keys of
the raw JSON, or one field of a form, are touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from attrs import evolve

from oneapi.adapters.dialects.patch import add, patch
from oneapi.adapters.multipart import read_form
from oneapi.adapters.providers.quirks import ABSENT
from oneapi.adapters.upstream.answer_forms.shapes import SHAPES
from oneapi.domain.chat import Message, MessageRole, Text
from oneapi.domain.errors import UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Collection

    from oneapi.adapters.dialects.anthropic.hosted import HostedAnthropic
    from oneapi.adapters.dialects.interface import Dialect, UpstreamDialect
    from oneapi.adapters.upstream.exchange import UpstreamCall
    from oneapi.domain.chat import ChatRequest
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

#: Fields that a request can do without because the gateway can make up for them; refusals use these names.
STREAM_OPTIONS, ENCODING_FORMAT = "stream_options", "encoding_format"
_NOT_TAKEN = frozenset({400, 422})


def same_dialect(
    call: UpstreamCall,
    client: Dialect,
    *,
    enforce_usage: bool,
    without: Collection[str] = (),
    host: HostedAnthropic | None = None,
) -> bytes:
    """The body for an upstream in the format of ``client``, ``without`` the fields that it has refused.

    ``host`` is another cloud that serves this format, and changes fields other than the conversation.

    Usage is requested if ``enforce_usage`` or the offer says so, and where the body must change anyway, as in the
    original One API; never if the offer forbids it.
    """
    request, model = call.request, call.model
    if request.form:
        return _form_body(request, model)
    changes = _model_changes(request, model) if client.names_model else _without_model(request)
    changes.update(client.own_history(request.body, request.fields, model))
    prompt = call.channel.system_prompt
    is_prompted = bool(prompt) and SHAPES[request.work].is_prompted
    if is_prompted:
        changes.update(client.system_prompt(request.body, prompt))
    if host is not None:
        changes.update(host.changes(request.fields, request.headers))
    if request.stream and STREAM_OPTIONS not in without:
        otherwise = enforce_usage or model != request.model or is_prompted
        if _forces_usage(call, otherwise=otherwise):
            options = request.fields.get(STREAM_OPTIONS)
            changes[STREAM_OPTIONS] = {
                **(options if isinstance(options, dict) else {}),
                "include_usage": True,
            }
    if ENCODING_FORMAT in without:
        changes[ENCODING_FORMAT] = ABSENT
    for quirk in call.quirks:
        changes.update(quirk.amend({**request.fields, **changes}))
    if not changes:
        return request.body
    if list(changes) == [STREAM_OPTIONS] and STREAM_OPTIONS not in request.fields:  # most streams: no parsing
        return add(request.body, STREAM_OPTIONS, changes[STREAM_OPTIONS])
    return patch(request.body, changes)


def dispensable(request: RelayRequest, sent: bytes, error: BaseException) -> frozenset[str]:
    """The refused fields of the body ``sent`` that this gateway can do without; empty for other errors.

    Strict servers answer 400 or 422 to a field that they do not know. Only fields that this gateway added, or whose
    effect it can provide itself, are left out; other fields of the client are not.
    https://github.com/FlowiseAI/Flowise/issues/2866, https://github.com/stevereiner/flexible-graphrag/issues/17
    """
    if not isinstance(error, UpstreamRefusal) or error.said not in _NOT_TAKEN or error.blames_channel:
        return frozenset()
    words = f"{error.told.param} {error.cause}"
    added = STREAM_OPTIONS not in request.fields and STREAM_OPTIONS.encode() in sent
    coded = SHAPES[request.work].has_vectors and request.fields.get(ENCODING_FORMAT) == "base64"
    told = {STREAM_OPTIONS: added, ENCODING_FORMAT: coded}
    return frozenset(name for name, spare in told.items() if spare and name in words)


def translated(call: UpstreamCall, chat: ChatRequest, upstream: UpstreamDialect) -> bytes:
    """The body for an upstream in another format than the client's. Raises UnsupportedFeature."""
    chat = prompted(chat, call.channel)
    if _forces_usage(call, otherwise=True):
        chat = evolve(chat, include_usage=True)
    if (call.offer.always_streams or call.request.stream) and not chat.stream:
        chat = evolve(chat, stream=True)
    return amended(call, upstream.write_request(chat, call.model, call.channel.config))


def amended(call: UpstreamCall, fields: dict[str, Any]) -> bytes:
    """``fields`` as the body of a request, as amended by the quirks."""
    for quirk in call.quirks:
        fields |= quirk.amend(fields)
    return msgspec.json.encode({name: value for name, value in fields.items() if value is not ABSENT})


def prompted(chat: ChatRequest, channel: Channel) -> ChatRequest:
    """``chat`` with the channel's system prompt, which replaces the client's or is put in front."""
    if not channel.system_prompt:
        return chat
    prompt = Message(MessageRole.SYSTEM, (Text(channel.system_prompt),))
    replaced = bool(chat.messages) and chat.messages[0].role is MessageRole.SYSTEM
    return evolve(chat, messages=(prompt, *chat.messages[replaced:]))


def _model_changes(request: RelayRequest, model: str) -> dict[str, Any]:
    """The changes that make the body name the billed model."""
    named = request.fields.get("model")
    unnamed_in_body = request.model_in_path and not named
    return {"model": model} if model != (named or request.model) or unnamed_in_body else {}


def _without_model(request: RelayRequest) -> dict[str, Any]:
    """The changes that keep the body from naming a model in addition to the path."""
    return {"model": ABSENT} if "model" in request.fields else {}


def _forces_usage(call: UpstreamCall, *, otherwise: bool) -> bool:
    request = call.request
    if not request.stream or request.include_usage or not SHAPES[request.work].chunked:
        return False
    opinions = (quirk.asks_usage(call.channel) for quirk in call.offer.quirks)
    return next((opinion for opinion in opinions if opinion is not None), otherwise)


def _form_body(request: RelayRequest, model: str) -> bytes:
    """A form whose field ``model`` holds ``model``."""
    if model == request.model and not request.model_in_path:  # a model in the path may be missing in the body
        return request.body
    return read_form(request.body, request.headers.get("content-type", "")).with_text("model", model)
