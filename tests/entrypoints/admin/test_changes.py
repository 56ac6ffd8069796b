"""Every field that a body can name reaches the application."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from oneapi.domain.changes import named
from oneapi.entrypoints.http.admin.channels.batch import BatchBody
from oneapi.entrypoints.http.admin.channels.fields import ChannelBody, ChannelObject
from oneapi.entrypoints.http.admin.people.manage_users import UserBody

UNSTORED = {"id", "ids", "action"}


def filled(kind: Any) -> Any:
    """A body that names every field."""
    values = {field.encode_name: field.encode_name for field in msgspec.structs.fields(kind)}
    return kind(**values)


def sent(kind: Any) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind)} - UNSTORED


@pytest.mark.parametrize(
    ("kind", "read"), [(ChannelBody, "changes"), (BatchBody, "changes"), (UserBody, "edit")]
)
def test_every_field_arrives_under_its_name(kind: Any, read: str) -> None:
    assert named(getattr(filled(kind), read)) == {name: name for name in sent(kind)}


def test_a_channel_shows_every_field_that_was_set() -> None:
    assert sent(ChannelBody) <= {field.name for field in msgspec.structs.fields(ChannelObject)}
