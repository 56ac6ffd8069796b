"""Lists of models in the forms of OpenAI and Anthropic."""

from __future__ import annotations

from typing import Any

from oneapi.application.relay.models import Model
from oneapi.domain.models.profiles import ModelProfile
from oneapi.entrypoints.http.model_forms import as_anthropic, as_openai

PLAIN = {"id", "object", "created", "owned_by", "permission", "root", "parent"}
PROFILE = ModelProfile(128_000, 16_384, ("text", "image"), ("text",), "2027-01-14")


def beyond(model: Model) -> dict[str, Any]:
    fields = as_openai(model)
    assert set(fields) >= PLAIN
    return {name: value for name, value in fields.items() if name not in PLAIN}


def test_known_properties_are_added_to_openais_fields() -> None:
    assert beyond(Model("m", "openai", PROFILE)) == {
        "context_length": 128_000,
        "max_output_tokens": 16_384,
        "architecture": {"input_modalities": ("text", "image"), "output_modalities": ("text",)},
        "shutdown_date": "2027-01-14",
    }


def test_unknown_properties_are_left_out() -> None:
    assert not beyond(Model("m"))
    assert beyond(Model("m", profile=ModelProfile(context=8192))) == {"context_length": 8192}


def test_anthropics_form_is_unchanged() -> None:
    assert as_anthropic(Model("m", "openai", PROFILE)) == as_anthropic(Model("m"))
