"""The cookie's value: what was written is read again, and nothing else is."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.identity.keys import new_key
from oneapi.adapters.identity.sessions import SignedSessions
from oneapi.application.people.sessions import Session

SESSION = Session(7, 1_700_000_000, "stamp")


def test_session_is_read_by_whoever_has_the_secret() -> None:
    cookie = SignedSessions("s").write(SESSION)
    assert SignedSessions("s").read(cookie) == SESSION
    assert SignedSessions("t").read(cookie) is None


@given(st.text(max_size=200))
def test_no_text_is_a_session(text: str) -> None:
    assert SignedSessions("s").read(text) is None


@given(st.integers(0, 200), st.characters(codec="utf-8"))
def test_no_character_can_be_changed(position: int, character: str) -> None:
    sessions = SignedSessions("s")
    cookie = sessions.write(SESSION)
    position %= len(cookie)
    changed = cookie[:position] + character + cookie[position + 1 :]
    assert sessions.read(changed) == (SESSION if changed == cookie else None)


@pytest.mark.parametrize("payload", [b"{}", b"[]", b"not json", b'{"user_id":"7"}'])
def test_signed_nonsense_is_no_session(payload: bytes) -> None:
    encoded = base64.urlsafe_b64encode(payload)
    signature = hmac.new(b"s", b"session|" + encoded, hashlib.sha256).hexdigest()
    assert SignedSessions("s").read(f"{encoded.decode()}.{signature}") is None


def test_keys_are_letters_and_digits_of_which_none_repeats() -> None:
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert all(len(key) == 48 and key.isascii() and key.isalnum() for key in keys)
