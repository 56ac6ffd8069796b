"""Images of all providers: input images of a request, aspect ratios for sizes, and OpenAI's answer."""

from __future__ import annotations

import base64
import re
from math import log
from typing import TYPE_CHECKING, Any

from attrs import frozen

from oneapi.adapters.dialects.media import media_type
from oneapi.adapters.dialects.narrow import fields_of, text
from oneapi.adapters.multipart import read_form
from oneapi.adapters.providers.calls import Linked, Made, Outgoing
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature, UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from oneapi.adapters.providers.calls import Heard, Job
    from oneapi.domain.usage import Usage

#: Most bytes of all linked images of a request; they are held as base64 until the provider has answered.
MOST_BYTES = 64 * 1024 * 1024
_SIZE = re.compile(r"([1-9][0-9]{1,4})x([1-9][0-9]{1,4})")
_DATA = re.compile(r"data:([^;,]*);base64,(.*)", re.DOTALL)


@frozen
class Picture:
    """A picture as base64, and its media type."""

    kind: str
    data: str

    @property
    def url(self) -> str:
        return f"data:{self.kind};base64,{self.data}"


def links(job: Job) -> list[str]:
    """The images to edit, each a ``data:`` URL or the client's link.

    Raises InvalidParameter, UnsupportedFeature for a mask.
    """
    request = job.request
    if request.form:
        form = read_form(request.body, request.headers.get("content-type", ""))
        files = [part for part in form.parts if part.is_file]
        if any(part.name not in ("image", "image[]") for part in files):
            raise UnsupportedFeature(feature="a mask")
        encoded = [base64.b64encode(form.body[part.start : part.end]).decode() for part in files]
        return [Picture(media_type("", data), data).url for data in encoded]
    if job.fields.get("mask") is not None:
        raise UnsupportedFeature(feature="a mask")
    given = job.fields.get("images") or job.fields.get("image")
    found = [
        text(fields_of(item).get("image_url") or fields_of(item).get("url")) or text(item)
        for item in (given if isinstance(given, list) else [given])
    ]
    if not all(url.startswith(("data:", "https://", "http://")) for url in found):
        raise InvalidParameter("images", "images must be links or data URLs under image_url")
    return found


def pictures(job: Job) -> Generator[Linked, Heard, list[Picture]]:
    """The images to edit as data, for providers that do not follow links; empty for requests without input images.

    Raises InvalidParameter for data URLs without base64 and for images that are too large together.
    """
    if not job.request.files:
        return []
    found = []
    size = 0
    for url in links(job):
        if shown := _DATA.fullmatch(url):
            found.append(Picture(media_type(shown[1], shown[2]), shown[2]))
        elif url.startswith("data:"):
            raise InvalidParameter("images", "a data URL must hold base64")
        else:
            heard = yield Linked(url)
            size += len(heard.body)
            if size > MOST_BYTES:
                raise InvalidParameter(
                    "images", f"the linked pictures are larger than {MOST_BYTES} bytes together"
                )
            data = base64.b64encode(heard.body).decode()
            found.append(Picture(media_type(heard.headers.get("content-type", ""), data), data))
    return found


def sides(job: Job) -> tuple[int, int] | None:
    """The requested width and height in pixels; None if the client does not specify them."""
    size = _SIZE.fullmatch(text(job.fields.get("size")))
    return (int(size[1]), int(size[2])) if size else None


def shape(job: Job, shapes: Iterable[str]) -> str | None:
    """The one of ``shapes`` (such as ``16:9``) that is nearest to the requested size."""
    wanted = sides(job)
    if wanted is None:
        return None

    def distance(name: str) -> float:
        width, height = map(int, name.split(":"))
        return abs(log(wanted[0] * height / (wanted[1] * width)))

    return min(shapes, key=distance)


def refuse_transparency(job: Job) -> None:
    if job.fields.get("background") == "transparent":
        raise UnsupportedFeature(feature="a transparent background")


def refuse_several(job: Job) -> None:
    """Raise UnsupportedFeature for more than one picture, where each would be a call of its own."""
    if (job.fields.get("n") or 1) > 1:
        raise UnsupportedFeature(feature="n > 1")


def answer(job: Job, made: Sequence[Picture], usage: Usage | None = None) -> Made:
    """OpenAI's answer with ``made``; ``usage`` as the provider counted it. Raises UpstreamGarbage if empty."""
    if not made:
        raise UpstreamGarbage("the answer has no picture")
    as_link = job.fields.get("response_format") == "url"
    data = [{"url": picture.url} if as_link else {"b64_json": picture.data} for picture in made]
    fields: dict[str, Any] = {
        "created": job.created,
        "data": data,
        "output_format": made[0].kind.removeprefix("image/"),
    }
    if usage is not None:
        fields["usage"] = {
            "input_tokens": usage.prompt,
            "input_tokens_details": {
                "text_tokens": usage.prompt - usage.image_in,
                "image_tokens": usage.image_in,
            },
            "output_tokens": usage.completion,
            "output_tokens_details": {
                "text_tokens": usage.completion - usage.image_out,
                "image_tokens": usage.image_out,
            },
            "total_tokens": usage.total,
        }
    return Made(fields, usage)


def linked_answer(job: Job, urls: Sequence[str]) -> Generator[Outgoing, Heard, Made]:
    """OpenAI's answer with the provider's links, which are fetched for clients that want the bytes.

    Raises UpstreamGarbage if there are none.
    """
    data = []
    for url in filter(None, urls):
        shown = {"url": url}
        if job.fields.get("response_format") == "b64_json":
            picture = yield Outgoing("GET", url, signed=False)
            shown["b64_json"] = base64.b64encode(picture.body).decode()
        data.append(shown)
    if not data:
        raise UpstreamGarbage("the answer has no picture")
    return Made({"created": job.created, "data": data})
