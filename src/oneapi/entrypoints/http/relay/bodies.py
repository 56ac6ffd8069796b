"""Request bodies of the relay: read within a limit, decompressed, parsed once, checked."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import msgspec
from sanic.headers import parse_content_header
from sanic.request.form import parse_multipart_form

from oneapi.domain.errors import BodyTooLarge, InvalidParameter, MalformedRequest
from oneapi.domain.requests import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sanic import Request

MEGABYTE = 1024 * 1024
MOST_TOKENS = 1_073_741_823

Text = str | None
Whole = int | None
Number = float | None
Flag = bool | None


class Function(msgspec.Struct):
    name: Text = None
    description: Text = None


class Tool(msgspec.Struct):
    type: Text = None
    function: Function | None = None


class StreamOptions(msgspec.Struct):
    include_usage: Flag = None


class TextFields(msgspec.Struct):
    """The fields of text requests whose types we rely on or promise to check; others pass unseen."""

    model: Text = None
    user: Text = None
    encoding_format: Text = None
    instruction: Text = None
    max_tokens: Whole = None
    max_completion_tokens: Whole = None
    n: Whole = None
    top_k: Whole = None
    top_logprobs: Whole = None
    dimensions: Whole = None
    seed: Number = None
    frequency_penalty: Number = None
    presence_penalty: Number = None
    temperature: Number = None
    top_p: Number = None
    stream: Flag = None
    store: Flag = None
    parallel_tool_calls: Flag = None
    modalities: list[str] | None = None
    stream_options: StreamOptions | None = None
    messages: list[dict[str, Any]] | None = None
    tools: list[Tool] | None = None
    prompt: Any = None
    input: Any = None


async def read_body(request: Request, limit_mb: int) -> bytes:
    """The whole body, decompressed. Raises BodyTooLarge before more than the limit is in memory."""
    limit = limit_mb * MEGABYTE
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > limit:
        raise BodyTooLarge(limit_mb=limit_mb)
    stream: Any = request.stream
    pieces: list[bytes] = []
    size = 0
    while (piece := await stream.read()) is not None:
        size += len(piece)
        if size > limit:
            raise BodyTooLarge(limit_mb=limit_mb)
        pieces.append(piece)
    body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    encoding = request.headers.get("content-encoding")
    if encoding and encoding.strip().lower() not in {"identity", ""}:
        return _inflate(body, encoding.strip().lower(), limit, limit_mb)
    return body


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object of ``body``; an absent or null one counts as empty."""
    try:
        value = msgspec.json.decode(body) if body.strip() else {}
    except msgspec.DecodeError as error:
        raise MalformedRequest(detail=f"the request body is not valid JSON: {error}") from None
    except RecursionError:
        raise MalformedRequest(detail="the request body is nested too deeply") from None
    except UnicodeDecodeError:
        raise MalformedRequest(detail="the request body is not valid UTF-8") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedRequest(detail="the request body must be a JSON object")
    return value


def check_text(fields: Mapping[str, Any], endpoint: Endpoint) -> TextFields:
    """The typed view of a text request. Raises InvalidParameter for what no provider could accept."""
    try:
        known = msgspec.convert(fields, TextFields)
    except msgspec.ValidationError as error:
        raise _wrong_type(error) from None
    for name, value in (
        ("max_tokens", known.max_tokens),
        ("max_completion_tokens", known.max_completion_tokens),
    ):
        if value is not None and not 0 <= value <= MOST_TOKENS:
            raise InvalidParameter(name, f"{name} is invalid")
    _require(known, endpoint)
    return known


def read_form(request: Request, body: bytes) -> dict[str, str]:
    """The text fields of a multipart body; the first of equal names counts."""
    kind, parameters = parse_content_header(request.headers.get("content-type", ""))
    boundary = parameters.get("boundary")
    if kind.lower() != "multipart/form-data" or not isinstance(boundary, str):
        raise MalformedRequest(detail="the request body must be multipart/form-data")
    try:
        fields, files = parse_multipart_form(body, boundary.encode())  # type: ignore[no-untyped-call]  # Sanic's
    except (ValueError, KeyError, IndexError, UnicodeError):
        raise MalformedRequest(detail="the multipart body could not be read") from None
    if "file" not in files:
        raise InvalidParameter("file", "file is required", "missing_required_parameter")
    return {name: values[0] for name, values in fields.items()}


def _require(known: TextFields, endpoint: Endpoint) -> None:
    missing = None
    if endpoint is Endpoint.CHAT and not known.messages:
        missing = "messages"
    elif endpoint is Endpoint.COMPLETIONS and known.prompt in (None, "", []):
        missing = "prompt"
    elif endpoint in (Endpoint.EMBEDDINGS, Endpoint.MODERATIONS) and known.input in (None, "", []):
        missing = "input"
    elif endpoint is Endpoint.EDITS and not known.instruction:
        missing = "instruction"
    if missing:
        raise InvalidParameter(missing, f"field {missing} is required", "missing_required_parameter")


def _wrong_type(error: msgspec.ValidationError) -> InvalidParameter:
    detail = str(error)
    _, _, path = detail.rpartition("`$")
    name = path.strip("`").lstrip(".").split(".")[0].split("[")[0]
    return InvalidParameter(name, f"invalid request: {detail}", "invalid_type")


def _inflate(body: bytes, encoding: str, limit: int, limit_mb: int) -> bytes:
    if encoding != "gzip":
        raise MalformedRequest(detail=f"the content encoding {encoding!r} is not supported; use gzip or none")
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise MalformedRequest(detail="the request body is not valid gzip") from None
    if len(plain) > limit:
        raise BodyTooLarge(limit_mb=limit_mb)
    if not inflater.eof:
        raise MalformedRequest(detail="the gzip body ends too early")
    return plain
