"""Workers AI's own endpoint for its models: https://developers.cloudflare.com/api/resources/ai/methods/run/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from oneapi.adapters.dialects.narrow import fields_of, given, text
from oneapi.adapters.dialects.usage import read_usage
from oneapi.adapters.providers.calls import Made
from oneapi.adapters.providers.urls import AI_GATEWAY, segment
from oneapi.domain.errors import ChannelMisconfigured, UnsupportedFeature
from oneapi.domain.usage import NOTHING

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Job, Procedure


def completion(job: Job) -> Procedure:
    prompt = job.fields.get("prompt")
    if not isinstance(prompt, str):
        raise UnsupportedFeature(feature="a prompt that is not a single string")
    if job.request.stream:
        raise UnsupportedFeature(feature="streamed completions")
    fields = {"prompt": prompt, **{name: job.fields.get(name) for name in ("max_tokens", "temperature")}}
    result = fields_of((yield job.post(_path(job), given(fields))).json().get("result"))
    usage = read_usage(result.get("usage")) or NOTHING
    answer: dict[str, Any] = {
        "id": f"cmpl-{job.created}",
        "object": "text_completion",
        "created": job.created,
        "model": job.request.model,
        "choices": [{"index": 0, "text": text(result.get("response")), "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "total_tokens": usage.total,
        },
    }
    return Made(answer, usage if usage.is_complete else None)


def address(job: Job) -> str:
    """The URL of the job's model. Raises ChannelMisconfigured without an account id, InvalidParameter for bad names."""
    return job.base_url + _path(job)


def _path(job: Job) -> str:
    # The API expects the slashes and the leading @ of a model's name unencoded.
    model = "/".join(segment(part).replace("%40", "@") for part in job.model.split("/"))
    if job.base_url.startswith(AI_GATEWAY):
        return f"/{model}"
    account = job.channel.config.get("user_id")
    if not isinstance(account, str) or not account.strip():
        raise ChannelMisconfigured(id=job.channel.id, detail="its setting user_id is empty")
    return f"/client/v4/accounts/{quote(account.strip(), safe='')}/ai/run/{model}"
