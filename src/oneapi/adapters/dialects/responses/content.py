"""Reading the parts of messages and of tool results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.caching import read_breakpoint
from oneapi.adapters.dialects.media import PDF, media_type
from oneapi.adapters.dialects.reading import Fields, split_data_url
from oneapi.domain.chat import Audio, Document, Image, ModelRefusal, Text, ToolResult
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature

if TYPE_CHECKING:
    from oneapi.domain.chat import Part

#: Image details that only this format has -> the nearest common one.
DETAILS = {"original": "high"}


def content_of(item: Fields, name: str) -> tuple[Part, ...]:
    """A text, or a list of parts."""
    content = item.any(name)
    if content is None or isinstance(content, str):
        return (Text(content),) if content else ()
    parts = (_part(part) for part in item.objects(name))
    return tuple(part for part in parts if part != Text(""))


def result_of(item: Fields) -> ToolResult:
    """The result of a tool call."""
    return ToolResult(item.required_text("call_id"), content_of(item, "output"))


def _part(part: Fields) -> Part:
    match part.text("type"):
        case "input_text" | "output_text" | "text":
            return Text(part.text("text"), read_breakpoint(part))
        case "refusal":
            return ModelRefusal(part.text("refusal"))
        case "input_image":
            return _image(part)
        case "input_file":
            return _file(part)
        case "input_audio":
            audio = part.object("input_audio") or Fields({}, part.named("input_audio"))
            return Audio(audio.required_text("data"), audio.required_text("format"))
        case "":
            raise InvalidParameter(part.named("type"), f"{part.named('type')} is required")
        case kind:
            raise UnsupportedFeature(feature=kind)


def _image(part: Fields) -> Image:
    if part.text("file_id"):
        raise UnsupportedFeature(feature="images by file_id")
    url, detail = part.required_text("image_url"), part.text("detail")
    detail = DETAILS.get(detail, detail)
    inline = split_data_url(url, part.named("image_url"))
    if inline is None:
        return Image(url=url, detail=detail, cache=read_breakpoint(part))
    kind = media_type(*inline)
    return Image(media_type=kind, data=inline[1], detail=detail, cache=read_breakpoint(part))


def _file(part: Fields) -> Document | Image:
    if part.text("file_id"):
        raise UnsupportedFeature(feature="files by file_id")
    title = part.text("filename")
    if url := part.text("file_url"):
        return Document(url=url, title=title)
    given = part.required_text("file_data")
    declared, data = split_data_url(given, part.named("file_data")) or ("", given)
    kind = media_type(declared, data, title) or PDF
    if kind.startswith("image/"):
        return Image(media_type=kind, data=data)
    return Document(media_type=kind, data=data, title=title)
