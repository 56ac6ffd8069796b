"""The first account of an empty database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from oneapi.adapters.database.schema.tables import tokens, users
from oneapi.adapters.database.sealing import Cipher
from oneapi.adapters.database.shown import ACCESS_TOKEN, TOKEN_KEY
from oneapi.domain.people.tokens import KEY_LENGTH, NEVER, TokenStatus, read_key
from oneapi.domain.people.users import Role, UserStatus

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database

#: A billion dollars at the default price of a quota unit.
ROOT_QUOTA = 500_000_000_000_000
ACCESS_TOKEN_LENGTH = 32


async def ensure_first_account(
    database: Database,
    *,
    password_hash: str,
    access_token: str,
    initial_token: str,
    now: int,
    cipher: Cipher | None = None,
) -> bool:
    """Create the user ``root`` if there are no users, with a token if ``initial_token`` is not empty.

    Returns whether it was created. Raises ValueError for a token that is too long to be stored.
    """
    key, cipher = read_key(initial_token), cipher or Cipher()
    try:
        async with database.write() as connection:
            if (await connection.execute(select(func.count()).select_from(users))).scalar_one():
                return False
            _check(key, access_token)
            made = await connection.execute(
                insert(users).values(
                    username="root",
                    password=password_hash,
                    display_name="Root User",
                    role=Role.ROOT,
                    status=UserStatus.ENABLED,
                    email="",
                    **ACCESS_TOKEN.values(access_token, cipher),
                    quota=ROOT_QUOTA,
                    group="default",
                    aff_code="",
                    inviter_id=0,
                )
            )
            if key:
                await connection.execute(
                    insert(tokens).values(
                        user_id=made.inserted_primary_key[0],  # type: ignore[index]
                        **TOKEN_KEY.values(key, cipher),
                        status=TokenStatus.ENABLED,
                        name="Initial Root Token",
                        created_time=now,
                        accessed_time=now,
                        expired_time=NEVER,
                        remain_quota=ROOT_QUOTA,
                        unlimited_quota=True,
                        subnet="",
                    )
                )
    except IntegrityError:  # another process was faster
        return False
    return True


def _check(key: str, access_token: str) -> None:
    if len(key) > KEY_LENGTH:
        raise ValueError(f"INITIAL_ROOT_TOKEN is longer than {KEY_LENGTH} characters")
    if len(access_token) > ACCESS_TOKEN_LENGTH:
        raise ValueError(f"INITIAL_ROOT_ACCESS_TOKEN is longer than {ACCESS_TOKEN_LENGTH} characters")
