"""The fields of relay requests that the gateway reads, with their types checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from attrs import frozen

from oneapi.adapters.multipart import LIST
from oneapi.domain.errors import InvalidParameter, MalformedRequest
from oneapi.domain.requests import LONGEST_MODEL
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.adapters.multipart import Form

MOST_TOKENS = 1_073_741_823
#: The most messages of a conversation, including parts of their contents. Long agent sessions have a few thousand.
MOST_MESSAGES = 20_000
#: A number in a form; other texts stay texts, and are refused where a number is needed.
_NUMBER = re.compile(r"-?[0-9]{1,9}")
#: The most bytes of a model's name in JSON: each character may take two escapes, as those outside the BMP do.
_MODEL_BYTES = 12 * LONGEST_MODEL + 2

Text = str | None
Whole = int | None
Tokens = Annotated[int, msgspec.Meta(ge=0, le=MOST_TOKENS)] | None
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
    """The fields of text requests whose types the gateway relies on or checks; others pass unread."""

    model: Text = None
    user: Text = None
    encoding_format: Text = None
    instruction: Text = None
    max_tokens: Tokens = None
    max_completion_tokens: Tokens = None
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


def read_model(raw: msgspec.Raw | None) -> str:
    """The model named by a body; empty if there is none, truncated if it is longer than any name.

    Raises InvalidParameter, MalformedRequest.
    """
    if raw is None:
        return ""
    if len(raw) > _MODEL_BYTES and bytes(memoryview(raw)[:1]) == b'"':
        return bytes(memoryview(raw)[1:_MODEL_BYTES]).decode(errors="replace")
    try:
        return _decode_text(raw) or ""
    except msgspec.ValidationError:
        raise InvalidParameter("model", "model must be a string", "invalid_type") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedRequest(detail="model is not valid JSON") from None


_decode_text = msgspec.json.Decoder(Text).decode


@frozen
class FormFields:
    """The fields of a form that the gateway reads or prices.

    Attributes:
        files: Names of files; the first is required, possibly with ``[]`` after its name.
        numbers: Names of fields whose texts are whole numbers.
    """

    files: tuple[str, ...]
    texts: frozenset[str]
    numbers: frozenset[str] = frozenset()

    def read(self, form: Form) -> dict[str, str]:
        """The text fields of ``form``. Raises InvalidParameter, MalformedRequest."""
        for part in form.parts:
            usual = part.name.casefold().removesuffix(LIST)
            is_file = usual in self.files
            if (is_file or usual in self.texts) and (
                part.name.removesuffix(LIST) != usual or part.is_file != is_file
            ):
                kind = "file" if is_file else "text field"
                raise InvalidParameter(
                    usual, f"the form's field {part.name!r} must be a {kind} named {usual!r}"
                )
        needed = self.files[0]
        if not any(part.name.removesuffix(LIST) == needed for part in form.parts):
            raise InvalidParameter(needed, f"{needed} is required", "missing_required_parameter")
        return form.texts()

    def typed(self, form: Mapping[str, str]) -> dict[str, Any]:
        """``form`` with its fields in their JSON types; ``a[b]`` is a member of ``a``."""
        return {
            name.partition("[")[0]: int(value) if name in self.numbers and _NUMBER.fullmatch(value) else value
            for name, value in form.items()
        }


#: https://platform.openai.com/docs/api-reference/audio/createTranscription
RECORDING = FormFields(
    ("file",),
    frozenset(
        {"model", "language", "prompt", "response_format", "stream", "temperature", "chunking_strategy"}
    ),
)
#: https://platform.openai.com/docs/api-reference/images/createEdit
PICTURE = FormFields(
    ("image", "mask", "markup"),
    frozenset(
        """
        background frame_count input_fidelity model moderation n output_compression output_format partial_images prompt
        quality response_format size stream svg user
        """.split()
    ),
    frozenset({"n", "partial_images", "frame_count", "output_compression"}),
)


def pictures_in(fields: Mapping[str, Any]) -> int:
    """How many pictures a JSON request refers to. Raises InvalidParameter for none, and for files of the provider's.

    https://platform.openai.com/docs/api-reference/images/createEdit; others have one or more under ``image``.
    """
    name = "images" if fields.get("images") is not None or fields.get("image") is None else "image"
    given = fields.get(name)
    shown = given if isinstance(given, list) else [] if given is None else [given]
    if not shown:
        raise InvalidParameter(name, f"{name} is required", "missing_required_parameter")
    if fields.get("mask") is not None:
        shown = [*shown, fields["mask"]]
    if any(isinstance(item, dict) and item.get("file_id") is not None for item in shown):
        raise InvalidParameter(name, "files of the provider's cannot be named here; send image_url")
    return len(shown)


def check_text(fields: Mapping[str, Any], work: Work, size: int) -> TextFields:
    """The typed view of a text request of ``size`` bytes. Raises InvalidParameter if no provider could accept it."""
    try:
        known = msgspec.convert(fields, TextFields)
    except msgspec.ValidationError as error:
        raise _wrong_type(error, fields) from None
    if size > _SMALLEST_MESSAGE * MOST_MESSAGES:
        _check_messages(known.messages or ())
    _require(known, work)
    return known


#: ``{},``
_SMALLEST_MESSAGE = 3
#: The required field of each kind of work.
_NEEDED = {
    Work.CONVERSE: "messages",
    Work.COMPLETE: "prompt",
    Work.EMBED: "input",
    Work.MODERATE: "input",
    Work.EDIT: "instruction",
}


def _check_messages(messages: Sequence[Mapping[str, Any]]) -> None:
    """Raise InvalidParameter for too many messages, as each is processed several times."""
    contents = [content for message in messages if isinstance(content := message.get("content"), list)]
    if len(messages) + sum(map(len, contents)) > MOST_MESSAGES:
        raise InvalidParameter("messages", f"messages holds more than {MOST_MESSAGES} messages and parts")


def _require(known: TextFields, work: Work) -> None:
    needed = _NEEDED[work]
    if getattr(known, needed) in (None, "", []):
        raise InvalidParameter(needed, f"field {needed} is required", "missing_required_parameter")


def misfit(error: msgspec.ValidationError) -> InvalidParameter:
    """The error for a field of the wrong type."""
    detail = str(error)
    _, _, path = detail.rpartition("`$")
    name = path.strip("`").lstrip(".").split(".")[0].split("[")[0]
    return InvalidParameter(name, f"invalid request: {detail}", "invalid_type")


def _wrong_type(error: msgspec.ValidationError, fields: Mapping[str, Any]) -> InvalidParameter:
    for name in ("max_tokens", "max_completion_tokens"):
        value = fields.get(name)
        if type(value) is int and not 0 <= value <= MOST_TOKENS:
            return InvalidParameter(name, f"{name} is invalid")
    return misfit(error)
