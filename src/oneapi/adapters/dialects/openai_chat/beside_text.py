"""Parts of an answer other than its text: images, audio, citations, log probabilities, and reasoning.

Images in OpenRouter's form, which others adopted: https://openrouter.ai/docs/guides/overview/multimodal/image-generation.
Everything else: https://platform.openai.com/docs/api-reference/chat/object.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.media import media_type
from oneapi.adapters.dialects.narrow import count, fields_of, items_of, text
from oneapi.adapters.dialects.openai_chat.wire import UNKEPT
from oneapi.adapters.dialects.reading import split_data_url
from oneapi.domain.chat import Audio, Citation, Image, TokenLogprob
from oneapi.domain.errors import InvalidParameter, UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


BYTES = range(256)
#: OpenAI's value for tokens that are not among the likely ones.
LEAST = -9999.0


def pictures_in(given: object) -> Iterator[Image]:
    """The images of an answer. Raises UpstreamGarbage for an image that cannot be read."""
    for item in items_of(given):
        url = text(fields_of(item.get("image_url")).get("url"))
        try:
            inline = split_data_url(url, "images")
        except InvalidParameter as error:
            raise UpstreamGarbage(error.detail) from None
        if inline is not None:
            yield Image(media_type=media_type(*inline), data=inline[1])
        elif url:
            yield Image(url=url)


def sound_in(given: object) -> Audio | None:
    """The audio of an answer, or a piece of it; None if there is none."""
    fields = fields_of(given)
    if not fields:
        return None
    return Audio(
        data=text(fields.get("data")),
        id=text(fields.get("id")),
        transcript=text(fields.get("transcript")),
        expires=count(fields.get("expires_at")),
    )


def citations_in(annotations: object) -> Iterator[Citation]:
    for annotation in items_of(annotations):
        cited = fields_of(annotation.get("url_citation"))
        if url := text(cited.get("url")):
            start, end = count(cited.get("start_index")), count(cited.get("end_index"))
            yield Citation(url, text(cited.get("title")), start, end)


def pages_in(citations: object) -> Iterator[Citation]:
    """Citations of an upstream that lists their addresses beside the choices, as xAI and Perplexity do."""
    for url in citations if isinstance(citations, list) else ():
        if isinstance(url, str) and url:
            yield Citation(url)


def read_logprobs(given: object) -> tuple[TokenLogprob, ...]:
    """The log probabilities of a choice's content; unexpected shapes count as absent."""
    return read_tokens(fields_of(given).get("content"))


def read_tokens(given: object) -> tuple[TokenLogprob, ...]:
    """Read the list of log probabilities that answers of this format and of Responses contain."""
    return tuple(map(_token, items_of(given)))


def _token(item: Mapping[str, Any]) -> TokenLogprob:
    return TokenLogprob(
        text(item.get("token")),
        logarithm(item.get("logprob")),
        _bytes(item.get("bytes")),
        tuple(map(_token, items_of(item.get("top_logprobs")))),
    )


def logarithm(value: object) -> float:
    """``value`` as the logarithm of a probability."""
    return float(max(min(value, 0), LEAST)) if isinstance(value, int | float) else 0.0


def _bytes(value: object) -> bytes | None:
    if not isinstance(value, list) or not all(type(each) is int and each in BYTES for each in value):
        return None
    return bytes(value)


# --- for clients -------------------------------------------------------------------------------


def picture_url(image: Image) -> str:
    return image.url or f"data:{image.media_type};base64,{image.data}"


def pictures_of(images: Iterable[Image]) -> list[dict[str, Any]]:
    return [{"type": "image_url", "image_url": {"url": picture_url(image)}} for image in images]


def sound_of(audio: Audio) -> Mapping[str, Any]:
    """Audio with every member that clients read without checking."""
    return {
        "id": audio.id or UNKEPT,
        "data": audio.data,
        "expires_at": audio.expires,
        "transcript": audio.transcript,
    }


def sound_piece(audio: Audio) -> dict[str, Any]:
    fields = {
        "id": audio.id,
        "data": audio.data,
        "transcript": audio.transcript,
        "expires_at": audio.expires,
    }
    return {name: value for name, value in fields.items() if value}


def annotation_of(citation: Citation) -> dict[str, Any]:
    """https://platform.openai.com/docs/guides/tools-web-search?api-mode=chat#output-and-citations."""
    fields = {
        "url": citation.url,
        "title": citation.title,
        "start_index": citation.start,
        "end_index": citation.end,
    }
    return {"type": "url_citation", "url_citation": fields}


def write_logprobs(tokens: Iterable[TokenLogprob]) -> list[dict[str, Any]]:
    """The inverse of ``read_tokens``."""
    return [
        {**_fields(token), "top_logprobs": [_fields(other) for other in token.others]} for token in tokens
    ]


def _fields(token: TokenLogprob) -> dict[str, Any]:
    spelt = token.token.encode(errors="replace") if token.spelt is None else token.spelt
    return {"token": token.token, "logprob": token.logprob, "bytes": list(spelt)}


# --- reasoning ---------------------------------------------------------------------------------
# OpenRouter returns reasoning in parts of its own, some of which it expects back unchanged and in order:
# https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks. All parts of a turn travel as the
# signature of one thought.

#: Members of a part of reasoning that arrive in fragments.
_GROWING_DETAILS = ("text", "summary", "data")
_encode_details = msgspec.json.Encoder().encode
_decode_details = msgspec.json.Decoder(list[dict[str, Any]]).decode


def signature_of(details: object) -> str:
    """The parts as a signature; empty if the provider needs none of them back."""
    parts = _joined_details(items_of(details))
    if not any(part.get("signature") or part.get("data") for part in parts):
        return ""
    return base64.urlsafe_b64encode(_encode_details(parts)).decode()


def details_in(signature: str) -> list[dict[str, Any]]:
    """The parts that ``signature`` was made from; empty for any other signature."""
    try:
        return _decode_details(base64.urlsafe_b64decode(signature))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return []


def _joined_details(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``pieces`` with consecutive stream fragments of the same part joined."""
    parts: list[dict[str, Any]] = []
    for piece in pieces:
        last = parts[-1] if parts else {}
        if (piece.get("type"), piece.get("index")) != (last.get("type"), last.get("index")) or not last:
            parts.append(dict(piece))
            continue
        grown = {
            name: last[name] + piece[name]
            for name in _GROWING_DETAILS
            if isinstance(last.get(name), str) and isinstance(piece.get(name), str)
        }
        last.update({name: value for name, value in piece.items() if value is not None} | grown)
    return parts
