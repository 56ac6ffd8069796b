"""What a model is for, as far as its name tells."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class ModelKind(StrEnum):
    COMPLETION = "completion"
    EMBEDDING = "embedding"
    IMAGE = "image"
    MODERATION = "moderation"
    REALTIME = "realtime"
    RERANK = "rerank"
    SPEECH = "speech"
    TRANSCRIPTION = "transcription"
    VIDEO = "video"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


#: The first that is found in a name, in lower case, decides; all other models are taken to chat. A word in a pattern
#: begins where a part of the name does.
_KINDS: Sequence[tuple[ModelKind, re.Pattern[str]]] = (
    (ModelKind.RERANK, _any(r"rerank", r"\brank\b")),
    (
        ModelKind.EMBEDDING,
        _any(
            r"embed", r"\bbge-", r"\bgte-", r"\bm3e-", r"\be5-", r"\btao-8k", r"\bbce-", r"-similarity-",
            r"-search-(?:ada|babbage|curie|davinci)", r"\bclip-", r"\bsentence-", r"\bvoyage-",
        ),
    ),
    (ModelKind.MODERATION, _any(r"moderation")),
    (ModelKind.REALTIME, _any(r"realtime", r"-live\b", r"native-audio", r"\bsonic", r"-sonic-")),
    (
        ModelKind.TRANSCRIPTION,
        _any(r"whisper", r"transcri", r"\bparaformer", r"\bsensevoice", r"\bgummy", r"\basr\b", r"speech-to-text"),
    ),
    (
        ModelKind.SPEECH,
        _any(
            r"\btts\b", r"\btts-", r"text-to-speech", r"\bspeech-", r"\bcosyvoice", r"\bsambert", r"\bfish-speech",
            r"\bbark\b", r"\bmusic", r"\blyria", r"\baudio\b",
        ),
    ),
    (
        ModelKind.VIDEO,
        _any(
            r"\bsora", r"\bveo\b", r"\bveo-", r"\bkling", r"\bvideo", r"\bvidu", r"\bt2v", r"\bi2v", r"-t2v", r"-i2v",
            r"\bhailuo", r"\bseedance", r"\bcogvideo", r"\brunway",
        ),
    ),
    (
        ModelKind.IMAGE,
        _any(
            r"\bdall-?e", r"\bimage\b", r"\bimage-", r"\bimagen", r"\bflux", r"stable-?diffusion", r"\bsdxl", r"\bsd3",
            r"\bmidjourney", r"\bmj-", r"\bcogview", r"\bwanx", r"\bwan2", r"\bkolors", r"\bseedream", r"\bseededit",
            r"\bideogram", r"\brecraft", r"\bplayground-v", r"\bkandinsky", r"\bhidream", r"\bnano-banana",
            r"\bt2i\b", r"-t2i", r"\birag", r"\bpixart", r"\bjanus",
        ),
    ),
    (
        ModelKind.COMPLETION,
        _any(
            r"^(?:ada|babbage|curie|davinci)(?:-002)?$", r"^text-(?:ada|babbage|curie|davinci)-\d+$",
            r"^gpt-3\.5-turbo-instruct", r"^code-(?:cushman|davinci)",
        ),
    ),
)  # fmt: skip


def kind_of(model: str) -> ModelKind | None:
    """What a model of this name does other than chat; None if the name does not say."""
    name = model.lower().replace("_", "-")
    return next((kind for kind, pattern in _KINDS if pattern.search(name)), None)
