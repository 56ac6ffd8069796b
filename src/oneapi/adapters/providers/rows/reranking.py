"""Reranking by servers that operators name, in the format that a setting of the channel chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.reranking import RERANKINGS
from oneapi.adapters.dialects.reranking.clients import RERANK_V1, RERANK_V2
from oneapi.adapters.dialects.reranking.providers import TextEmbeddingsInference, Voyage
from oneapi.adapters.providers.procedures.reranking import reranking
from oneapi.domain.errors import ChannelMisconfigured
from oneapi.domain.routing.channel_types import ConfigField, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.adapters.providers.offers import Offer
    from oneapi.domain.routing.channels import Channel

V1, V2 = RERANKINGS[RERANK_V1], RERANKINGS[RERANK_V2]
#: Formats by the value of the setting.
FORMATS = {"jina": V1, "cohere": V2, "voyage": Voyage(), "tei": TextEmbeddingsInference()}
USUAL = "jina"
#: The usual path of each format.
PATHS = {"jina": "/v1/rerank", "cohere": "/v2/rerank", "voyage": "/v1/rerank", "tei": "/rerank"}
SETTING = ConfigField(
    "rerank_format",
    Words(
        "重排序接口格式（jina、cohere、voyage 或 tei，默认 jina）",
        "Reranking format (jina, cohere, voyage or tei; jina if empty)",
    ),
    required=False,
)


def by_setting(paths: Mapping[str, str]) -> tuple[Offer, ...]:
    """Offers to rerank; a channel has the one that its setting chooses. ``paths`` are by the value of the setting."""
    return tuple(
        reranking(reranker, paths[name], channels=_is_set_to(name)) for name, reranker in FORMATS.items()
    )


def _is_set_to(name: str) -> Callable[[Channel], bool]:
    def is_set(channel: Channel) -> bool:
        value = str(channel.config.get(SETTING.name) or "").strip().lower() or USUAL
        if value not in FORMATS:
            known = ", ".join(FORMATS)
            raise ChannelMisconfigured(
                id=channel.id, detail=f"its setting {SETTING.name} is not one of {known}"
            )
        return value == name

    return is_set
