"""What is known of a model, whoever serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from oneapi.domain.models.names import related

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@frozen
class ModelProfile:
    """0 and empty: not known.

    Attributes:
        context: Tokens of a prompt and its answer together.
        output: Tokens of an answer.
        inputs: Kinds of content that it reads, and those that it writes: text, image, file, audio, video.
        shutdown: The day on which its maker ends it, YYYY-MM-DD.
    """

    context: int = 0
    output: int = 0
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    shutdown: str = ""


UNKNOWN = ModelProfile()


def profile_of(model: str, profiles: Mapping[str, ModelProfile]) -> ModelProfile:
    """That of ``model``, or of the model that its name leads to: without the day, which each name has its own of."""
    if model in profiles:
        return profiles[model]
    found = next((profiles[name] for name in related(model) if name in profiles), UNKNOWN)
    return evolve(found, shutdown="")
