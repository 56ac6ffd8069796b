"""The channel types as forms show them: complete, and with key forms that accept the keys of the original's users."""

from __future__ import annotations

import json

import pytest

from oneapi.adapters.providers.registry import CHANNEL_TYPES, SPECS
from oneapi.data import channel_models

#: The numbers of the original, and no others.
NUMBERS = set(range(1, 52))
ADC = json.dumps({"type": "service_account", "private_key": "a|b"})


def test_every_channel_type_is_there() -> None:
    assert set(CHANNEL_TYPES) == NUMBERS == set(SPECS) == {int(number) for number in channel_models()}
    for known in CHANNEL_TYPES.values():
        assert known.name
        assert known.label.zh
        assert known.label.en.isascii()


def test_what_the_rows_say_is_said() -> None:
    for number, spec in SPECS.items():
        known = CHANNEL_TYPES[number]
        assert (known.name, known.base_url, known.docs) == (spec.id, spec.base_url, spec.docs)
    told = {number for number, known in CHANNEL_TYPES.items() if known.has_balance}
    assert told == {1, 4, 5, 8, 10, 12, 13, 20, 36, 44}
    assert {number for number, known in CHANNEL_TYPES.items() if known.base_url_required} == {3, 8, 43, 50}
    untestable = {number for number, known in CHANNEL_TYPES.items() if not known.testable}
    assert untestable == {43}, "the proxy holds no conversations"


def test_fields_beyond_the_usual_ones() -> None:
    asked = {
        number: [field.name for field in known.config]
        for number, known in CHANNEL_TYPES.items()
        if known.config
    }
    assert asked == {
        1: ["responses"],
        3: ["api_version", "responses"],
        8: ["responses", "rerank_format"],
        17: ["plugin"],
        18: ["api_version"],
        21: ["library_id"],
        24: ["api_version"],
        33: ["region", "ak", "sk"],
        34: ["user_id"],
        37: ["user_id"],
        42: ["region", "vertex_ai_project_id", "vertex_ai_adc"],
        50: ["responses", "rerank_format"],
    }
    assert {number: known.other for number, known in CHANNEL_TYPES.items() if known.other} == {
        3: "api_version",
        17: "plugin",
        18: "api_version",
        21: "library_id",
        24: "api_version",
    }
    secret = {field.name for known in CHANNEL_TYPES.values() for field in known.config if field.secret}
    assert secret == {"sk", "vertex_ai_adc"}


@pytest.mark.parametrize(
    ("number", "good", "bad"),
    [
        (15, ["ak|sk"], ["ak", "ak|", "a|b|c", "ak sk"]),
        (16, ["3f2a.secret"], ["3f2a", ".x", "a.b.c"]),
        (18, ["app|secret|key"], ["app|secret", "app|secret|key|x", "key"]),
        (23, ["1250000000|AKIDx|sk"], ["AKIDx|sk", "1250000000|AKIDx|"]),
        (
            33,
            ["AKIA|se/cr+et=|us-east-1", "a|s|r|session", "api-key"],
            ["AKIA|secret", "a|s|r|", "a|s|r|t|x"],
        ),
        (42, [f"us-central1|project|{ADC}"], [ADC, "us-central1|project", "us-central1|project|key"]),
    ],
)
def test_documented_key_forms(number: int, good: list[str], bad: list[str]) -> None:
    form = CHANNEL_TYPES[number].key
    assert form is not None
    assert [form.fits(key, {}) for key in good] == [True] * len(good)
    assert [form.fits(key, {}) for key in bad] == [False] * len(bad)


def test_other_types_take_any_key() -> None:
    strict = {number for number, known in CHANNEL_TYPES.items() if known.key and known.key.pattern}
    assert strict == {15, 16, 18, 23, 33, 42}
    form = CHANNEL_TYPES[22].key
    assert form is not None
    assert form.text == "APIKey-AppId"
    assert form.fits("fastgpt-key", {})


def test_values_of_the_configuration_stand_for_the_key() -> None:
    form = CHANNEL_TYPES[42].key
    assert form is not None
    config = {"region": "r", "vertex_ai_project_id": "p", "vertex_ai_adc": '{\n  "type": "x"\n}'}
    assert form.composed(config) == 'r|p|{ "type": "x" }'
    assert form.fits("anything", config)
    assert form.composed(config | {"region": " "}) is None
    assert form.composed(config | {"region": 5}) is None
    assert CHANNEL_TYPES[15].key is not None
    assert CHANNEL_TYPES[15].key.composed({}) is None
