"""OpenAI's format on both sides: bytes pass, and what they cost is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.dialects.openai_chat.tally import reply_tally
from oneapi.adapters.dialects.patch import patch, raw_messages
from oneapi.adapters.dialects.usage import read_usage
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.domain.errors import UpstreamBroken, UpstreamRefusal
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from oneapi.adapters.dialects.interface import StreamTranslator

OPENAI = SURFACES["openai_chat"]
COUNTED = {"prompt_tokens": 9, "completion_tokens": 4}


def passed(tap: StreamTranslator, *data: Any) -> bytes:
    """What comes out of chunks, or of bytes that are none."""
    encoded = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in data)
    return b"".join(tap.feed(ServerSentEvent(b"", one)) for one in encoded)


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def test_bytes_are_not_touched() -> None:
    tap = OPENAI.tap(include_usage=False)
    odd = b'{"choices" :[ {"delta":{"content":"\\u00e9\\n\xe2\x80\xa8"},"x":1.50,"y":123456789012345678901234567890}] }'
    assert passed(tap, odd) == b"data: " + odd + b"\n\n"
    assert tap.tally.text == ["\u00e9\n\u2028"]


def test_data_of_several_lines_stays_one_event() -> None:
    tap = OPENAI.tap(include_usage=False)
    assert passed(tap, b'{"choices":\n[{"delta":{"content":"A"}}]}') == (
        b'data: {"choices":\ndata: [{"delta":{"content":"A"}}]}\n\n'
    )


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        ({"content": "A"}, "A"),
        ({"content": "", "reasoning_content": "B"}, "B"),
        ({"content": "A", "reasoning": "B"}, "AB"),
        ({"refusal": "A"}, "A"),
        (
            {
                "tool_calls": [
                    {"function": {"name": "f", "arguments": "{}"}},
                    {"function": {"arguments": "1"}},
                ]
            },
            "f{}1",
        ),
        ({"function_call": {"name": "f", "arguments": "{}"}}, "f{}"),
        ({"content": 5, "refusal": ["odd"], "tool_calls": None}, ""),
    ],
)
def test_all_that_costs_tokens_is_counted(delta: dict[str, Any], text: str) -> None:
    tap = OPENAI.tap(include_usage=False)
    passed(tap, chunk({"role": "assistant", "content": ""}))
    assert not tap.tally.produced
    passed(tap, chunk(delta))
    assert "".join(tap.tally.text) == text
    assert tap.tally.produced is bool(text)


def test_legacy_completions_and_sound() -> None:
    tap = OPENAI.tap(include_usage=False)
    passed(tap, {"choices": [{"text": "Once", "finish_reason": None}]})
    assert tap.tally.text == ["Once"]
    tap = OPENAI.tap(include_usage=False)
    passed(tap, chunk({"audio": {"id": "a", "data": "UklGRg=="}}))
    assert tap.tally.produced


class TestUsage:
    def test_the_last_report_wins(self) -> None:
        tap = OPENAI.tap(include_usage=False)
        first = chunk({"content": "A"}, usage={"prompt_tokens": 9, "completion_tokens": 1})
        second = chunk({"content": "B"}, usage=COUNTED)
        out = passed(tap, first, second, chunk({}, "stop", usage=None))
        assert tap.tally.usage == Usage(9, 4)
        assert out.count(b"data: ") == 3  # cumulative usage stands in chunks of content: they pass

    @pytest.mark.parametrize(("include_usage", "events"), [(True, 1), (False, 0)])
    def test_a_chunk_of_nothing_else_is_for_who_asked(self, include_usage: bool, events: int) -> None:  # noqa: FBT001  # a parameter of the test
        tap = OPENAI.tap(include_usage=include_usage)
        assert passed(tap, {"choices": [], "usage": COUNTED}).count(b"data: ") == events
        assert tap.tally.usage == Usage(9, 4)

    def test_filter_results_are_dropped(self) -> None:
        assert passed(OPENAI.tap(include_usage=True), {"choices": [], "prompt_filter_results": [{}]}) == b""

    @pytest.mark.parametrize(
        ("reported", "usage"),
        [
            (
                {
                    **COUNTED,
                    "prompt_tokens_details": {"cached_tokens": 5, "audio_tokens": 2},
                    "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 1},
                },
                Usage(9, 4, cached=5, audio_in=2, reasoning=3, audio_out=1),
            ),
            ({"prompt_tokens": 9, "total_tokens": 9}, Usage(9, 0)),
            ({"prompt_tokens": 9.0, "completion_tokens": None, "prompt_tokens_details": 5}, Usage(9, 0)),
            ({"prompt_tokens": "9", "completion_tokens": -4}, None),
            ({"prompt_tokens": True, "completion_tokens": 0}, None),
            ([], None),
            ("9", None),
            (None, None),
        ],
    )
    def test_of_any_shape(self, reported: Any, usage: Usage | None) -> None:
        assert read_usage(reported) == usage


class TestItsEnd:
    def test_done_is_not_passed_on_and_nothing_behind_it(self) -> None:
        tap = OPENAI.tap(include_usage=False)
        first = passed(tap, chunk({"content": "A"}))
        assert passed(tap, b"[DONE]", chunk({"content": "late"}), {"error": "late"}) == b""
        assert tap.tally.finished
        assert tap.finish() == b""
        assert (tap.tally.text, b"late" in first) == (["A"], False)

    def test_done_behind_nothing_is_no_end(self) -> None:
        tap = OPENAI.tap(include_usage=False)
        assert passed(tap, chunk({"role": "assistant", "content": ""}), b"[DONE]")
        with pytest.raises(UpstreamBroken):
            tap.finish()

    def test_a_finish_reason_will_do(self) -> None:
        tap = OPENAI.tap(include_usage=False)
        passed(tap, chunk({"content": "A"}), chunk({}, "stop"))
        assert tap.finish() == b""

    def test_neither(self) -> None:
        tap = OPENAI.tap(include_usage=False)
        passed(tap, chunk({"content": "A"}, ""))
        with pytest.raises(UpstreamBroken):
            tap.finish()


class TestErrors:
    @pytest.mark.parametrize(
        "error",
        [{"message": "No", "type": "t", "code": 429}, {"message": "No", "param": 1, "code": {}}, "No"],
    )
    @pytest.mark.parametrize("extra", [{}, {"choices": []}, {"choices": [{"delta": {}}]}, {"choices": "odd"}])
    def test_are_never_swallowed(self, error: Any, extra: dict[str, Any]) -> None:
        with pytest.raises(UpstreamRefusal, match="No"):
            passed(OPENAI.tap(include_usage=False), {"error": error, **extra})

    def test_null_is_none(self) -> None:
        assert passed(OPENAI.tap(include_usage=False), chunk({"content": "A"}, error=None))

    @pytest.mark.parametrize("data", [b"not JSON", b"[1]", b"7", b'{"choices":5}', b"[" * 9999])
    def test_what_is_no_chunk_is_for_the_client_to_understand(self, data: bytes) -> None:
        assert passed(OPENAI.tap(include_usage=False), data) == b"data: " + data + b"\n\n"

    def test_as_an_event(self) -> None:
        assert OPENAI.render_error({"message": "No"}) == b'data: {"error":{"message":"No"}}\n\n'


class TestWholeAnswers:
    @pytest.mark.parametrize(
        "body",
        [
            {
                "choices": [
                    {"message": {"content": "A", "reasoning_content": "B", "refusal": "C"}},
                    {"text": "D"},
                ]
            },
            {
                "choices": [
                    {"text": "A"},
                    {"message": {"tool_calls": [{"function": {"name": "B", "arguments": "CD"}}]}},
                ]
            },
        ],
    )
    def test_texts_where_nobody_counted(self, body: dict[str, Any]) -> None:
        tally = reply_tally(json.dumps(body).encode())
        assert tally.usage is None
        assert sorted("".join(tally.text)) == ["A", "B", "C", "D"]

    @pytest.mark.parametrize(
        ("body", "usage"),
        [
            ({"data": [{"embedding": [0.5]}], "usage": {"prompt_tokens": 2, "total_tokens": 2}}, Usage(2, 0)),
            ({"results": [{"flagged": False}]}, None),
            ({"choices": "odd", "usage": COUNTED}, Usage(9, 4)),
            ([], None),
        ],
    )
    def test_usage_of_any_endpoint(self, body: Any, usage: Usage | None) -> None:
        assert reply_tally(json.dumps(body).encode()).usage == usage

    @pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 9999])
    def test_anything_else_costs_nothing_known(self, body: bytes) -> None:
        assert reply_tally(body).usage is None


class TestPatch:
    BODY = (
        b'{"model":"a", "seed": 123456789012345678901234567890, "x":1.10,'
        b'"messages":[ {"role":"user"} ],"u":"\\u00e9"}'
    )

    def test_only_what_is_named_changes(self) -> None:
        assert patch(self.BODY, {"model": "b", "new": {"k": 1}}) == (
            b'{"model":"b","seed":123456789012345678901234567890,"x":1.10,'
            b'"messages":[ {"role":"user"} ],"u":"\\u00e9","new":{"k":1}}'
        )

    def test_taking_out(self) -> None:
        patched = patch(
            self.BODY, {"seed": msgspec.UNSET, "absent": msgspec.UNSET, "messages": msgspec.Raw(b"[]")}
        )
        assert patched == b'{"model":"a","x":1.10,"messages":[],"u":"\\u00e9"}'

    def test_doubled_keys_become_one(self) -> None:
        assert patch(b'{"model":"a","model":"b"}', {"n": 1}) == b'{"model":"b","n":1}'

    def test_messages_keep_their_bytes(self) -> None:
        assert [bytes(message) for message in raw_messages(self.BODY)] == [b'{"role":"user"}']
        assert raw_messages(b"{}") == []
