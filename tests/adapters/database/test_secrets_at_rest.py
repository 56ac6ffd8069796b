"""L4: under ``ENCRYPTION_KEY`` a dump of the database holds no secret in clear, and everything works as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from sqlalchemy import select

from oneapi.adapters.database.bootstrap import ensure_first_account
from oneapi.adapters.database.repositories.channels import SqlChannelRepository
from oneapi.adapters.database.repositories.options import SqlOptionRepository
from oneapi.adapters.database.repositories.people.accounts import SqlAccountReader
from oneapi.adapters.database.repositories.people.tokens import SqlTokenRepository
from oneapi.adapters.database.repositories.people.users import SqlUserRepository
from oneapi.adapters.database.repositories.stored_responses import SqlResponseStore
from oneapi.adapters.database.schema.tables import metadata
from oneapi.adapters.database.sealing import CannotOpen, Cipher
from oneapi.adapters.database.secrets_at_rest import SecretsAtRest
from oneapi.domain.options import FIELDS, HIDDEN
from oneapi.domain.people.users import Change, UserChanges
from oneapi.domain.routing.channels import ChannelRecord
from oneapi.domain.stored_responses import StoredResponse

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database

CIPHER, OTHER, PLAIN = Cipher(["a key of the tests"]), Cipher(["another key of theirs"]), Cipher()
#: Every option whose name says that it is a secret, and the one that is not an option of the operator's.
SECRET_OPTIONS = {key: f"hidden-{key}-hidden" for key in (*FIELDS, "SessionSecret") if HIDDEN.search(key)}
ROOT_KEY, KEY, ROOT_ACCESS, ACCESS = (
    "RootKey0hidden",
    "K" * 42 + "hidden",
    "a" * 26 + "hidden",
    "b" * 26 + "hidden",
)
SECRETS = {*SECRET_OPTIONS.values(), ROOT_KEY, KEY, ROOT_ACCESS, ACCESS, "sk-hidden", "ak-hidden"}


def at_rest(database: Database, cipher: Cipher) -> SecretsAtRest:
    channels, responses = SqlChannelRepository(database, cipher), SqlResponseStore(database, cipher)
    return SecretsAtRest(database, cipher, channels, responses)


async def fill(database: Database, cipher: Cipher) -> None:
    """Each secret that the gateway stores, by the way that it takes."""
    await ensure_first_account(
        database, password_hash="", access_token=ROOT_ACCESS, initial_token=ROOT_KEY, now=1, cipher=cipher
    )
    users, tokens = SqlUserRepository(database, cipher=cipher), SqlTokenRepository(database, cipher)
    first = await users.by_access_token(ROOT_ACCESS)
    assert first is not None
    [token] = await tokens.page(first.id, offset=0, limit=9, order="")
    await tokens.add(evolve(token, id=0, key=KEY, name="second"))
    await SqlOptionRepository(database, cipher).put({**SECRET_OPTIONS, "SystemName": "shown"})
    record = ChannelRecord(type=1, key="sk-hidden", name="c", models="m", config='{"ak":"ak-hidden"}')
    await SqlChannelRepository(database, cipher).add([record])
    for user, number in ((first.id, 1), (first.id, 2), (first.id + 1, 1)):
        told = StoredResponse(f"resp_{number}", user, "", 1, 9, b"told")
        await SqlResponseStore(database, cipher).add(told)


async def works(database: Database, cipher: Cipher) -> None:
    reader = SqlAccountReader(database, cipher)
    users, tokens = SqlUserRepository(database, cipher=cipher), SqlTokenRepository(database, cipher)
    for key in (ROOT_KEY, KEY):
        account = await reader.account_by_key(key)
        assert account is not None
        assert account.token.key == key
        assert account.user.username == "root"
        assert await reader.account_by_key(key.swapcase()) is None
    root = await users.by_access_token(ROOT_ACCESS)
    assert root is not None
    assert await users.by_access_token(ROOT_ACCESS.upper()) is None
    listed = await tokens.page(root.id, offset=0, limit=9, order="")
    assert {token.key for token in listed} == {ROOT_KEY, KEY}
    stored = await SqlOptionRepository(database, cipher).all()
    assert {key: stored[key] for key in SECRET_OPTIONS} == SECRET_OPTIONS
    [channel] = await SqlChannelRepository(database, cipher).all()
    assert (channel.key, channel.config) == ("sk-hidden", '{"ak":"ak-hidden"}')
    [told] = await SqlResponseStore(database, cipher).find(root.id, ["resp_2"], now=1)
    assert told.content == b"told"
    assert not await at_rest(database, cipher).unreadable()


async def dump(database: Database) -> str:
    async with database.read() as connection:
        rows = [
            repr(tuple(row))
            for table in metadata.sorted_tables
            for row in await connection.execute(select(table))
        ]
    return "\n".join(rows)


async def in_clear(database: Database) -> set[str]:
    text = await dump(database)
    return {secret for secret in SECRETS if secret in text}


def silent(_: str, __: int) -> None:
    """Nobody watches."""


async def test_what_is_written_under_a_key_is_in_no_dump(database: Database) -> None:
    await fill(database, CIPHER)
    assert "hidden" not in await dump(database)
    assert "shown" in await dump(database)
    await works(database, CIPHER)


async def test_what_stands_in_clear_is_converted_both_ways(database: Database) -> None:
    await fill(database, PLAIN)
    wanted = SECRETS - {ACCESS}
    assert await in_clear(database) == wanted
    await works(database, CIPHER)  # rows in clear are read as they are
    counts = {"channels": 1, "options": len(SECRET_OPTIONS), "tokens": 2, "access tokens": 1, "responses": 3}
    assert await at_rest(database, CIPHER).convert(seal=True, report=silent) == counts
    assert "hidden" not in await dump(database)
    await works(database, CIPHER)
    assert not any((await at_rest(database, CIPHER).convert(seal=True, report=silent)).values())
    assert await at_rest(database, CIPHER).convert(seal=False, report=silent) == counts
    assert await in_clear(database) == wanted
    await works(database, PLAIN)
    assert not any((await at_rest(database, PLAIN).convert(seal=False, report=silent)).values())


async def test_keys_are_changed_without_a_time_in_which_nothing_opens(database: Database) -> None:
    await fill(database, CIPHER)
    both = Cipher(["another key of theirs", "a key of the tests"])
    await works(database, both)
    await at_rest(database, both).convert(seal=True, report=silent)
    await works(database, OTHER)


@pytest.mark.parametrize("cipher", [PLAIN, OTHER])
async def test_a_missing_or_wrong_key_is_told_of_each_kind(database: Database, cipher: Cipher) -> None:
    await fill(database, CIPHER)
    told = await at_rest(database, cipher).unreadable()
    assert [text.partition(" (")[0] for text in told] == [
        "the keys of 1 channels",
        f"the options {', '.join(sorted(SECRET_OPTIONS))}",
        "2 tokens",
        "1 access tokens",
    ]
    assert await SqlAccountReader(database, cipher).account_by_key(KEY) is None
    assert await SqlUserRepository(database, cipher=cipher).by_access_token(ROOT_ACCESS) is None
    root = await SqlUserRepository(database, cipher=cipher).by_login("root")
    assert root is not None
    listed = await SqlTokenRepository(database, cipher).page(root[0].id, offset=0, limit=9, order="")
    assert [token.key for token in listed] == ["", ""]
    assert not (await SqlOptionRepository(database, cipher).all())["SMTPToken"]
    with pytest.raises(CannotOpen):
        await at_rest(database, cipher).convert(seal=False, report=silent)


async def test_a_new_access_token_replaces_the_old_one(database: Database) -> None:
    await fill(database, PLAIN)
    users = SqlUserRepository(database, cipher=CIPHER)
    root = await users.by_access_token(ROOT_ACCESS)
    assert root is not None
    await users.set_access_token(root.id, ACCESS)
    assert await users.by_access_token(ROOT_ACCESS) is None
    assert await users.by_access_token(ACCESS) == root
    assert await in_clear(database) & {ROOT_ACCESS, ACCESS} == set()


async def test_an_access_token_that_comes_with_a_new_password_replaces_the_old_one(
    database: Database,
) -> None:
    await fill(database, CIPHER)
    users = SqlUserRepository(database, cipher=CIPHER)
    root = await users.by_access_token(ROOT_ACCESS)
    assert root is not None
    renewed = UserChanges(password_hash="hash", access_token=ACCESS)
    await users.amend(root.id, lambda _: Change(renewed))
    assert await users.by_access_token(ROOT_ACCESS) is None
    assert await users.by_access_token(ACCESS) == root
    await users.replace_password(root.id, "hash", "another", access_token=ROOT_ACCESS)
    assert await users.by_access_token(ACCESS) is None
    assert await users.by_access_token(ROOT_ACCESS) == root
    assert await in_clear(database) & {ROOT_ACCESS, ACCESS} == set()


async def test_the_secret_of_sessions_is_kept_once(database: Database) -> None:
    options = SqlOptionRepository(database, CIPHER)
    assert await options.keep("SessionSecret", "hidden-1") == "hidden-1"
    assert await options.keep("SessionSecret", "hidden-2") == "hidden-1"
    assert "hidden" not in await dump(database)


async def test_what_stands_in_a_dump_opens_nothing(database: Database) -> None:
    """A hash that was read in a dump is no key, whichever column it is compared with."""
    await fill(database, CIPHER)
    text = await dump(database)
    reader, users = SqlAccountReader(database, CIPHER), SqlUserRepository(database, cipher=CIPHER)
    marks = [CIPHER.marks(secret)[0] for secret in (KEY, ROOT_KEY, ROOT_ACCESS)]
    for mark in marks:
        assert mark in text
        assert await reader.account_by_key(mark) is None
        assert await reader.account_by_key(mark[:48]) is None
        assert await users.by_access_token(mark) is None
        assert await users.by_access_token(mark[:32]) is None


async def test_a_response_that_does_not_open_keeps_nothing_from_being_converted(database: Database) -> None:
    responses = SqlResponseStore(database, OTHER)
    await responses.add(StoredResponse("resp_1", 1, "", 1, 9, b"lost"))
    await SqlResponseStore(database, PLAIN).add(StoredResponse("resp_2", 1, "", 1, 9, b"told"))
    assert (await at_rest(database, CIPHER).convert(seal=True, report=silent))["responses"] == 1
    assert [
        row.id for row in await SqlResponseStore(database, CIPHER).find(1, ["resp_1", "resp_2"], now=1)
    ] == ["resp_2"]
    assert await responses.find(1, ["resp_1"], now=1)
