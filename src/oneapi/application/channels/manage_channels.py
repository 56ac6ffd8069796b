"""Management of channels by administrators."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import attrs

from oneapi.application.channels.texts import (
    check_object,
    check_url,
    comma_list,
    place_of,
    read_key,
    read_keys,
)
from oneapi.application.lists import check_count, check_lengths
from oneapi.domain.changes import Unset, named, without_empty
from oneapi.domain.errors.administration import NotFound, TooMany, UnknownStatus
from oneapi.domain.errors.channels import BadKeyForm, KeyMissing, KeyNeeded
from oneapi.domain.routing.channels import ChannelRecord, ChannelStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from oneapi.application.audit import Actor, AuditTrail
    from oneapi.application.catalog import Catalog
    from oneapi.application.money.ledger import Ledger
    from oneapi.application.ports.channels import ChannelRepository
    from oneapi.domain.routing.channel_types import ChannelType, KeyForm
    from oneapi.domain.routing.channels import ChannelChanges, ChannelFilter

#: The most entries of a channel's lists, of which every pair of model and group makes a row; and channels per call.
MOST_MODELS, MOST_GROUPS, MOST_KEYS = 5000, 100, 1000


class ManageChannels:
    """Creates, reads, changes and deletes channels. Keys are never returned.

    Balances include everything that this process has settled.
    """

    def __init__(
        self,
        channels: ChannelRepository,
        catalog: Catalog,
        ledger: Ledger,
        audit: AuditTrail,
        *,
        types: Mapping[int, ChannelType],
        clock: Callable[[], float],
    ) -> None:
        self._types = types
        # Secret fields of all types, because a channel may have had another type; they are never shown either.
        self._secrets = tuple(
            sorted({each.name for known in types.values() for each in known.config if each.secret})
        )
        self._channels = channels
        self._catalog = catalog
        self._ledger = ledger
        self._audit = audit
        self._clock = clock

    async def page(
        self, where: ChannelFilter, *, order: str, offset: int, limit: int
    ) -> tuple[Sequence[ChannelRecord], int]:
        """The channels of a page, and the number of all channels; ``order`` as in the repository."""
        await self._ledger.flush()
        found = await self._channels.page(where, offset=offset, limit=limit, order=order)
        return [self._shown(record) for record in found], await self._channels.count(where)

    async def search(self, keyword: str) -> Sequence[ChannelRecord]:
        await self._ledger.flush()
        return [self._shown(record) for record in await self._channels.search(keyword)]

    async def get(self, channel_id: int) -> ChannelRecord:
        """Raises Refusal if there is none."""
        await self._ledger.flush()
        return self._shown(await self._find(channel_id))

    async def create(self, actor: Actor, wanted: ChannelChanges) -> None:
        """Create one channel per line of the key, all or none; unset fields get their defaults.

        Raises Refusal.
        """
        given = wanted.key or ""
        if given.count("\n") > MOST_KEYS:
            raise TooMany(field="key", most=MOST_KEYS)
        keys = read_keys(given)
        draft = ChannelRecord(created_time=int(self._clock()), **named(self._checked(wanted)))
        form, config = self._key_form(draft.type), _object(draft.config)
        if form is not None and len(keys) != 1 and (composed := form.composed(config)) is not None:
            keys = [read_key(composed)]
        if not keys:
            raise KeyMissing
        for key in keys:
            _check_form(form, key, config)
        made = [attrs.evolve(draft, key=key) for key in keys]
        numbers = await self._channels.add(made)
        await self._catalog.refresh()
        for number, record in zip(numbers, made, strict=True):
            await self._audit.record(actor, "channel.create", f"channel {number}", None, _seen(record))

    async def copy(self, actor: Actor, channel_id: int, *, suffix: str) -> ChannelRecord:
        """Copy a channel with its key and secrets, disabled, with ``suffix`` on its name. Raises Refusal."""
        original = await self._find(channel_id)
        longest = self._channels.longest.get("name", len(original.name) + len(suffix))
        made = attrs.evolve(
            original,
            name=original.name[: longest - len(suffix)] + suffix,
            status=ChannelStatus.DISABLED_BY_HAND,
            created_time=int(self._clock()),
            id=0,
            test_time=0,
            response_time=0,
            test_outcome="",
            test_error="",
            balance=0.0,
            balance_updated_time=0,
            used_quota=0,
        )
        [number] = await self._channels.add([made])
        await self._catalog.refresh()
        await self._audit.record(
            actor, "channel.copy", f"channel {number}", None, {"copy_of": channel_id} | _seen(made)
        )
        return self._shown(attrs.evolve(made, id=number))

    async def update(self, actor: Actor, channel_id: int, wanted: ChannelChanges) -> ChannelRecord:
        """Change a channel and return it. Raises Refusal."""
        stored = await self._find(channel_id)
        changes = self._checked(wanted)
        if changes.config:
            changes = attrs.evolve(
                changes, config=_with_secrets(changes.config, stored.config, self._secrets)
            )
        if changes.key:
            key = read_key(changes.key)
            changes = attrs.evolve(changes, key=key)
            _check_form(
                self._key_form(changes.type or stored.type), key, _object(changes.config or stored.config)
            )
        elif stored.key and _moves(stored, changes):
            # Otherwise anybody who may edit a channel could have its key sent to their own host.
            raise KeyNeeded
        updated = await self._channels.update(channel_id, changes)
        if updated is None:
            raise NotFound
        await self._catalog.refresh()
        await self._audit.record(
            actor, "channel.update", f"channel {channel_id}", _seen(stored), _seen(updated)
        )
        return self._shown(updated)

    async def delete(self, actor: Actor, channel_id: int) -> None:
        """Delete a channel; no effect if it does not exist."""
        stored = await self._channels.get(channel_id)
        if stored is not None and await self._channels.delete(channel_id):
            await self._catalog.refresh()
            await self._audit.record(actor, "channel.delete", f"channel {channel_id}", _seen(stored))

    async def delete_disabled(self, actor: Actor) -> int:
        """Delete all disabled channels; returns how many."""
        deleted = await self._channels.delete_disabled()
        await self._catalog.refresh()
        await self._audit.record(actor, "channel.delete_disabled", f"{deleted} channels")
        return deleted

    async def _find(self, channel_id: int) -> ChannelRecord:
        record = await self._channels.get(channel_id)
        if record is None:
            raise NotFound
        return record

    def _shown(self, record: ChannelRecord) -> ChannelRecord:
        return _without_secrets(record, self._secrets)

    def _key_form(self, number: int) -> KeyForm | None:
        known = self._types.get(number)
        return known.key if known else None

    def _checked(self, wanted: ChannelChanges) -> ChannelChanges:
        """``wanted``, checked and in the form in which it is stored. Raises Refusal."""
        changes = without_empty(
            attrs.evolve(
                wanted,
                models=_list("models", wanted.models, MOST_MODELS),
                group=_list("group", wanted.group, MOST_GROUPS),
            )
        )
        if changes.status and changes.status not in tuple(ChannelStatus):
            raise UnknownStatus(status=changes.status)
        if changes.base_url:
            changes = attrs.evolve(changes, base_url=check_url(changes.base_url))
        check_object("config", changes.config or "")
        check_object("model_mapping", changes.model_mapping or "", of_texts=True)
        longest = self._channels.longest
        check_lengths(changes, {name: most for name, most in longest.items() if name != "key"})
        return changes


def _list(field: str, text: str | Unset, most: int) -> str | Unset:
    if isinstance(text, Unset):
        return text
    check_count(field, text, most)
    return comma_list(text)


def _seen(record: ChannelRecord) -> dict[str, Any]:
    """The record for the audit log, which conceals keys by field name; ``config``, with its secrets, is replaced."""
    config = hashlib.sha256(record.config.encode()).hexdigest()[:8] if record.config else ""
    return attrs.asdict(record) | {"config": config}


def _check_form(form: KeyForm | None, key: str, config: Mapping[str, Any]) -> None:
    if form is not None and not form.fits(key, config):
        raise BadKeyForm(form=form.text)


def _moves(stored: ChannelRecord, changes: ChannelChanges) -> bool:
    """Whether the key would be sent to a different host than before; the default of the channel type is trusted."""
    return bool(changes.base_url) and place_of(changes.base_url or "") != place_of(stored.base_url)


def _without_secrets(record: ChannelRecord, secrets: Collection[str]) -> ChannelRecord:
    config = _secret_config(record.config, secrets)
    if config is None:
        return attrs.evolve(record, key="")
    shown = {name: value for name, value in config.items() if name not in secrets}
    return attrs.evolve(record, key="", config=json.dumps(shown, ensure_ascii=False))


def _with_secrets(config: str, stored: str, secrets: Collection[str]) -> str:
    """``config`` with the stored secrets that it leaves out, because editors of a channel never see them."""
    kept = _secret_config(stored, secrets) or {}
    wanted = json.loads(config)
    missing = {name: kept[name] for name in secrets if kept.get(name) and not wanted.get(name)}
    return json.dumps(wanted | missing, ensure_ascii=False) if missing else config


def _secret_config(text: str, secrets: Collection[str]) -> dict[str, Any] | None:
    """The JSON object in ``text`` if it contains any of ``secrets``, else None."""
    config = _object(text)
    return config if any(config.get(name) for name in secrets) else None


def _object(text: str) -> dict[str, Any]:
    """The JSON object in ``text``; empty if it is not one."""
    try:
        config = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}
