"""Limits and price factors of images and speech."""

from decimal import Decimal
from typing import Any

import pytest

from oneapi.data import image_limits
from oneapi.domain.errors import InvalidParameter
from oneapi.domain.media import read_image, read_speech
from oneapi.entrypoints.errors.answers import status_of, text_of


def factor(model: str, **fields: Any) -> Decimal:
    order = read_image({"prompt": "a cat", **fields})
    image_limits().check(order, model)
    return image_limits().factor(order, model)


def refusal(model: str, **fields: Any) -> tuple[Any, str, str | None]:
    with pytest.raises(InvalidParameter) as caught:
        factor(model, **fields)
    assert status_of(caught.value) == 400
    return caught.value.code, text_of(caught.value, "en"), caught.value.name


@pytest.mark.parametrize(
    ("model", "fields", "expected"),
    [
        ("dall-e-2", {}, "1.25"),
        ("dall-e-2", {"size": "256x256", "n": 10}, "1"),
        ("dall-e-2", {"size": "512x512", "quality": "hd"}, "1.125"),
        ("dall-e-3", {}, "1"),
        ("dall-e-3", {"quality": "hd"}, "2"),
        ("dall-e-3", {"size": "1792x1024"}, "2"),
        ("dall-e-3", {"size": "1792x1024", "quality": "hd"}, "3"),
        ("dall-e-3", {"size": "1024x1024", "quality": "standard", "n": None, "style": None}, "1"),
        ("cogview-3", {"size": "77x77"}, "1"),
        ("gpt-image-1", {"size": "1536x1024", "n": 20}, "1"),
    ],
)
def test_size_and_quality_multiply_the_price(model: str, fields: dict[str, Any], expected: str) -> None:
    assert factor(model, **fields) == Decimal(expected)


def test_what_an_image_model_does_not_make() -> None:
    assert refusal("dall-e-2", prompt="") == ("prompt_missing", "prompt is required", "prompt")
    assert refusal("dall-e-2", size="1x1") == (
        "size_not_supported",
        "size not supported for this image model",
        "size",
    )
    assert refusal("dall-e-3", n=2) == ("n_not_within_range", "invalid value of n", "n")
    assert refusal("dall-e-2", prompt="x" * 1001) == ("prompt_too_long", "prompt is too long", "prompt")


def test_the_order_of_checks_is_that_of_the_original() -> None:
    everything_wrong = {"prompt": "x" * 5000, "size": "1x1", "n": 99}
    assert refusal("dall-e-3", **everything_wrong)[0] == "size_not_supported"
    assert refusal("dall-e-3", **{**everything_wrong, "size": "1024x1024"})[0] == "prompt_too_long"


def test_a_prompt_is_measured_in_characters() -> None:
    factor("dall-e-2", prompt="猫" * 1000)
    assert refusal("dall-e-2", prompt="猫" * 1001)[0] == "prompt_too_long"


@pytest.mark.parametrize("n", [0, -5, 10**9])
@pytest.mark.parametrize("model", ["dall-e-2", "a-model-without-a-table"])
def test_a_number_of_images_that_nobody_makes(model: str, n: int) -> None:
    assert refusal(model, n=n)[0] == "n_not_within_range"


@pytest.mark.parametrize(
    "fields", [{"n": "2"}, {"n": 1.5}, {"n": True}, {"size": 7}, {"prompt": ["a"]}, {"quality": {}}]
)
def test_fields_of_wrong_types(fields: dict[str, Any]) -> None:
    assert refusal("dall-e-2", **fields)[0] == "invalid_type"


def test_speech_is_measured_in_characters() -> None:
    assert read_speech({"input": "你" * 4096, "voice": "alloy"}) == 4096
    with pytest.raises(InvalidParameter) as caught:
        read_speech({"input": "x" * 4097, "voice": "alloy"})
    assert (caught.value.code, text_of(caught.value, "en")) == (
        "text_too_long",
        "input is too long (over 4096 characters)",
    )


@pytest.mark.parametrize("fields", [{}, {"input": None}, {"input": ""}, {"input": 7}])
def test_speech_needs_a_text(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter) as caught:
        read_speech({"voice": "alloy", **fields})
    assert caught.value.name == "input"


def test_a_voice_is_the_upstreams_business() -> None:
    assert read_speech({"input": "hello"}) == 5
