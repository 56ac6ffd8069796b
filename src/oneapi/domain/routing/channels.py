"""Channels: accounts with providers, as requests, administrators and tests see them."""

from __future__ import annotations

import json
from enum import IntEnum, StrEnum
from functools import lru_cache
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from oneapi.domain.changes import KEPT_WHEN_EMPTY, UNSET, Unset

if TYPE_CHECKING:
    from collections.abc import Mapping


#: The prefix of a text that is encrypted at rest; no provider's key starts with it.
SEALED = "enc:v1:"


class ChannelStatus(IntEnum):
    UNKNOWN = 0
    ENABLED = 1
    DISABLED_BY_HAND = 2
    DISABLED_AUTOMATICALLY = 3


class TestOutcome(StrEnum):
    """The result of a channel's last test; a test that would cost money is skipped."""

    __test__ = False  # keeps pytest from collecting this class

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


#: The most characters of a failed test's reason that are stored.
LONGEST_TEST_ERROR = 500


@frozen
class Channel:
    """An account with a provider. ``key`` is secret and left out of ``repr``."""

    id: int
    type: int
    key: str = field(repr=False)
    status: int
    name: str
    models: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("default",)
    priority: int = 0
    weight: int = 0
    #: Empty: the default of the channel type.
    base_url: str = ""
    #: The client's name for a model -> the upstream's name.
    model_mapping: Mapping[str, str] = field(factory=dict)
    #: Provider-specific values such as ``api_version`` and ``region``; some are secret.
    config: Mapping[str, Any] = field(factory=dict, repr=False)
    #: Replaces the client's system prompt; empty: does not.
    system_prompt: str = ""
    #: The deprecated field of this name; the channel type says which value of ``config`` it means.
    other: str = ""

    @property
    def enabled(self) -> bool:
        return self.status == ChannelStatus.ENABLED

    @property
    def account_mark(self) -> str:
        """Tells this account with the provider apart from others, and nothing about its key."""
        return _mark_of(self.key)

    def upstream_model(self, model: str) -> str:
        """The upstream's name for ``model``; mappings are applied once, never chained."""
        return self.model_mapping.get(model) or model


@lru_cache(maxsize=1024)
def _mark_of(key: str) -> str:
    """Too short to find the key by it, long enough that two accounts hardly ever share one."""
    return blake2s(key.strip().encode(errors="replace"), digest_size=4, person=b"account").hexdigest()


@frozen
class ChannelRecord:
    """A channel as it is stored and administered: texts are unparsed, and nullable where the original's are.

    Times are unix seconds, ``response_time`` milliseconds, ``balance`` in the provider's unit.
    """

    id: int = 0
    type: int = 0
    key: str = field(default="", repr=False)
    status: int = ChannelStatus.ENABLED
    name: str = ""
    weight: int | None = 0
    created_time: int = 0
    test_time: int = 0
    response_time: int = 0
    base_url: str | None = ""
    other: str | None = None
    balance: float = 0.0
    balance_updated_time: int = 0
    models: str = ""
    group: str = "default"
    used_quota: int = 0
    model_mapping: str | None = ""
    priority: int | None = 0
    config: str = field(default="", repr=False)
    system_prompt: str | None = None
    #: A ``TestOutcome``, or empty before the first test; ``test_error`` is the reason unless it is ``passed``.
    test_outcome: str = ""
    test_error: str = ""


@frozen
class ChannelChanges:
    """Changes that an administrator makes to a channel, by the fields of ``ChannelRecord``."""

    type: int | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY)
    key: str | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY, repr=False)
    status: int | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY)
    name: str | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY)
    weight: int | Unset = UNSET
    base_url: str | Unset = UNSET
    other: str | Unset = UNSET
    models: str | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY)
    group: str | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY)
    model_mapping: str | Unset = UNSET
    priority: int | Unset = UNSET
    config: str | Unset = field(default=UNSET, metadata=KEPT_WHEN_EMPTY, repr=False)
    system_prompt: str | Unset = UNSET


@frozen
class ChannelFindings:
    """What the gateway finds out about a channel, by the fields of ``ChannelRecord``; routing does not use it."""

    test_time: int | Unset = UNSET
    test_outcome: str | Unset = UNSET
    test_error: str | Unset = UNSET
    response_time: int | Unset = UNSET
    balance: float | Unset = UNSET
    balance_updated_time: int | Unset = UNSET


#: Fields by which a list of channels can be sorted; a leading minus sign reverses the order.
CHANNEL_ORDERS = (
    "id", "name", "type", "status", "group", "priority", "weight", "response_time", "test_time", "balance",
    "used_quota", "created_time",
)  # fmt: skip


@frozen
class ChannelFilter:
    """Conditions on channels, joined with AND; unset ones do not count."""

    type: int | None = None
    status: int | None = None
    #: A group in the channel's list of groups.
    group: str = ""
    model: str = ""
    test_outcome: str = ""
    #: Matches a channel whose id equals it, or whose name starts with it; wildcards have no meaning.
    keyword: str = ""


def parse_record(record: ChannelRecord) -> Channel:
    """The channel described by a stored record; unreadable JSON counts as empty, as in the original."""
    mapping = {k: v for k, v in _object(record.model_mapping).items() if isinstance(v, str)}
    return Channel(
        id=record.id,
        type=record.type,
        key=record.key,
        status=record.status,
        name=record.name,
        models=_unique(record.models),
        groups=_unique(record.group),
        priority=record.priority or 0,
        weight=record.weight or 0,
        base_url=(record.base_url or "").strip().rstrip("/"),
        model_mapping=mapping,
        config=_object(record.config),
        system_prompt=record.system_prompt or "",
        other=record.other or "",
    )


def _unique(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
