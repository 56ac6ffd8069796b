"""Images and speech: what a request must look like, and what multiplies its price."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import frozen

from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SIZE = "1024x1024"
#: Pixels of that, and what an image of so many costs in tokens by its quality.
SQUARE = 1024 * 1024
TOKENS_OF_QUALITY = {"low": 272, "medium": 1056, "standard": 1056, "high": 4160}
SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")
LONGEST_SPEECH = 4096
#: Beyond what any provider takes; keeps a price within its bounds where a model has no table.
MOST_IMAGES = 128
ONE = Decimal(1)


@frozen
class ImageLimits:
    """By model: price factors of sizes, of (model, quality) by size, how many images, longest prompt in characters."""

    sizes: Mapping[str, Mapping[str, Decimal]]
    quality: Mapping[tuple[str, str], Mapping[str, Decimal]]
    counts: Mapping[str, tuple[int, int]]
    prompts: Mapping[str, int]

    def check(self, image: ImageRequest, model: str) -> None:
        """Raise InvalidParameter for what ``model``, as the upstream calls it, does not make."""
        sizes = self.sizes.get(model)
        if sizes and image.size not in sizes:
            raise InvalidParameter("size", "size not supported for this image model", "size_not_supported")
        if image.prompt_length > self.prompts.get(model, image.prompt_length):
            raise InvalidParameter("prompt", "prompt is too long", "prompt_too_long")
        low, high = self.counts.get(model, (1, MOST_IMAGES))
        if not low <= image.count <= high:
            raise InvalidParameter("n", "invalid value of n", "n_not_within_range")

    def factor(self, image: ImageRequest, model: str) -> Decimal:
        """What size and quality multiply the price of one image by."""
        size = self.sizes.get(model, {}).get(image.size, ONE)
        quality = self.quality.get((model, image.quality), {})
        return size * quality.get(image.size, quality.get("other", ONE))


@frozen
class ImageRequest:
    """What an image request asks for, with the defaults filled in."""

    prompt_length: int
    count: int
    size: str
    quality: str


def read_image(fields: Mapping[str, Any]) -> ImageRequest:
    """Raises InvalidParameter when the request makes no sense for any model."""
    prompt = _text(fields, "prompt")
    if not prompt:
        raise InvalidParameter("prompt", "prompt is required", "prompt_missing")
    count = fields.get("n")
    if count is None:
        count = 1
    if not isinstance(count, int) or isinstance(count, bool):
        raise InvalidParameter("n", "n must be an integer", "invalid_type")
    return ImageRequest(len(prompt), count, _text(fields, "size") or DEFAULT_SIZE, _text(fields, "quality"))


def image_tokens(image: ImageRequest) -> int:
    """The most tokens that the images of ``image`` may take, of models that are priced by them.

    https://developers.openai.com/api/docs/guides/image-generation#cost-and-latency; other sizes count by their area.
    """
    each = TOKENS_OF_QUALITY.get(image.quality, TOKENS_OF_QUALITY["high"])
    if size := SIZE.fullmatch(image.size):
        area = max(SQUARE, int(size[1]) * int(size[2]))
        return -(-each * area // SQUARE) * image.count
    return -(-each * 3 // 2) * image.count  # of "auto" the largest


def read_speech(fields: Mapping[str, Any]) -> int:
    """The number of characters to be spoken. Raises InvalidParameter."""
    text = _text(fields, "input")
    if not text:
        raise InvalidParameter("input", "input is required", "missing_required_parameter")
    if len(text) > LONGEST_SPEECH:
        raise InvalidParameter(
            "input", f"input is too long (over {LONGEST_SPEECH} characters)", "text_too_long"
        )
    return len(text)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidParameter(name, f"{name} must be a string", "invalid_type")
    return value
