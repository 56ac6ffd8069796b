"""Profiles of models by name."""

from __future__ import annotations

import datetime as dt

import pytest

from oneapi.data import model_profiles
from oneapi.domain.models.profiles import UNKNOWN, ModelProfile, profile_of

PROFILES = {
    "gpt-4o": ModelProfile(128_000, 16_384, ("text", "image"), ("text",), "2027-01-14"),
    "gpt-4o-2024-05-13": ModelProfile(128_000, shutdown="2026-03-31"),
}
KINDS = {"text", "image", "file", "audio", "video"}


@pytest.mark.parametrize(
    ("name", "context", "shutdown"),
    [
        ("gpt-4o", 128_000, "2027-01-14"),
        ("gpt-4o-2024-05-13", 128_000, "2026-03-31"),
        ("gpt-4o-2024-11-20", 128_000, ""),
        ("openai/gpt-4o", 128_000, ""),
    ],
)
def test_a_name_leads_to_its_model_and_the_day_is_that_of_the_name_itself(
    name: str, context: int, shutdown: str
) -> None:
    found = profile_of(name, PROFILES)
    assert (found.context, found.shutdown) == (context, shutdown)


def test_nothing_is_known_of_other_models() -> None:
    assert profile_of("gpt-4o-mini", PROFILES) == UNKNOWN


def test_the_data_are_plausible() -> None:
    profiles = model_profiles()
    assert len(profiles) > 500
    assert {"gpt-4o", "claude-opus-4-5", "gemini-2.5-pro"} <= set(profiles)
    for name, profile in profiles.items():
        assert profile != UNKNOWN, name
        assert 0 <= profile.context <= 20_000_000, name
        assert set(profile.inputs) | set(profile.outputs) <= KINDS, name
        assert bool(profile.inputs) == bool(profile.outputs), name
        assert not profile.shutdown or dt.date.fromisoformat(profile.shutdown), name
