"""Alibaba's embeddings and pictures: https://help.aliyun.com/zh/model-studio/text-embedding-synchronous-api."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import count, fields_of, given, items_of, text
from oneapi.adapters.dialects.proprietary.ali import refusal
from oneapi.adapters.providers.calls import Heard, Made, Outgoing, Pause
from oneapi.adapters.providers.procedures.embeddings import asked_of, made
from oneapi.data import upstream_names
from oneapi.domain.errors import UpstreamGarbage, UpstreamTimeout

if TYPE_CHECKING:
    from collections.abc import Generator

    from oneapi.adapters.providers.calls import Job, Procedure

EMBEDDINGS = "/api/v1/services/embeddings/text-embedding/text-embedding"
IMAGES = "/api/v1/services/aigc/text2image/image-synthesis"
ASYNCHRONOUS = ("x-dashscope-async", "enable")
POLL_EVERY = 2.0
MOST_POLLS = 150


def embeddings(job: Job) -> Procedure:
    asked = asked_of(job)
    parameters = given({"dimension": asked.dimensions})
    fields: dict[str, Any] = {"model": job.model, "input": {"texts": asked.texts}}
    if parameters:
        fields["parameters"] = parameters
    answer = _checked((yield job.post(EMBEDDINGS, fields)).json())
    found = sorted(
        items_of(fields_of(answer.get("output")).get("embeddings")),
        key=lambda item: count(item.get("text_index")),
    )
    tokens = count(fields_of(answer.get("usage")).get("total_tokens"))
    return made(asked, [item.get("embedding") for item in found], tokens)


def images(job: Job) -> Procedure:
    """A task that is submitted and asked after until it is done."""
    fields = {
        "model": upstream_names("ali").get(job.model, job.model),
        "input": {"prompt": job.fields.get("prompt")},
        "parameters": {
            "size": text(job.fields.get("size") or "1024x1024").replace("x", "*"),
            "n": job.fields.get("n") or 1,
        },
        "response_format": job.fields.get("response_format"),
    }
    answer = _checked((yield job.post(IMAGES, given(fields), ASYNCHRONOUS)).json())
    output = yield from _finished(job, fields_of(answer.get("output")))
    data = []
    for result in items_of(output.get("results")):
        if not (url := text(result.get("url"))):
            continue
        shown = {"url": url}
        if job.fields.get("response_format") == "b64_json":
            picture = yield Outgoing("GET", url, signed=False)
            shown["b64_json"] = base64.b64encode(picture.body).decode()
        data.append(shown)
    if not data:
        raise UpstreamGarbage("the task has no results")
    return Made({"created": job.created, "data": data})


def _finished(job: Job, output: dict[str, Any]) -> Generator[Outgoing | Pause, Heard, dict[str, Any]]:
    task = text(output.get("task_id"))
    if not task.replace("-", "").replace("_", "").isalnum():
        raise UpstreamGarbage("the task has no id")
    for _ in range(MOST_POLLS):
        output = fields_of((yield job.get(f"/api/v1/tasks/{task}")).json().get("output"))
        match output.get("task_status"):
            case "SUCCEEDED":
                return output
            case "PENDING" | "RUNNING" | "SUSPENDED":
                yield Pause(POLL_EVERY)
            case _:
                raise refusal(output, "ali_error")
    raise UpstreamTimeout("the task did not finish")


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if answer.get("code"):
        raise refusal(answer)
    return answer
