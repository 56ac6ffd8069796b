"""Tokens: the forms of keys, and permissions."""

from __future__ import annotations

import pytest
from attrs import evolve

from oneapi.domain.errors import AccessDenied
from oneapi.domain.people.tokens import MOST_NETWORKS, could_be_shown, playground_token, read_key
from oneapi.entrypoints.errors.answers import text_of

TOKEN = playground_token(1)


@pytest.mark.parametrize(
    "shown", ["a" * 48, "a" * 48 + "-123456789012", "3f2b-legacy-key", "sk_custom.key~1", "key with blanks"]
)
def test_keys_of_every_release_are_looked_up(shown: str) -> None:
    assert could_be_shown(shown)


@pytest.mark.parametrize("shown", ["a" * 129, "k\u00e9y", "a\tb", "a\x00b", "\udcff"])
def test_what_is_no_key_is_not(shown: str) -> None:
    assert not could_be_shown(read_key("Bearer sk-" + shown))


@pytest.mark.parametrize(
    ("models", "model", "allowed"),
    [
        ("a,b", "a", True),
        ("a,b", "b", True),
        ("a,b", "a,b", False),
        ("a,b", ",", False),
        ("gpt-4o-mini", "gpt-4o", False),
        ("gpt-4o", "gpt-4o-mini", False),
        ("", "a", True),
        (None, "a", True),
        ("a", "", True),
    ],
)
def test_models_are_whole_names(models: str | None, model: str, allowed: object) -> None:
    token = evolve(TOKEN, models=models)
    if allowed:
        token.check_model(model)
        return
    with pytest.raises(AccessDenied):
        token.check_model(model)


def test_a_refusal_repeats_the_beginning_of_a_long_list() -> None:
    token = evolve(TOKEN, subnet=",".join(["10.0.0.0/8"] * 100))
    with pytest.raises(AccessDenied) as refused:
        token.check_address("192.0.2.1")
    assert len(text_of(refused.value, "en")) < 400
    with pytest.raises(AccessDenied, match=r"10\.0\.0\.0/8"):
        evolve(TOKEN, subnet="10.0.0.0/8").check_address("192.0.2.1")


def test_a_list_of_before_opens_nothing_more_than_its_beginning() -> None:
    token = evolve(TOKEN, subnet=",".join(["10.0.0.0/8"] * MOST_NETWORKS + ["192.0.2.0/24"]))
    token.check_address("10.1.2.3")
    with pytest.raises(AccessDenied):
        token.check_address("192.0.2.1")
