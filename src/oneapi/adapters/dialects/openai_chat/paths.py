"""The paths of OpenAI's API by kind of work: https://platform.openai.com/docs/api-reference."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Without the leading ``/v1``, which servers of the same format often lack.
PATHS: Mapping[Work, str] = MappingProxyType(
    {
        Work.CONVERSE: "/chat/completions",
        Work.COMPLETE: "/completions",
        Work.EMBED: "/embeddings",
        Work.EDIT: "/edits",
        Work.MODERATE: "/moderations",
        Work.DRAW: "/images/generations",
        Work.RETOUCH: "/images/edits",
        Work.VARY: "/images/variations",
        Work.SPEAK: "/audio/speech",
        Work.TRANSCRIBE: "/audio/transcriptions",
        Work.TRANSLATE: "/audio/translations",
    }
)
