"""Valid mail addresses, and their domains."""

from __future__ import annotations

import pytest

from oneapi.domain.people.addresses import is_address, lies_in


@pytest.mark.parametrize("text", ["a@b.co", "a.b+c@x-y.example.com", "o'neill_1@b.co", "A@B.CO", "1@1.2.3"])
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@b.co",
        "a@",
        "a@b",
        "a@b..co",
        "a@-b.co",
        "a@b.co.",
        ".a@b.co",
        "a.@b.co",
        "a b@c.co",
        "a@b.co;c@d.co",
        "a@b.co,c@d.co",
        "a@b.co\n",
        "a@b.co\r\nBcc: c@d.co",
        '"a"@b.co',
        "<a@b.co>",
        "a@b@c.co",
        "a@[127.0.0.1]",
        "é@b.co",
        "a@bé.co",
        "a\x00@b.co",
        "a" * 46 + "@b.co",
    ],
)
def test_what_is_none(text: str) -> None:
    assert not is_address(text)


def test_domains() -> None:
    assert lies_in("a@X.co", "y.co, x.CO")
    assert not lies_in("a@sub.x.co", "x.co")
    assert not lies_in("a@x.co.evil", "x.co")
    assert not lies_in("a@x.co", "")
