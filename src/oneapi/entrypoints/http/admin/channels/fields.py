"""The fields of a channel in requests and answers of the admin API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.domain.routing.channels import ChannelChanges
from oneapi.entrypoints.http.admin.bodies import given
from oneapi.entrypoints.http.admin.bounds import Line, Natural, Page, Text, Whole  # noqa: TC001  # msgspec reads them

if TYPE_CHECKING:
    from oneapi.domain.routing.channels import ChannelRecord


class ChannelBody(msgspec.Struct, omit_defaults=True):
    """The fields that an administrator sets; the gateway sets balances, times and used quota itself."""

    id: Whole = 0
    type: Natural | msgspec.UnsetType = msgspec.UNSET
    key: Page | msgspec.UnsetType = msgspec.UNSET
    status: Whole | msgspec.UnsetType = msgspec.UNSET
    name: Line | msgspec.UnsetType = msgspec.UNSET
    weight: Natural | msgspec.UnsetType = msgspec.UNSET
    base_url: Line | msgspec.UnsetType = msgspec.UNSET
    other: Text | msgspec.UnsetType = msgspec.UNSET
    models: Text | msgspec.UnsetType = msgspec.UNSET
    group: Line | msgspec.UnsetType = msgspec.UNSET
    model_mapping: Text | msgspec.UnsetType = msgspec.UNSET
    priority: Whole | msgspec.UnsetType = msgspec.UNSET
    config: Text | msgspec.UnsetType = msgspec.UNSET
    system_prompt: Text | msgspec.UnsetType = msgspec.UNSET

    @property
    def changes(self) -> ChannelChanges:
        """The changes in the body."""
        return ChannelChanges(
            type=given(self.type),
            key=given(self.key),
            status=given(self.status),
            name=given(self.name),
            weight=given(self.weight),
            base_url=given(self.base_url),
            other=given(self.other),
            models=given(self.models),
            group=given(self.group),
            model_mapping=given(self.model_mapping),
            priority=given(self.priority),
            config=given(self.config),
            system_prompt=given(self.system_prompt),
        )


class ChannelObject(msgspec.Struct):
    """A channel. ``key`` is always empty; ``balance`` is in the provider's unit.

    ``test_outcome`` is the result of the last test: ``passed``, ``failed`` or ``skipped``, empty if unknown;
    ``test_error`` is the reason unless it passed.
    """

    id: int
    type: int
    key: str
    status: int
    name: str
    weight: int | None
    created_time: int
    test_time: int
    response_time: int
    base_url: str | None
    other: str | None
    balance: float
    balance_updated_time: int
    models: str
    group: str
    used_quota: int
    model_mapping: str | None
    priority: int | None
    config: str
    system_prompt: str | None
    test_outcome: str
    test_error: str


def show_channel(channel: ChannelRecord) -> ChannelObject:
    return msgspec.convert(channel, ChannelObject, from_attributes=True)
