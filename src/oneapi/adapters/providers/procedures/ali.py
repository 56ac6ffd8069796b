"""Alibaba's embeddings and pictures: https://help.aliyun.com/zh/model-studio/text-embedding-synchronous-api."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import count, fields_of, given, items_of, text
from oneapi.adapters.dialects.proprietary.ali import refusal
from oneapi.adapters.providers.calls import Heard, Outgoing, Pause
from oneapi.adapters.providers.procedures.embeddings import asked_of, made
from oneapi.adapters.providers.procedures.pictures import linked_answer, links, refuse_transparency, sides
from oneapi.data import upstream_names
from oneapi.domain.errors import UpstreamGarbage, UpstreamTimeout

if TYPE_CHECKING:
    from collections.abc import Generator

    from oneapi.adapters.providers.calls import Job, Procedure

EMBEDDINGS = "/api/v1/services/embeddings/text-embedding/text-embedding"
MESSAGES = "/api/v1/services/aigc/multimodal-generation/generation"
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
    """Submit a task and poll it until it is done."""
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
    urls = [text(result.get("url")) for result in items_of(output.get("results"))]
    return (yield from linked_answer(job, urls))


def images_by_message(job: Job) -> Procedure:
    """Generate and edit images with the newer models.

    https://help.aliyun.com/zh/model-studio/qwen-image-api,
    https://help.aliyun.com/zh/model-studio/qwen-image-edit-api.
    """
    refuse_transparency(job)
    content: list[dict[str, Any]] = [{"image": url} for url in links(job)] if job.request.files else []
    content.append({"text": job.fields.get("prompt")})
    asked = sides(job)
    parameters = given({"size": asked and f"{asked[0]}*{asked[1]}", "n": job.fields.get("n")})
    fields: dict[str, Any] = {
        "model": job.model,
        "input": {"messages": [{"role": "user", "content": content}]},
    }
    if parameters:
        fields["parameters"] = parameters
    answer = _checked((yield job.post(MESSAGES, fields)).json())
    messages = (
        fields_of(choice.get("message"))
        for choice in items_of(fields_of(answer.get("output")).get("choices"))
    )
    urls = [text(part.get("image")) for message in messages for part in items_of(message.get("content"))]
    return (yield from linked_answer(job, urls))


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
