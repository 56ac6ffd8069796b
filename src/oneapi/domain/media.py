"""Images and speech: the limits of a request, and the factors of its price."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import frozen

from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SIZE = "1024x1024"
#: Pixels of the default size, and the tokens of an image of that area by its quality.
SQUARE = 1024 * 1024
#: Qualities above high are not documented; they cost at least as much as high.
TOKENS_OF_QUALITY = {
    "low": 272,
    "medium": 1056,
    "standard": 1056,
    "high": 4160,
    "xhigh": 2 * 4160,
    "max": 4 * 4160,
}
#: Tokens of a partial image in a stream.
#: https://developers.openai.com/api/docs/guides/image-generation#partial-images-cost
TOKENS_OF_PREVIEW = 100
#: The most tokens of an input image: four tiles, and 6240 for high input fidelity.
#: https://developers.openai.com/api/docs/guides/images-vision#gpt-image-models
TOKENS_OF_PICTURE = 6821
SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")
LONGEST_SPEECH = 4096
#: More images than any provider makes at once; bounds the price of models without a table.
MOST_IMAGES = 128
#: The most images in one request: 16 to edit, a mask and a markup.
#: https://platform.openai.com/docs/api-reference/images/createEdit
MOST_PICTURES = 18
#: https://platform.openai.com/docs/api-reference/images/create (``partial_images``, ``frame_count``)
MOST_PREVIEWS = 3
MOST_FRAMES, USUAL_FRAMES = 16, 9
ONE = Decimal(1)


@frozen
class ImageLimits:
    """Tables by model: price factors of sizes and qualities, numbers of images, longest prompts in characters."""

    sizes: Mapping[str, Mapping[str, Decimal]]
    quality: Mapping[tuple[str, str], Mapping[str, Decimal]]
    counts: Mapping[str, tuple[int, int]]
    prompts: Mapping[str, int]

    def check(self, image: ImageRequest, model: str) -> None:
        """Raise InvalidParameter for an image that ``model`` (the upstream's name) cannot make."""
        sizes = self.sizes.get(model)
        if sizes and image.size not in sizes:
            raise InvalidParameter("size", "size not supported for this image model", "size_not_supported")
        if image.prompt_length > self.prompts.get(model, image.prompt_length):
            raise InvalidParameter("prompt", "prompt is too long", "prompt_too_long")
        low, high = self.counts.get(model, (1, MOST_IMAGES))
        if not low <= image.count <= high:
            raise InvalidParameter("n", "invalid value of n", "n_not_within_range")

    def factor(self, image: ImageRequest, model: str) -> Decimal:
        """The factor of size and quality on the price of one image."""
        size = self.sizes.get(model, {}).get(image.size, ONE)
        quality = self.quality.get((model, image.quality), {})
        return size * quality.get(image.size, quality.get("other", ONE))


@frozen
class ImageRequest:
    """The parameters of an image request, with defaults filled in.

    Attributes:
        prompt_length: In characters.
        pictures: How many pictures the request brings or refers to.
        previews: How many unfinished previews a stream may show of each image.
        frames: How many frames each image has.
    """

    prompt_length: int
    count: int
    size: str
    quality: str
    pictures: int = 0
    previews: int = 0
    frames: int = 1


def read_image(fields: Mapping[str, Any], pictures: int = 0, *, prompted: bool = True) -> ImageRequest:
    """The parameters of an image request. Raises InvalidParameter if no model could serve them.

    ``pictures`` is how many come with the request; ``prompted``: a prompt is required.
    """
    prompt = _text(fields, "prompt")
    if prompted and not prompt:
        raise InvalidParameter("prompt", "prompt is required", "prompt_missing")
    form = _text(fields, "output_format")
    if fields.get("svg") is not None or form == "svg":
        name = "output_format" if form == "svg" else "svg"
        raise InvalidParameter(name, "a second model writes SVG, which this gateway cannot bill")
    if pictures > MOST_PICTURES:
        raise InvalidParameter("image", f"a request may have at most {MOST_PICTURES} pictures")
    previews = _whole(fields, "partial_images", 0)
    if not 0 <= previews <= MOST_PREVIEWS:
        raise InvalidParameter("partial_images", f"partial_images must be from 0 to {MOST_PREVIEWS}")
    frames = 1
    if form == "gif":
        frames = _whole(fields, "frame_count", USUAL_FRAMES)
        if not 1 <= frames <= MOST_FRAMES:
            raise InvalidParameter("frame_count", f"frame_count must be from 1 to {MOST_FRAMES}")
    return ImageRequest(
        len(prompt),
        _whole(fields, "n", 1),
        _text(fields, "size") or DEFAULT_SIZE,
        _text(fields, "quality"),
        pictures,
        previews,
        frames,
    )


def image_tokens(image: ImageRequest) -> int:
    """The most tokens that the requested images can take, for models priced by tokens.

    https://developers.openai.com/api/docs/guides/image-generation#cost-and-latency; other sizes count by their area.
    """
    each = TOKENS_OF_QUALITY.get(image.quality, TOKENS_OF_QUALITY["high"])
    if size := SIZE.fullmatch(image.size):
        area = max(SQUARE, int(size[1]) * int(size[2]))
        each = -(-each * area // SQUARE)
    else:
        each = -(-each * 3 // 2)  # "auto" may choose the largest size
    return (each * image.frames + image.previews * TOKENS_OF_PREVIEW) * image.count


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


def picture_tokens(image: ImageRequest) -> int:
    """The most tokens of the input images; each generated image counts them again."""
    return image.pictures * TOKENS_OF_PICTURE * image.count


def _whole(fields: Mapping[str, Any], name: str, usual: int) -> int:
    value = fields.get(name)
    if value is None:
        return usual
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidParameter(name, f"{name} must be an integer", "invalid_type")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidParameter(name, f"{name} must be a string", "invalid_type")
    return value
