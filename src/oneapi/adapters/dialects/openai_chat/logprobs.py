"""How likely each token of an answer was: https://platform.openai.com/docs/api-reference/chat/object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import fields_of, items_of, text
from oneapi.domain.chat import TokenLogprob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BYTES = range(256)
#: What OpenAI gives for tokens that are not among the likely ones.
LEAST = -9999.0


def read_logprobs(given: object) -> tuple[TokenLogprob, ...]:
    """Those of the content of a choice; odd shapes count as absent."""
    return tuple(map(_token, items_of(fields_of(given).get("content"))))


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


def write_logprobs(tokens: Iterable[TokenLogprob]) -> list[dict[str, Any]]:
    """The list that answers of this format and of Responses hold."""
    return [
        {**_fields(token), "top_logprobs": [_fields(other) for other in token.others]} for token in tokens
    ]


def _fields(token: TokenLogprob) -> dict[str, Any]:
    spelt = token.token.encode(errors="replace") if token.spelt is None else token.spelt
    return {"token": token.token, "logprob": token.logprob, "bytes": list(spelt)}
