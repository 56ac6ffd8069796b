"""Predictions on Replicate: created, then waited for. https://replicate.com/docs/reference/http."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from math import gcd
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.narrow import fields_of, text
from oneapi.adapters.dialects.own_fields import with_own_fields
from oneapi.adapters.dialects.proprietary.replicate import Replicate
from oneapi.adapters.providers.calls import ChatProcedure, Heard, Made, Outgoing, Pause, Procedure
from oneapi.adapters.providers.procedures.pictures import refuse_several
from oneapi.adapters.providers.urls import segment
from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal, UpstreamTimeout

if TYPE_CHECKING:
    from collections.abc import Generator

    from oneapi.adapters.providers.calls import Job

POLL_EVERY = 1.0
MOST_POLLS = 900
STREAM_HEADERS = (("accept", "text/event-stream"), ("cache-control", "no-store"))
#: The models' named aspect ratios; others are passed as ``custom`` with a width and a height.
RATIOS = ("1:1", "16:9", "9:16", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "21:9", "9:21")
SIDE = 1440
_SIZE = re.compile(r"([0-9]{2,4})x([0-9]{2,4})")
_replicate = Replicate()


def chat(job: Job) -> ChatProcedure:
    chat = job.conversation()
    fields = with_own_fields(_replicate.write_request(chat, job.model), chat, _replicate.name)
    prediction = (yield job.post(_path(job), fields)).json()
    prediction = yield from _finished(job, prediction)
    if not job.request.stream:
        return _replicate.read_reply(msgspec.json.encode(prediction))
    return Outgoing("GET", _url(job, prediction, "stream"), STREAM_HEADERS)


def images(job: Job) -> Procedure:
    refuse_several(job)
    prediction = (yield job.post(_path(job), {"input": _image_input(job)})).json()
    prediction = yield from _finished(job, prediction)
    output = prediction.get("output")
    data = []
    for url in [output] if isinstance(output, str) else output or []:
        if job.fields.get("response_format") == "b64_json":
            heard = yield Outgoing("GET", text(url), signed=False)
            data.append({"b64_json": base64.b64encode(heard.body).decode()})
        else:
            data.append({"url": text(url)})
    if not data:
        raise UpstreamGarbage("the prediction has no output")
    return Made({"created": _time(prediction.get("completed_at")) or job.created, "data": data})


def _path(job: Job) -> str:
    name = "/".join(segment(part) for part in job.model.split("/"))
    return f"/v1/models/{name}/predictions"


def _finished(job: Job, prediction: dict[str, Any]) -> Generator[Outgoing | Pause, Heard, dict[str, Any]]:
    """``prediction`` once it has succeeded. Raises UpstreamRefusal if it fails."""
    url = _url(job, prediction, "get")
    for _ in range(MOST_POLLS):
        prediction = (yield Outgoing("GET", url)).json()
        status = prediction.get("status")
        if status == "succeeded":
            return prediction
        if status in ("failed", "canceled", "aborted"):
            message = text(prediction.get("error")) or f"the prediction was {status}"
            raise UpstreamRefusal(502, message, type="replicate_error", code=status)
        yield Pause(POLL_EVERY)
    raise UpstreamTimeout("the prediction did not finish")


def _url(job: Job, prediction: dict[str, Any], name: str) -> str:
    """An address from the provider's answer; the key is sent only to the provider's own hosts."""
    url = text(fields_of(prediction.get("urls")).get(name))
    own = re.match(r"https://([a-z0-9-]+\.)*replicate\.(com|delivery)/", url)
    if not (own or url.startswith(job.base_url + "/")):
        raise UpstreamGarbage(f"the prediction has no address to {name} it from")
    return url


def _image_input(job: Job) -> dict[str, Any]:
    given = _SIZE.fullmatch(text(job.fields.get("size")))
    width, height = (int(given[1]), int(given[2])) if given else (SIDE, SIDE)
    shared = gcd(width, height)
    ratio = f"{width // shared}:{height // shared}"
    return {
        "prompt": job.fields.get("prompt"),
        "image_prompt": "",
        "steps": 25,
        "guidance": 3,
        "interval": 0,
        "safety_tolerance": 5,
        "aspect_ratio": ratio if ratio in RATIOS else "custom",
        "width": width,
        "height": height,
        "n_images": 1,
        "seed": job.fields.get("seed", job.created),
    }


def _time(value: Any) -> int:
    try:
        return int(datetime.fromisoformat(text(value)).timestamp())
    except ValueError:
        return 0
