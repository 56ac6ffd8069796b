"""Volcengine's endpoint for pictures, which also retouches: https://www.volcengine.com/docs/82379/1541523."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.narrow import given, items_of
from oneapi.adapters.dialects.usage import read_usage
from oneapi.adapters.providers.calls import Made
from oneapi.adapters.providers.procedures.pictures import links, refuse_several, refuse_transparency
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Job, Procedure

GENERATIONS = "/api/v3/images/generations"
PASSED = ("prompt", "size", "response_format")


def edits(job: Job) -> Procedure:
    refuse_transparency(job)
    refuse_several(job)
    shown = links(job)
    fields = {"model": job.model, **{name: job.fields.get(name) for name in PASSED}}
    fields["image"] = shown[0] if len(shown) == 1 else shown
    answer = (yield job.post(GENERATIONS, given(fields))).json()
    if not any(item.get("url") or item.get("b64_json") for item in items_of(answer.get("data"))):
        raise UpstreamGarbage("the answer has no picture")
    return Made({**answer, "created": answer.get("created") or job.created}, read_usage(answer.get("usage")))
