"""Facts about a model that hold at every provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from oneapi.domain.models.names import related

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@frozen
class ModelProfile:
    """Limits and abilities of a model; 0 or empty means unknown.

    Attributes:
        context: The most tokens of a prompt and its answer together.
        output: The most tokens of an answer.
        inputs: Kinds of content that it reads: text, image, file, audio, video.
        outputs: Kinds of content that it writes.
        shutdown: The date on which its maker will retire it, YYYY-MM-DD.
    """

    context: int = 0
    output: int = 0
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    shutdown: str = ""


UNKNOWN = ModelProfile()


def profile_of(model: str, profiles: Mapping[str, ModelProfile]) -> ModelProfile:
    """The profile of ``model``, or of the model that its name leads to; then without its shutdown date."""
    if model in profiles:
        return profiles[model]
    found = next((profiles[name] for name in related(model) if name in profiles), UNKNOWN)
    return evolve(found, shutdown="")
