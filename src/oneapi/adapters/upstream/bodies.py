"""Request bodies for an upstream that speaks the client's dialect: the client's bytes, changed where they must be.

Only top-level keys of the raw JSON, or one field of a form, are touched; everything else arrives as it was sent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

from oneapi.adapters.dialects.openai_chat.patch import patch
from oneapi.adapters.upstream.quirks import ABSENT
from oneapi.domain.errors import MalformedRequest
from oneapi.domain.requests import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.upstream.catalog import ProviderSpec
    from oneapi.domain.channels import Channel
    from oneapi.domain.requests import RelayRequest

#: Endpoints whose streams report usage only when asked.
ASKABLE = (Endpoint.CHAT, Endpoint.COMPLETIONS)


@frozen
class Body:
    """``asked``: the gateway asked for usage that the client did not ask for."""

    data: bytes
    asked: bool = False


def same_dialect(
    spec: ProviderSpec, channel: Channel, request: RelayRequest, model: str, *, enforce_usage: bool
) -> Body:
    """The body for an upstream in the client's own format."""
    if request.form:
        named = request.form.get("model") == model or model == request.model
        return Body(request.body if named else with_form_field(request, "model", model))
    changes = _changes(request, model)
    if channel.system_prompt and request.endpoint is Endpoint.CHAT:
        changes["messages"] = with_system_prompt(request.fields.get("messages"), channel.system_prompt)
    asked = _asks_usage(spec, channel, request, always=enforce_usage or bool(changes))
    if asked:
        options = request.fields.get("stream_options")
        changes["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    for quirk in spec.quirks:
        changes.update(quirk.amend(request.endpoint, {**request.fields, **changes}))
    return Body(patch(request.body, changes) if changes else request.body, asked)


def _changes(request: RelayRequest, model: str) -> dict[str, Any]:
    """What makes the body name exactly one model: the one that is billed."""
    fields = request.fields
    named = fields.get("model")
    changes: dict[str, Any] = {
        name: ABSENT for name in fields if name != "model" and name.lower() == "model"
    }
    in_path = request.path.startswith("/v1/engines/")
    if model != request.model or (named and named != model) or (in_path and not named):
        changes["model"] = model
    elif request.body.count(b'"model"') > 1 and named:  # of doubled keys each parser picks its own
        changes["model"] = model
    return changes
