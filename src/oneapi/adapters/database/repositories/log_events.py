"""Events of log rows, stored in the column ``event`` as a JSON object with the kind and its data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.database.schema.texts import storable
from oneapi.domain.logs.events import (
    ChannelTested,
    InviteeGift,
    InviterGift,
    NewUserGift,
    QuotaChanged,
    Redeemed,
    ToppedUp,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.logs.events import LogEvent

#: The stored name of each kind. Rows keep these names forever.
KINDS: Mapping[str, type[LogEvent]] = {
    "redeemed": Redeemed,
    "topped_up": ToppedUp,
    "quota_changed": QuotaChanged,
    "new_user_gift": NewUserGift,
    "invitee_gift": InviteeGift,
    "inviter_gift": InviterGift,
    "channel_tested": ChannelTested,
}
_NAMES = {kind: name for name, kind in KINDS.items()}
#: The most characters of an event; a longer one is not stored, and the row has only its text.
LONGEST = 8000


def write_event(event: LogEvent | None) -> str | None:
    """The value of the column for ``event``; None without an event, and for one that is too long."""
    if event is None:
        return None
    data: dict[str, Any] = {"kind": _NAMES[type(event)]} | msgspec.to_builtins(event)
    text = storable(json.dumps(data, ensure_ascii=False))
    return text if len(text) <= LONGEST else None


def read_event(text: str | None) -> LogEvent | None:
    """The event in the column ``text``; None if this release does not know it, and only the row's text is shown."""
    if not text:
        return None
    try:
        data = json.loads(text)
        event: LogEvent = msgspec.convert(data, KINDS[data["kind"]])
    except (ValueError, TypeError, KeyError):  # msgspec's errors are ValueErrors
        return None
    return event
