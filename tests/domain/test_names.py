"""Names that people would take for one another."""

from __future__ import annotations

import pytest

from oneapi.domain.names import forms_of, is_fit, normal_name


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("alice", "alice"), (" a \t b\n", "a b"), ("e\u0301", "é"), ("\u3000x\u00a0y", "x y"), ("", "")],
)
def test_normal_form(typed: str, stored: str) -> None:
    assert normal_name(typed) == stored
    assert normal_name(stored) == stored


@pytest.mark.parametrize(
    "name", ["alice", "张三", "Мария", "ひらがな", "a.b-c_9", "Zoë", "😀", "deleted_1", "ユーザー1"]
)
def test_names_of_people(name: str) -> None:
    assert is_fit(name)


@pytest.mark.parametrize(
    "name", ["", "a\u202eb", "a\u200db", "\x07", "\ud800", "\ue000", "a\u2028b", "\u115f", "pаypal", "αlice"]
)
def test_names_that_hide_something(name: str) -> None:
    assert not is_fit(name)


@pytest.mark.parametrize("other", ["ROOT", "Root", "rOOt", "ｒｏｏｔ", "гоот", "гooт"])
def test_forms_of_a_name_meet(other: str) -> None:
    assert "root" in forms_of(other)


def test_different_names_do_not_meet() -> None:
    assert "root" not in forms_of("r00t") | forms_of("roots") | forms_of("rot")
