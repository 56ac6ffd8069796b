"""User names that look alike."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.domain.people.user_names import LONGEST, forms_of, is_fit, normal_name

if TYPE_CHECKING:
    from collections.abc import Callable


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


@pytest.mark.parametrize("read", [normal_name, forms_of])
def test_what_is_too_long_for_a_name_is_not_composed(read: Callable[[str], object]) -> None:
    with pytest.raises(ValueError, match="at most"):
        read("a" + "\u0301\u0316" * LONGEST)


@given(st.text(alphabet="a\u0301\u0316\u0345 ", max_size=LONGEST))
def test_what_is_composed_takes_no_time(text: str) -> None:
    started = time.process_time()
    normal_name(text)
    forms_of(text)
    assert time.process_time() - started < 0.05
