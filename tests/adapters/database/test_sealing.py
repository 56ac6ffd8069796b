"""Providers' keys at rest: what the database holds, who can read it, and the way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from oneapi.adapters.database.repositories import channels as repository
from oneapi.adapters.database.repositories.channels import SqlChannelRepository
from oneapi.adapters.database.schema.tables import channels
from oneapi.adapters.database.sealing import CannotOpen, Cipher
from oneapi.domain.routing.channels import SEALED, ChannelChanges, ChannelRecord, ChannelStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.database.connection.engine import Database

CIPHER, OTHER, PLAIN = Cipher(["a key of the tests"]), Cipher(["another key of theirs"]), Cipher()
KEY, AK, SK = "sk-provider", "AKIA-id", "secret/part"
RECORD = ChannelRecord(
    type=33, key=KEY, name="c", models="m", config=json.dumps({"region": "eu", "ak": AK, "sk": SK})
)


async def stored(database: Database) -> Mapping[int, tuple[str, str]]:
    """What a dump would show: id -> key and config."""
    async with database.read() as connection:
        rows = await connection.execute(select(channels.c.id, channels.c.key, channels.c.config))
        return {row[0]: (row[1], row[2]) for row in rows}


@settings(max_examples=50)
@given(st.text(), st.sampled_from(["channels.key:1", "channels.key:2", "channels.config:1"]))
def test_a_text_opens_in_its_place_only(text: str, place: str) -> None:
    text = text.encode(errors="replace").decode()
    sealed = CIPHER.seal(text, place)
    assert CIPHER.open(sealed, place) == text
    if text:
        assert sealed != CIPHER.seal(text, place)
        with pytest.raises(CannotOpen):
            CIPHER.open(sealed, place + "0")


def test_texts_in_clear_are_read_as_they_are() -> None:
    assert (CIPHER.open(KEY, "p"), PLAIN.open(KEY, "p"), PLAIN.seal(KEY, "p"), CIPHER.seal("", "p")) == (
        KEY,
        KEY,
        KEY,
        "",
    )


@pytest.mark.parametrize("tail", ["", "A", "AAAA", "????", "é", "A" * 16, "A" * 80])
def test_what_is_damaged_does_not_open(tail: str) -> None:
    for cipher in (CIPHER, PLAIN):
        with pytest.raises(CannotOpen):
            cipher.open(SEALED + tail, "p")


def test_one_changed_bit_does_not_open() -> None:
    sealed = CIPHER.seal(KEY, "p")
    middle = len(SEALED) + 20
    changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    with pytest.raises(CannotOpen):
        CIPHER.open(changed, "p")


def test_the_first_key_seals_and_all_open() -> None:
    both = Cipher(["another key of theirs", "a key of the tests"])
    old = CIPHER.seal(KEY, "p")
    assert both.open(old, "p") == KEY
    renewed = both.renew(old, "p")
    assert OTHER.open(renewed, "p") == KEY
    assert both.renew(renewed, "p") == renewed
    with pytest.raises(CannotOpen):
        OTHER.renew(old, "p")


async def test_the_database_holds_no_key_in_clear(database: Database) -> None:
    sealed = SqlChannelRepository(database, CIPHER)
    one, two = await sealed.add([RECORD, RECORD])
    for key, config in (await stored(database)).values():
        assert key.startswith(SEALED)
        assert config.startswith(SEALED)
        assert not [secret for secret in (KEY, AK, SK) if secret in key + config]
    assert [await sealed.get(one), await sealed.get(two)] == [evolve(RECORD, id=one), evolve(RECORD, id=two)]
    assert await sealed.all() == [evolve(RECORD, id=one), evolve(RECORD, id=two)]
    assert len({key for key, _ in (await stored(database)).values()}) == 2


async def test_changes_keep_secrets_and_seal_new_ones(database: Database) -> None:
    sealed = SqlChannelRepository(database, CIPHER)
    [number] = await sealed.add([RECORD])
    before = (await stored(database))[number]
    assert await sealed.update(number, ChannelChanges(name="d", models="x")) == evolve(
        RECORD, id=number, name="d", models="x"
    )
    assert (await stored(database))[number] == before
    changed = await sealed.update(number, ChannelChanges(key="sk-new", config='{"sk":"new"}'))
    assert changed is not None
    assert (changed.key, changed.config) == ("sk-new", '{"sk":"new"}')
    assert all(text.startswith(SEALED) for text in (await stored(database))[number])
    assert await sealed.update(number, ChannelChanges(config=""))
    assert (await stored(database))[number][1] == ""


async def test_a_key_copied_to_another_channel_does_not_serve_there(database: Database) -> None:
    sealed = SqlChannelRepository(database, CIPHER)
    one, two = await sealed.add([RECORD, evolve(RECORD, key="sk-mine")])
    key, _ = (await stored(database))[one]
    async with database.write() as connection:
        await connection.execute(update(channels).where(channels.c.id == two).values(key=key))
    moved = await sealed.get(two)
    assert moved == evolve(RECORD, id=two, key="", config="", status=ChannelStatus.DISABLED_BY_HAND)
    assert await sealed.unreadable() == [two]
    assert (await sealed.all())[0].key == KEY


async def test_conversion_there_and_back(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "BATCH", 2)
    plain, sealed = SqlChannelRepository(database), SqlChannelRepository(database, CIPHER)
    numbers = await plain.add([evolve(RECORD, key=f"sk-{number}") for number in range(5)])
    await plain.add([ChannelRecord(name="no key")])
    async with database.write() as connection:
        await connection.execute(
            update(channels).where(channels.c.id == numbers[0]).values(config=None, name=None)
        )
    before, looked_at = await stored(database), list[int]()
    assert await sealed.convert(seal=True, report=looked_at.append) == 5
    assert looked_at == [2, 4, 6]
    there = await stored(database)
    assert all(there[number][0].startswith(SEALED) for number in numbers)
    assert await sealed.convert(seal=True, report=looked_at.append) == 0
    assert await stored(database) == there
    assert [record.key for record in await sealed.all()] == [*(f"sk-{number}" for number in range(5)), ""]

    assert await plain.unreadable() == list(numbers)
    with pytest.raises(CannotOpen):
        await plain.convert(seal=False, report=looked_at.append)
    assert await sealed.convert(seal=False, report=looked_at.append) == 5
    assert {n: (key, config or "") for n, (key, config) in (await stored(database)).items()} == {
        n: (key, config or "") for n, (key, config) in before.items()
    }
    assert await sealed.convert(seal=False, report=looked_at.append) == 0


async def test_a_new_key_replaces_the_old_one(database: Database) -> None:
    [number] = await SqlChannelRepository(database, CIPHER).add([RECORD])
    both = SqlChannelRepository(database, Cipher(["another key of theirs", "a key of the tests"]))
    assert await both.unreadable() == []
    assert await both.convert(seal=True, report=lambda _: None) == 1
    assert await SqlChannelRepository(database, CIPHER).unreadable() == [number]
    assert await SqlChannelRepository(database, OTHER).get(number) == evolve(RECORD, id=number)
