"""How likely each token was, from one format to the others, whole and in pieces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.dialects.openai_chat.beside_text import read_logprobs, write_logprobs
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.adapters.upstream.answer_forms.whole_and_stream import events_of, reply_of
from oneapi.domain.chat import Finished, FinishReason, TextDelta, TokenLogprob

if TYPE_CHECKING:
    from oneapi.domain.chat import ChatEvent

OPENAI, GEMINI, RESPONSES = SURFACES["openai_chat"], SURFACES["gemini"], SURFACES["responses"]
HALF = TokenLogprob("\\xe2", -2.5, b"\xe2")
LIKELY = TokenLogprob("Hi", -0.25, b"Hi", (TokenLogprob("Hi", -0.25, b"Hi"), HALF))
ON_THE_WIRE = {"content": write_logprobs((LIKELY,)), "refusal": None}


def completion(**choice: Any) -> bytes:
    return json.dumps({"id": "x", "choices": [{"index": 0, **choice}]}).encode()


def test_a_whole_answer_keeps_them() -> None:
    reply = OPENAI.read_reply(
        completion(message={"content": "Hi"}, finish_reason="stop", logprobs=ON_THE_WIRE)
    )
    assert reply.choices[0].logprobs == (LIKELY,)
    assert json.loads(OPENAI.write_reply(reply))["choices"][0]["logprobs"] == ON_THE_WIRE


def test_a_stream_keeps_them() -> None:
    [_, told] = OPENAI.event_reader().feed(
        ServerSentEvent(b"", completion(delta={"content": "Hi"}, logprobs=ON_THE_WIRE))
    )
    assert told == TextDelta("Hi", logprobs=(LIKELY,))
    writer = OPENAI.event_writer(reply_id="x", model="m", created=1, include_usage=False)
    chunk = json.loads(writer.feed(told).removeprefix(b"data: "))
    assert chunk["choices"][0]["logprobs"] == ON_THE_WIRE


def test_an_answer_in_pieces_is_the_whole_one() -> None:
    reply = OPENAI.read_reply(
        completion(message={"content": "Hi"}, finish_reason="stop", logprobs=ON_THE_WIRE)
    )
    assert reply_of(events_of(reply)).choices == reply.choices


def test_they_reach_clients_of_other_formats() -> None:
    reply = OPENAI.read_reply(
        completion(message={"content": "Hi"}, finish_reason="stop", logprobs=ON_THE_WIRE)
    )
    [candidate] = json.loads(GEMINI.write_reply(reply))["candidates"]
    assert candidate["logprobsResult"] == {
        "topCandidates": [
            {
                "candidates": [
                    {"token": "Hi", "logProbability": -0.25},
                    {"token": "\\xe2", "logProbability": -2.5},
                ]
            }
        ],
        "chosenCandidates": [{"token": "Hi", "logProbability": -0.25}],
    }
    [item] = json.loads(RESPONSES.for_request({}).write_reply(reply))["output"]
    assert item["content"][0]["logprobs"] == ON_THE_WIRE["content"]


def test_those_of_gemini() -> None:
    chosen = [{"token": "Hi", "logProbability": -0.5}, {"token": "!"}]
    answer = {
        "candidates": [
            {
                "content": {"parts": [{"text": "Hi!"}]},
                "finishReason": "STOP",
                "logprobsResult": {"chosenCandidates": chosen, "topCandidates": [{"candidates": chosen[:1]}]},
            }
        ]
    }
    [choice] = GEMINI.read_reply(json.dumps(answer).encode()).choices
    hi = TokenLogprob("Hi", -0.5)
    assert choice.logprobs == (TokenLogprob("Hi", -0.5, others=(hi,)), TokenLogprob("!", 0.0))


@pytest.mark.parametrize(
    ("item", "read"),
    [
        ({"token": 1, "logprob": "x", "bytes": [256]}, TokenLogprob("", 0.0)),
        ({"token": "a", "logprob": 10**400, "bytes": "a"}, TokenLogprob("a", 0.0)),
        ({"token": "a", "logprob": -(10**400)}, TokenLogprob("a", -9999.0)),
    ],
)
def test_odd_values_count_as_absent(item: dict[str, Any], read: TokenLogprob) -> None:
    assert read_logprobs({"content": [item]}) == (read,)
    assert read_logprobs([item]) == read_logprobs({"content": item}) == ()


def test_those_of_responses() -> None:
    part = {"type": "output_text", "text": "Hi", "logprobs": ON_THE_WIRE["content"]}
    answer = {"status": "completed", "output": [{"type": "message", "content": [part]}]}
    assert RESPONSES.read_reply(json.dumps(answer).encode()).choices[0].logprobs == (LIKELY,)
    delta = {"type": "response.output_text.delta", "delta": "Hi", "logprobs": ON_THE_WIRE["content"]}
    [told] = RESPONSES.event_reader().feed(ServerSentEvent(b"", json.dumps(delta).encode()))
    assert told == TextDelta("Hi", logprobs=(LIKELY,))


def test_a_request_for_them_to_responses() -> None:
    fields = {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "logprobs": True,
        "top_logprobs": 2,
    }
    body = RESPONSES.write_request(OPENAI.read_request(fields), "m")
    assert body["top_logprobs"] == 2
    assert "message.output_text.logprobs" in body["include"]


def test_they_are_streamed_to_clients_of_responses() -> None:
    fields = {
        "model": "m",
        "input": "hi",
        "stream": True,
        "include": ["message.output_text.logprobs"],
        "top_logprobs": 2,
    }
    dialect = SURFACES["responses"].for_request(fields)
    assert dialect.read_request(fields).sampling.top_logprobs == 2
    writer = dialect.event_writer(reply_id="x", model="m", created=1, include_usage=True)
    events: list[ChatEvent] = [
        TextDelta("Hi", logprobs=(LIKELY,)),
        TextDelta("!"),
        Finished(FinishReason.STOP),
    ]
    told = b"".join(map(writer.feed, events)) + writer.finish()
    lines = [json.loads(line[6:]) for line in told.decode().splitlines() if line.startswith("data: ")]
    assert [line["sequence_number"] for line in lines] == list(range(len(lines)))
    kinds = {line["type"]: line for line in lines}
    deltas = [line["logprobs"] for line in lines if line["type"] == "response.output_text.delta"]
    assert deltas == [ON_THE_WIRE["content"], []]
    assert kinds["response.output_text.done"]["logprobs"] == ON_THE_WIRE["content"]
    [item] = kinds["response.completed"]["response"]["output"]
    assert item["content"][0]["logprobs"] == ON_THE_WIRE["content"]
