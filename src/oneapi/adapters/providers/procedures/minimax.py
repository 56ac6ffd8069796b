"""MiniMax's pictures: https://platform.minimax.io/docs/api-reference/image-generation-t2i."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.narrow import fields_of, given, text
from oneapi.adapters.providers.calls import Made
from oneapi.adapters.providers.procedures.pictures import refuse_transparency, shape
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Job, Procedure

SHAPES = ("1:1", "16:9", "4:3", "3:2", "2:3", "3:4", "9:16", "21:9")
#: OpenAI's response format -> the member of MiniMax's answer that holds it, and MiniMax's name for it.
FORMS = {"url": ("image_urls", "url"), "b64_json": ("image_base64", "base64")}


def images(job: Job) -> Procedure:
    refuse_transparency(job)
    form = "b64_json" if job.fields.get("response_format") == "b64_json" else "url"
    member, name = FORMS[form]
    fields = {
        "model": job.model,
        "prompt": job.fields.get("prompt"),
        "aspect_ratio": shape(job, SHAPES),
        "n": job.fields.get("n"),
        "response_format": name,
    }
    found = fields_of((yield job.post("/v1/image_generation", given(fields))).json().get("data")).get(member)
    data = [{form: told} for item in (found if isinstance(found, list) else []) if (told := text(item))]
    if not data:
        raise UpstreamGarbage("the answer has no picture")
    return Made({"created": job.created, "data": data})
