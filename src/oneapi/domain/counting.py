"""How many tokens a request is: a cheap estimate before it is sent, and what to count where no upstream did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field

from oneapi.domain.work import CONVERSATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.domain.models.traits import ModelTraits
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.work import Work

#: A token of English is about four bytes, a Chinese character (three bytes) about one token: three is on the safe side.
BYTES_PER_TOKEN = 3
#: Bodies up to here are estimated by their length alone; larger ones may be images.
SHORT_BODY = 16_384
#: For the estimate, where an image's size is not known.
LIKELY_SIZE = (1024, 1024)


@define
class Counted:
    """What a prompt consists of: texts still to be counted, and tokens that need no tokenizer."""

    texts: list[str] = field(factory=list)
    tokens: int = 0
    #: Texts that count several times, each with how often.
    repeated: list[tuple[str, int]] = field(factory=list)
    #: (url, detail) of every image.
    images: list[tuple[str, str]] = field(factory=list)


class RequestFormat(Protocol):
    """What has to be known of a request before it is sent, in the wire format that its client speaks."""

    #: In the body of every request that shows an image.
    image_mark: bytes

    def check_content(self, fields: Mapping[str, Any]) -> None:
        """Raise InvalidParameter for a part of a message that no provider could read."""

    def read_prompt(self, work: Work, fields: Mapping[str, Any]) -> Counted:
        """The prompt of a text request; fields of unexpected types count nothing."""

    def read_limits(self, fields: Mapping[str, Any]) -> tuple[int, int]:
        """Tokens that each answer may have at most, 0 where the client set no limit; and how many answers there are."""


class CountedFormat(RequestFormat, Protocol):
    """One whose clients can ask how many tokens a request has."""

    def write_count(self, tokens: int) -> bytes:
        """The answer to such a client."""


def estimate_prompt(
    request: RelayRequest, wire: RequestFormat, traits_of: Callable[[str], ModelTraits]
) -> int:
    """An upper estimate of the prompt's tokens, without a tokenizer. Raises as ``check_content`` does."""
    body = request.body
    if request.form:
        return 0
    if request.work in CONVERSATIONS:
        wire.check_content(request.fields)
    if len(body) <= SHORT_BODY and wire.image_mark not in body:
        return len(body) // BYTES_PER_TOKEN
    counted = wire.read_prompt(request.work, request.fields)
    text = sum(map(_bytes_of, counted.texts)) + sum(
        _bytes_of(text) * times for text, times in counted.repeated
    )
    costs = traits_of(request.model).image_tokens if counted.images else (0, 0)
    images = sum(image_tokens(LIKELY_SIZE, detail, costs) for _, detail in counted.images)
    return text // BYTES_PER_TOKEN + counted.tokens + images


def _bytes_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def image_tokens(size: tuple[int, int] | None, detail: str, costs: tuple[int, int]) -> int:
    """Tokens of one image of ``size`` pixels; None: not known, counted as one without tiles.

    ``costs`` are the tokens of an image and of each of its tiles: ``ModelTraits.image_tokens``.
    """
    base, tile = costs
    if detail == "low" or size is None:
        return base
    width, height = size
    if max(width, height) > 2048:  # noqa: PLR2004  # OpenAI's rule: first into a square of 2048
        scale = 2048 / max(width, height)
        width, height = int(width * scale), int(height * scale)
    if min(width, height) > 768:  # noqa: PLR2004  # ... then the shorter side to 768
        scale = 768 / min(width, height)
        width, height = int(width * scale), int(height * scale)
    return tile * (-(-width // 512)) * (-(-height // 512)) + base
