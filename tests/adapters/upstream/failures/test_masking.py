"""No piece of a channel's key is shown, in whatever form and place an upstream repeats it."""

from __future__ import annotations

import base64
import html
import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oneapi.adapters.upstream.failures.errors import Judge
from oneapi.adapters.upstream.failures.masking import PIECE, masked, secrets_of
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import name_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.domain.errors import UpstreamRefusal

SECRET = "sk-PROVIDERSECRETKEY0123456789"
COMPOSITE = "AKIAIOSFODNN7EXAMPLE|wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY|us-east-1"


def channel(key: str = SECRET, **fields: Any) -> Channel:
    return Channel(1, 1, key, 1, "c", **fields)


def read(status: int, body: Any, key: str = SECRET, **fields: Any) -> UpstreamRefusal:
    request = RelayRequest(Work.CONVERSE, "openai_chat", "m", b"{}")
    return Judge(channel(key, **fields), request).refused(status, {}, json.dumps(body).encode())


def shown(refusal: UpstreamRefusal) -> str:
    """Everything that a client, the log or an administrator can read of an error."""
    told = refusal.told
    parts = (
        text_of(refusal, "en"),
        name_of(refusal).type,
        name_of(refusal).param,
        name_of(refusal).code,
        refusal,
        refusal.cause,
    )
    return " ".join(map(str, (*parts, told.type, told.param, told.code)))


def pieces(key: str, spelling: str = "") -> set[str]:
    """The pieces that must not be shown; of an encoded key, without characters that depend on the text around it."""
    if spelling.startswith("base64 "):
        key = key[12:-4]
    return {key[start : start + PIECE].lower() for start in range(len(key) - PIECE + 1)}


