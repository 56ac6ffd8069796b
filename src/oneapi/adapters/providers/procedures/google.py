"""Pictures made by Google's models, on the Gemini API and Vertex AI.

Gemini models draw in conversations, https://ai.google.dev/gemini-api/docs/image-generation; Imagen makes predictions,
https://ai.google.dev/gemini-api/docs/imagen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.gemini.reply import FINISH, checked, usage_of
from oneapi.adapters.dialects.narrow import fields_of, given, items_of, text
from oneapi.adapters.providers.procedures.pictures import (
    Picture,
    answer,
    pictures,
    refuse_several,
    refuse_transparency,
    shape,
    sides,
)
from oneapi.domain.chat import FinishReason
from oneapi.domain.errors import UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.adapters.providers.calls import Job, Procedure
    from oneapi.domain.routing.channels import Channel

    #: (channel, model, action) -> the path of the model's action.
    Path = Callable[[Channel, str, str], str]

SHAPES = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
IMAGEN_SHAPES = ("1:1", "3:4", "4:3", "9:16", "16:9")
#: (most pixels of the longer side, size to ask for); None asks for no size.
#: https://ai.google.dev/gemini-api/docs/image-generation
SIZES = ((1792, None), (2560, "2K"), (100_000, "4K"))


def conversation(path: Path, job: Job) -> Procedure:
    """Draw or retouch one picture in a conversation with the job's model.

    Raises UnsupportedFeature for a transparent background or ``n`` > 1, UpstreamRefusal if no picture was made.
    """
    refuse_transparency(job)
    refuse_several(job)
    shown = yield from pictures(job)
    parts: list[dict[str, Any]] = [
        {"inlineData": {"mimeType": picture.kind, "data": picture.data}} for picture in shown
    ]
    config: dict[str, Any] = {"responseModalities": ["TEXT", "IMAGE"]}
    if asked := given({"aspectRatio": shape(job, SHAPES), "imageSize": _size(job)}):
        config["imageConfig"] = asked
    fields = {
        "contents": [{"role": "user", "parts": [*parts, {"text": text(job.fields.get("prompt"))}]}],
        "generationConfig": config,
    }
    answered = yield job.post(path(job.channel, job.model, "generateContent"), fields)
    reply = checked(answered.json())
    candidate = next(iter(items_of(reply.get("candidates"))), {})
    made = _pictures(candidate)
    if not made:
        raise _nothing_made(candidate)
    return answer(job, made, usage_of(reply))


def prediction(path: Path, job: Job) -> Procedure:
    """Draw pictures as predictions of the job's model.

    Raises UnsupportedFeature for a transparent background, UpstreamRefusal if no picture was made.
    """
    refuse_transparency(job)
    parameters = {
        "sampleCount": job.fields.get("n") or 1,
        "aspectRatio": shape(job, IMAGEN_SHAPES),
        "sampleImageSize": _size(job),
    }
    fields = {"instances": [{"prompt": job.fields.get("prompt")}], "parameters": given(parameters)}
    answered = yield job.post(path(job.channel, job.model, "predict"), fields)
    predictions = items_of(checked(answered.json()).get("predictions"))
    made = [
        Picture(text(item.get("mimeType")) or "image/png", data)
        for item in predictions
        if (data := text(item.get("bytesBase64Encoded")))
    ]
    if not made:
        reason = next((said for item in predictions if (said := text(item.get("raiFilteredReason")))), "")
        raise _refused(reason or "no reason was given", "content_filter")
    return answer(job, made)


def _size(job: Job) -> str | None:
    wanted = sides(job)
    return next(name for side, name in SIZES if wanted is None or max(wanted) <= side)


def _pictures(candidate: Mapping[str, Any]) -> list[Picture]:
    """All pictures except those that the model drew while thinking."""
    blobs = (
        fields_of(part.get("inlineData"))
        for part in items_of(fields_of(candidate.get("content")).get("parts"))
        if not part.get("thought")
    )
    return [
        Picture(kind, data)
        for blob in blobs
        if (kind := text(blob.get("mimeType"))).startswith("image/") and (data := text(blob.get("data")))
    ]


def _nothing_made(candidate: Mapping[str, Any]) -> UpstreamRefusal:
    reason = text(candidate.get("finishReason"))
    parts = items_of(fields_of(candidate.get("content")).get("parts"))
    said = text(candidate.get("finishMessage")) or " ".join(text(part.get("text")) for part in parts).strip()
    filtered = FINISH.get(reason) is FinishReason.CONTENT_FILTER
    return _refused(f"{reason}: {said}" if said else reason, "content_filter" if filtered else "no_image")


def _refused(reason: str, code: str) -> UpstreamRefusal:
    return UpstreamRefusal(400, f"the model made no picture: {reason}", type="gemini_error", code=code)
