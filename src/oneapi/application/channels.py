"""Channels as administrators keep them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

from oneapi.application.refusals import Refusal
from oneapi.domain.channels import ChannelRecord, ChannelStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.application.catalog import Catalog
    from oneapi.application.ports import ChannelRepository

#: Columns of the original's tables on MySQL and PostgreSQL, in characters.
LONGEST = {"group": 32, "model_mapping": 1024, "base_url": 191, "name": 191}
LARGEST = 2**31
#: What the key may not lose or gain unseen: an empty key keeps the stored one, the others cannot be emptied.
KEPT_WHEN_EMPTY = ("key", "name", "models", "group", "config")
OBJECTS = ("config", "model_mapping")


class ManageChannels:
    """Create, read, change and delete channels. No answer ever holds a key."""

    def __init__(self, channels: ChannelRepository, catalog: Catalog, *, clock: Callable[[], float]) -> None:
        self._channels = channels
        self._catalog = catalog
        self._clock = clock

    async def page(self, *, offset: int, limit: int) -> tuple[Sequence[ChannelRecord], int]:
        """The channels of a page, and how many there are in all."""
        found = await self._channels.page(offset=offset, limit=limit)
        return [_without_key(record) for record in found], await self._channels.count()

    async def search(self, keyword: str) -> Sequence[ChannelRecord]:
        return [_without_key(record) for record in await self._channels.search(keyword)]

    async def get(self, channel_id: int) -> ChannelRecord:
        return _without_key(await self._find(channel_id))

    async def create(self, order: Mapping[str, Any]) -> None:
        """One channel a line of ``order["key"]``, all or none."""
        keys = [line.strip() for line in str(order.get("key", "")).splitlines() if line.strip()]
        if not keys:
            raise Refusal("key_missing")
        values = _checked({name: value for name, value in order.items() if value is not None and name != "key"})
        values = {"status": ChannelStatus.ENABLED, "created_time": int(self._clock())} | values
        await self._channels.add([ChannelRecord(key=key, **values) for key in keys])
        await self._catalog.refresh()

    async def update(self, channel_id: int, order: Mapping[str, Any]) -> ChannelRecord:
        """Set what ``order`` names; an empty key keeps the stored one."""
        stored = await self._find(channel_id)
        changes = _checked({name: value for name, value in order.items() if value or name not in KEPT_WHEN_EMPTY})
        if changes.get("key"):
            changes["key"] = changes["key"].strip()
        moved = "base_url" in changes and _host(changes["base_url"]) != _host(stored.base_url)
        if moved and stored.key and not changes.get("key") and changes["base_url"]:
            # Else whoever may edit a channel could have its key sent to a host of his own.
            raise Refusal("key_needed")
        updated = await self._channels.update(channel_id, changes)
        if updated is None:
            raise Refusal("not_found")
        await self._catalog.refresh()
        return _without_key(updated)

    async def delete(self, channel_id: int) -> None:
        """An absent channel is as good as deleted."""
        if await self._channels.delete(channel_id):
            await self._catalog.refresh()

    async def delete_disabled(self) -> int:
        """How many there were."""
        deleted = await self._channels.delete_disabled()
        await self._catalog.refresh()
        return deleted

    async def _find(self, channel_id: int) -> ChannelRecord:
        record = await self._channels.get(channel_id)
        if record is None:
            raise Refusal("not_found")
        return record


def _without_key(record: ChannelRecord) -> ChannelRecord:
    return attrs.evolve(record, key="")


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """``values`` in the form they are stored in. Raises Refusal."""
    for name, most in LONGEST.items():
        if len(values.get(name) or "") > most:
            raise Refusal("too_long", field=name, most=most)
    for name in OBJECTS:
        if values.get(name) and not _is_object(values[name]):
            raise Refusal("bad_json_field", field=name)
    for name in ("type", "weight", "priority"):
        value = values.get(name) or 0
        if abs(value) > LARGEST or (name != "priority" and value < 0):
            raise Refusal("out_of_range", field=name)
    if "status" in values and values["status"] not in tuple(ChannelStatus):
        raise Refusal("bad_status", status=values["status"])
    if values.get("base_url"):
        values["base_url"] = _base_url(values["base_url"])
    for name in ("models", "group"):
        if name in values:
            parts = (part.strip() for part in values[name].split(","))
            values[name] = ",".join(dict.fromkeys(part for part in parts if part))
    if "group" in values and not values["group"]:
        values["group"] = "default"
    return values


def _base_url(text: str) -> str:
    url = text.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refusal("bad_base_url", problem=text) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise Refusal("bad_base_url", problem="http(s)://host[:port][/path]")
    if parts.username is not None or parts.password is not None:
        raise Refusal("bad_base_url", problem="user:password@")
    if any(character.isspace() or ord(character) < ord(" ") for character in url):
        raise Refusal("bad_base_url", problem="blank")
    return url.rstrip("/")


def _host(url: str | None) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url or "")
    return parts.scheme, parts.hostname, parts.port


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
