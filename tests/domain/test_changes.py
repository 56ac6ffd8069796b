"""Changes have the fields of the records that they change, and mark zero values that mean "as it was"."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import fields

from oneapi.application.people.users import UserEdit
from oneapi.domain.changes import UNSET, named, otherwise, where_new, without_empty
from oneapi.domain.money.redemptions import Redemption, RedemptionChanges
from oneapi.domain.people.tokens import Token, TokenChanges
from oneapi.domain.people.users import EXTERNAL_FIELDS, NewAccount, User, UserChanges
from oneapi.domain.routing.channels import ChannelChanges, ChannelFindings, ChannelRecord


def names(kind: Any) -> set[str]:
    return {field.name for field in fields(kind)}


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        (ChannelChanges, names(ChannelRecord)),
        (ChannelFindings, names(ChannelRecord)),
        (TokenChanges, names(Token)),
        (RedemptionChanges, names(Redemption)),
        (UserChanges, names(User) | names(NewAccount)),
    ],
)
def test_changes_name_what_is_stored(changes: Any, stored: set[str]) -> None:
    assert names(changes) <= stored
    assert named(changes()) == {}


def test_what_an_administrator_decides_is_not_what_the_gateway_finds_out() -> None:
    own = {"id", "created_time", "used_quota"}
    assert names(ChannelChanges) | names(ChannelFindings) | own == names(ChannelRecord)
    assert not names(ChannelChanges) & names(ChannelFindings)


def test_whoever_a_user_is_elsewhere_can_change() -> None:
    assert set(EXTERNAL_FIELDS) <= names(UserChanges) & names(User)


def test_only_what_is_set_is_named() -> None:
    assert named(TokenChanges(name="", models=None)) == {"name": "", "models": None}


def test_zero_values_of_some_fields_mean_as_it_was() -> None:
    changes = ChannelChanges(type=0, name="", group="vip", base_url="", weight=0)
    assert without_empty(changes) == ChannelChanges(group="vip", base_url="", weight=0)
    assert without_empty(UserEdit(username="", role=0, email="", quota=0)) == UserEdit(email="", quota=0)


def test_unset_is_false_and_stands_for_what_is_stored() -> None:
    assert not UNSET
    assert (otherwise(UNSET, 7), otherwise(0, 7)) == (7, 0)
    assert (where_new(7, 7), where_new(0, 7), where_new(UNSET, 7)) == (UNSET, 0, UNSET)