def spellings(key: str) -> dict[str, str]:
    data = key.encode()
    return {
        "as it is": key,
        "upper case": key.upper(),
        "backwards": key[::-1],
        "in an address": quote(key, safe=""),
        "base64": base64.b64encode(data).decode(),
        "base64 for addresses": base64.urlsafe_b64encode(data).decode(),
        "base64 behind one byte": base64.b64encode(b":" + data).decode(),
        "base64 of a header": base64.b64encode(b"Bearer " + data).decode(),
        "base64 of a pair": base64.b64encode(b"user:" + data + b":x").decode(),
        "hexadecimal": data.hex(),
        "a piece": key[5 : 5 + PIECE],
        "the first half": key[: len(key) // 2],
        "the second half": key[len(key) // 2 :],
    }


BODIES: dict[str, Any] = {
    "every field": lambda text: {"error": dict.fromkeys(("message", "type", "param", "code"), text)},
    "nested": lambda text: {
        "error": {"message": "m", "code": {"nested": [f"Bearer {text}"]}, "param": [text]}
    },
    "deep": lambda text: {
        "error": {"message": {"a": [{text: text}]}, "type": {"t": text}, "code": [[[text]]]}
    },
    "no error object": lambda text: {"message": text, "code": text},
    "a text": lambda text: f"refused: {text}",
    "a list": lambda text: [{"error": {"message": text, "code": text}}],
    "in the middle": lambda text: {"error": {"message": f"key={text}&x", "code": f"a{text}b"}},
    "long": lambda text: {"error": {"message": "x" * 4090 + text, "code": "x" * 250 + text}},
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("spelling", spellings(SECRET))
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_no_piece_of_the_key_is_shown(status: int, spelling: str, body: str) -> None:
    text = spellings(SECRET)[spelling]
    everything = shown(read(status, BODIES[body](text))).lower()
    assert not [piece for piece in pieces(text, spelling) if piece in everything]


@pytest.mark.parametrize("part", COMPOSITE.split("|"))
@pytest.mark.parametrize("spelling", spellings(SECRET))
def test_every_part_of_a_key_is_one(part: str, spelling: str) -> None:
    text = spellings(part)[spelling]
    everything = shown(read(400, BODIES["every field"](text), COMPOSITE)).lower()
    assert not [piece for piece in pieces(text, spelling) if piece in everything]


ESCAPED: dict[str, Callable[[str], str]] = {
    "json": lambda text: json.dumps(text)[1:-1],
    "json with ascii only": lambda text: "".join(f"\\u{ord(char):04X}" for char in text),
    "slashes of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "code": lambda text: "".join(f"\\x{ord(char):02x}" for char in text),
    "percent": lambda text: quote(text, safe=""),
    "percent for all": lambda text: "".join(f"%{ord(char):02x}" for char in text),
    "html": html.escape,
    "html by number": lambda text: "".join(f"&#{ord(char)};" for char in text),
}
ESCAPES = st.lists(st.sampled_from(sorted(ESCAPED)), min_size=1, max_size=4)
PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=60)


def escaped(text: str, *layers: str) -> str:
    for layer in layers:
        text = ESCAPED[layer](text)
    return text


@given(st.from_regex(r"[!-~]*[a-z0-9]{8}[!-~]*", fullmatch=True), ESCAPES)
@example(r"000000*\000000", ["json"] * 9)
@example('sk/"%41&amp;\\u0041', ["html", "percent", "json", "json"])
def test_a_key_is_hidden_however_often_it_is_escaped(key: str, layers: list[str]) -> None:
    told = masked(f"<{escaped(key, *layers)}>", secrets_of(channel(key)))
    for piece in re.findall("[a-z0-9]{8,}", key):
        assert escaped(piece, *layers) not in told


@pytest.mark.parametrize("layer", ESCAPED)
def test_an_escaped_key_is_hidden_as_a_whole_and_nothing_beside_it(layer: str) -> None:
    text = f"key {escaped(COMPOSITE, layer, layer)} is wrong"
    assert masked(text, secrets_of(channel(COMPOSITE))) == "key *** is wrong"


@pytest.mark.parametrize("layer", ESCAPED)
def test_an_escaped_address_is_hidden(layer: str) -> None:
    secrets = secrets_of(channel(base_url="https://relay.internal:8443/v1"))
    text = escaped("https://relay.internal:8443/v1", layer)
    assert masked(f"no answer from {text}", secrets) == "no answer from ***"


@pytest.mark.parametrize("layer", ["\\", "%25", "&amp;", "%26#37;", "\\u005c", "&", "%", "\\u"])
def test_large_texts_of_escapes_take_no_long_time(layer: str) -> None:
    began = time.process_time()
    assert masked(f"{layer * 40_000} {SECRET}", secrets_of(channel())).endswith(" ***")
    assert (
        time.process_time() - began < 10
    )  # a fraction of a second; minutes where time grows with the square


@given(PRINTABLE, st.sampled_from(sorted(BODIES)), st.sampled_from(sorted(spellings(SECRET))))
@example(r"000000*\000000", "deep", "as it is")
def test_whatever_the_key_and_wherever_it_is_put(key: str, body: str, spelling: str) -> None:
    text = spellings(key)[spelling]
    everything = shown(read(400, BODIES[body](text), key)).lower()
    assert not [piece for piece in pieces(text, spelling) if piece in everything]


def test_a_code_that_is_a_number_may_be_the_key() -> None:
    assert name_of(read(400, {"error": {"message": "m", "code": 123456789012}}, "123456789012")).code == "***"


def test_a_service_accounts_key_is_hidden_and_everyday_words_are_not() -> None:
    key = json.dumps(
        {
            "type": "service_account",
            "private_key_id": "0123456789abcdef0123",
            "private_key": "\n".join(  # noqa: FLY002  # a line each
                (
                    "-----BEGIN PRIVATE KEY-----",
                    "MIIEvQIBADANBgkqhkiG",
                    "9w0BAQEFAASCBKcw",
                    "-----END PRIVATE KEY-----",
                )
            ),
            "client_email": "gateway@project-1.iam.gserviceaccount.com",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )
    said = (
        "MIIEvQIBADANBgkqhkiG 9w0BAQEFAASCBKcw 0123456789abcdef0123: see https://oauth2.googleapis.com/token"
    )
    told = masked(said, secrets_of(channel(f"us-central1|project-1|{key}")))
    assert told == "*** *** ***: see https://oauth2.googleapis.com/token"


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-live-********cdef.",
        f"Get https://relay.internal:8443/v1?key={SECRET}: refused",
        "token failed: https://auth.example.org/token?client_secret=topsecretvalue&grant=x",
        "https://example.org/?access_token=24.abcdefabcdef rejected",
        "authorization was Bearer abcdef.ghi-123",
        "Rate limit reached in organization org-AbCdEfGh12345678 on tokens",
        "the project proj_AbCdEfGh12345678 has no access",
        "the pair AKIDabcdef123456 / SKEYabcdef123456 is unknown",
    ],
)
def test_what_looks_like_a_secret_and_what_is_set_is_hidden_too(text: str) -> None:
    refusal = read(
        401,
        BODIES["every field"](text),
        base_url="https://relay.internal:8443/v1",
        config={"ak": "AKIDabcdef123456", "sk": "SKEYabcdef123456"},
    )
    for secret in (
        "0123456789", "cdef.", "relay.internal", "topsecretvalue", "24.abc", "ghi-123", "AbCdEf", "AKID", "SKEY"
    ):  # fmt: skip
        assert secret not in shown(refusal)


def test_what_is_no_secret_stays_readable() -> None:
    text = "You can find your API key at https://platform.openai.com/account/api-keys (sk is short)."
    assert masked(text, secrets_of(channel())) == text
