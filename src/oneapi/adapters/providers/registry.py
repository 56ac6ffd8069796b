"""The channel types, as data: one row each, in ``rows``."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.adapters.providers.rows import (
    chinese_clouds,
    chinese_labs,
    google,
    hosts,
    labs,
    openai,
    resellers,
)
from oneapi.adapters.providers.rows.openai import UNKNOWN
from oneapi.domain.routing.channel_types import ChannelType
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.providers.specs import ProviderSpec

_ROWS = (
    *openai.ROWS,
    *resellers.ROWS,
    *labs.ROWS,
    *google.ROWS,
    *hosts.ROWS,
    *chinese_labs.ROWS,
    *chinese_clouds.ROWS,
)

#: By channel type number.
SPECS: Mapping[int, ProviderSpec] = MappingProxyType(
    {spec.number: spec for spec in sorted(_ROWS, key=lambda row: row.number)}
)


def spec_of(channel_type: int) -> ProviderSpec:
    """The row of a channel type. Channels of unknown types are treated as servers of OpenAI's format."""
    return SPECS.get(channel_type, UNKNOWN)


def _channel_type(spec: ProviderSpec) -> ChannelType:
    return ChannelType(
        number=spec.number,
        name=spec.id,
        label=spec.label,
        docs=spec.docs,
        base_url=spec.base_url,
        base_url_required=spec.base_url_required,
        key=spec.key,
        other=spec.other,
        config=spec.config,
        testable=Work.CONVERSE in spec.works,
        has_balance=spec.balance is not None,
    )


#: What the channel form needs to know about each type, by number.
CHANNEL_TYPES: Mapping[int, ChannelType] = MappingProxyType(
    {number: _channel_type(spec) for number, spec in SPECS.items()}
)
