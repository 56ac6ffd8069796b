"""Counting a request's tokens: a cheap estimate before it is sent, and a count if the upstream reports none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field

from oneapi.domain.work import CONVERSATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.domain.models.traits import ModelTraits
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.work import Work

#: An English token is about four bytes; a Chinese character is three bytes and about one token. Three is safe for both.
BYTES_PER_TOKEN = 3
#: Bodies up to here are estimated by their length alone; larger ones may be images.
SHORT_BODY = 16_384
#: Assumed width and height in pixels of an image whose size is unknown.
LIKELY_SIZE = (1024, 1024)


@define
class Counted:
    """The parts of a prompt: texts still to be counted, and tokens that need no tokenizer."""

    texts: list[str] = field(factory=list)
    tokens: int = 0
    #: Texts that count several times, each with how often.
    repeated: list[tuple[str, int]] = field(factory=list)
    #: (url, detail) of every image.
    images: list[tuple[str, str]] = field(factory=list)


class RequestFormat(Protocol):
    """Reads what the gateway needs to know of a request before sending it, in one wire format."""

    #: Bytes found in the body of every request that contains an image.
    image_mark: bytes

    def check_content(self, fields: Mapping[str, Any]) -> None:
        """Raise InvalidParameter for a part of a message that no provider could read."""

    def read_prompt(self, work: Work, fields: Mapping[str, Any]) -> Counted:
        """The prompt of a text request; fields of unexpected types are ignored."""

    def read_limits(self, fields: Mapping[str, Any]) -> tuple[int, int]:
        """The most tokens that each answer may have (0: the client set no limit), and the number of answers."""


class CountedFormat(RequestFormat, Protocol):
    """One whose clients can ask how many tokens a request has."""

    def write_count(self, tokens: int) -> bytes:
        """The answer to a client that asked how many tokens its request has, as a JSON body."""


def estimate_prompt(
    request: RelayRequest, wire: RequestFormat, traits_of: Callable[[str], ModelTraits]
) -> int:
    """An upper estimate of the prompt's tokens, without a tokenizer. Raises like ``check_content``."""
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
    """Tokens of one image of ``size`` pixels; an image of unknown size (None) counts as one without tiles.

    ``costs`` holds the tokens of an image and of each of its tiles: ``ModelTraits.image_tokens``.
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
