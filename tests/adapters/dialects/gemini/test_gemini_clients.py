"""Clients that speak Gemini's format: what they may write, and what they get."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.dialects.gemini.request import json_schema
from oneapi.adapters.dialects.notes import fields_left_out
from oneapi.adapters.dialects.own_fields import with_own_fields
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.adapters.upstream.answer_forms.whole_and_stream import events_of
from oneapi.domain.chat import (
    ChatReply,
    Choice,
    Citation,
    Cited,
    Finished,
    FinishReason,
    Image,
    Native,
    Text,
    TextDelta,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from oneapi.domain.errors import InvalidParameter, UpstreamBroken, UpstreamGarbage, UpstreamRefusal
from oneapi.domain.usage import Usage
from oneapi.domain.work import Work

GEMINI = SURFACES["gemini"]
CALL = {"functionCall": {"name": "f", "args": {"a": 1}}}
SIGNED = Thinking("Hm.", "c2ln+/==")


def conversation(*contents: dict[str, Any], **fields: Any) -> Any:
    return GEMINI.read_request({"contents": list(contents), **fields})


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def result(response: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"functionResponse": {"name": "f", "response": response, **fields}}


class TestRequests:
    def test_either_spelling(self) -> None:
        config = {"max_output_tokens": 5, "thinking_config": {"thinking_level": "LOW"}, "top_k": 3.0}
        system = {"parts": [{"text": "sys"}]}
        spelt = conversation(user({"text": "x"}), generation_config=config, system_instruction=system)
        assert (spelt.max_tokens, spelt.reasoning_effort, spelt.sampling.top_k) == (5, "low", 3)
        assert spelt.messages[0].parts == (Text("sys"),)

    def test_data_in_either_alphabet(self) -> None:
        [message] = conversation(user({"inline_data": {"mime_type": "image/png", "data": "-__-_w"}})).messages
        assert message.parts == (Image(data="+//+/w==", media_type="image/png"),)

    def test_results_belong_to_calls_by_name_and_order(self) -> None:
        chat = conversation(
            user({"text": "x"}), model(CALL, CALL), user(result({"x": 1}), result({"output": "2"}))
        )
        first, second = chat.messages[1].parts
        assert first.id != second.id
        assert chat.messages[2].parts == (
            ToolResult(first.id, (Text('{"x":1}'),)),
            ToolResult(second.id, (Text("2"),)),
        )

    def test_results_belong_to_calls_by_id(self) -> None:
        named = {"functionCall": {**CALL["functionCall"], "id": "b"}}
        chat = conversation(model(CALL, named), user(result({"error": "no"}, id="b")))
        assert chat.messages[1].parts == (ToolResult("b", (Text("no"),), is_error=True),)

    def test_the_same_conversation_makes_the_same_ids(self) -> None:
        asked = (user({"text": "x"}), model(CALL), user(result({})))
        assert conversation(*asked) == conversation(*asked)

    def test_functions_that_are_allowed(self) -> None:
        tools = [{"functionDeclarations": [{"name": name} for name in "abc"]}]
        calling = {"mode": "ANY", "allowedFunctionNames": ["a", "b"]}
        config = {"functionCallingConfig": calling}
        chat = conversation(user({"text": "x"}), tools=tools, toolConfig=config)
        assert (chat.tools, chat.tool_choice) == (
            (Tool("a"), Tool("b"), Tool("c")),
            ToolChoice(ToolMode.REQUIRED, allowed=("a", "b")),
        )

    def test_tools_that_run_at_google(self) -> None:
        chat = conversation(user({"text": "x"}), tools=[{"googleSearch": {}}])
        assert chat.tools == (Native("gemini", {"type": "google_search", "google_search": {}}),)

    def test_wishes_are_left_out_and_the_rest_is_told(self) -> None:
        config = {"imageConfig": {"aspectRatio": "1:1"}, "mediaResolution": "LOW"}
        chat = conversation(
            user({"text": "x"}), safetySettings=[{}], modelArmorConfig={"a": 1}, generationConfig=config
        )
        assert chat.extra == {"modelArmorConfig": {"a": 1}, "imageConfig": {"aspectRatio": "1:1"}}

    @pytest.mark.parametrize(
        ("given", "noted"), [("FLEX", ["service_tier"]), ("standard", []), ("unspecified", [])]
    )
    def test_a_service_tier_is_kept_where_it_exists_and_noted_elsewhere(
        self, given: str, noted: list[str]
    ) -> None:
        chat = conversation(user({"text": "x"}), serviceTier=given)
        kept = with_own_fields({}, chat, "responses")
        assert kept.get("service_tier") in (("flex",) if noted else (None, "default"))
        assert list(fields_left_out(chat, {})) == noted

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"contents": []}, "contents"),
            ({"contents": [{"role": "robot", "parts": []}]}, "contents.0.role"),
            ({"contents": [user({"text": 1})]}, "contents.0.parts.0.text"),
            (
                {"contents": [user({"text": "x"})], "generationConfig": {"topK": "many"}},
                "generationConfig.topK",
            ),
        ],
    )
    def test_faults_are_named(self, fields: dict[str, Any], name: str) -> None:
        with pytest.raises(InvalidParameter) as caught:
            GEMINI.read_request(fields)
        assert caught.value.name == name

    def test_schemas(self) -> None:
        schema = {
            "type": "OBJECT",
            "property_ordering": ["nullable"],
            "properties": {"nullable": {"type": "STRING", "nullable": True, "max_length": "3"}},
            "any_of": [{"type": "ARRAY", "items": {"type": "INTEGER"}}],
        }
        assert json_schema(schema) == {
            "type": "object",
            "properties": {"nullable": {"type": ["string", "null"], "maxLength": 3}},
            "anyOf": [{"type": "array", "items": {"type": "integer"}}],
        }

    def test_prompt_and_limits(self) -> None:
        body = {
            "contents": [user({"text": "hello"}, result({"a": "b"}))],
            "systemInstruction": {"parts": [{"text": "s"}]},
        }
        counted = GEMINI.read_prompt(Work.CONVERSE, body)
        assert {"hello", "s", '{"a":"b"}'} <= set(counted.texts)
        assert GEMINI.read_prompt(Work.COUNT, {"generate_content_request": body}) == counted
        assert GEMINI.read_limits({"generationConfig": {"maxOutputTokens": 7.0, "candidate_count": 2}}) == (
            7,
            2,
        )


REPLY = ChatReply(
    "id",
    "m",
    (Choice((SIGNED, Text("Let me see."), ToolCall("c", "f", '{"a":1}')), FinishReason.TOOL_CALLS),),
    usage=Usage(9, 5, cached=4, reasoning=2),
)


def streamed(reply: ChatReply) -> list[dict[str, Any]]:
    writer = GEMINI.event_writer(reply_id="id", model="m", created=0, include_usage=True)
    out = b"".join(map(writer.feed, events_of(reply))) + writer.finish()
    return [json.loads(event.removeprefix(b"data: ")) for event in out.split(b"\r\n\r\n")[:-1]]


class TestAnswers:
    def test_whole(self) -> None:
        told = json.loads(GEMINI.write_reply(REPLY))
        [candidate] = told["candidates"]
        thought, said, call = candidate["content"]["parts"]
        assert (thought, said) == ({"text": "Hm.", "thought": True}, {"text": "Let me see."})
        assert call["functionCall"] == {"id": "c", "name": "f", "args": {"a": 1}}
        assert base64.b64decode(call["thoughtSignature"], validate=True)
        assert candidate["finishReason"] == "STOP"
        assert told["usageMetadata"] == {
            "promptTokenCount": 9,
            "candidatesTokenCount": 3,
            "totalTokenCount": 14,
            "cachedContentTokenCount": 4,
            "thoughtsTokenCount": 2,
        }

    def test_streamed(self) -> None:
        *begun, last = streamed(REPLY)
        whole = json.loads(GEMINI.write_reply(REPLY))
        parts = [part for chunk in (*begun, last) for part in chunk["candidates"][0]["content"]["parts"]]
        assert parts == whole["candidates"][0]["content"]["parts"]
        assert [("finishReason" in chunk["candidates"][0]) for chunk in (*begun, last)] == [
            False,
            False,
            True,
        ]
        assert last["usageMetadata"] == whole["usageMetadata"]

    @pytest.mark.parametrize("keeps_thoughts", [True, False])
    def test_signed_thoughts_come_back_as_they_were(self, *, keeps_thoughts: bool) -> None:
        content = json.loads(GEMINI.write_reply(REPLY))["candidates"][0]["content"]
        if not keeps_thoughts:
            content["parts"] = [part for part in content["parts"] if not part.get("thought")]
        chat = conversation(user({"text": "x"}), content, user(result({})))
        assert chat.messages[1].parts == REPLY.choices[0].parts

    def test_another_providers_thoughts_do_not_reach_gemini(self) -> None:
        content = json.loads(GEMINI.write_reply(REPLY))["candidates"][0]["content"]
        fields = {"contents": [user({"text": "x"}), content]}
        changes = GEMINI.own_history(json.dumps(fields).encode(), fields, "gemini-3-pro")
        assert changes["contents"][1]["parts"][2]["thoughtSignature"] == "skip_thought_signature_validator"
        changes = GEMINI.own_history(json.dumps(fields).encode(), fields, "gemini-2.5-flash")
        assert "thoughtSignature" not in changes["contents"][1]["parts"][2]

    def test_its_own_stay(self) -> None:
        fields = {"contents": [model({**CALL, "thoughtSignature": "c2ln"})]}
        assert not GEMINI.own_history(json.dumps(fields).encode(), fields, "gemini-3-pro")

    def test_thoughts_that_nobody_asked_for_are_not_shown(self) -> None:
        client = GEMINI.for_request({"contents": [user({"text": "x"})]})
        parts = json.loads(client.write_reply(REPLY))["candidates"][0]["content"]["parts"]
        assert [part.get("text") for part in parts] == ["Let me see.", None]

    @pytest.mark.parametrize("arguments", ["{", "[1]", '"x"'])
    def test_broken_arguments(self, arguments: str) -> None:
        broken = ChatReply("", "m", (Choice((ToolCall("c", "f", arguments),), FinishReason.TOOL_CALLS),))
        with pytest.raises(UpstreamGarbage):
            GEMINI.write_reply(broken)
        with pytest.raises(UpstreamGarbage):
            streamed(broken)

    def test_a_call_that_was_cut_off_is_left_out(self) -> None:
        cut = ChatReply("", "m", (Choice((Text("x"), ToolCall("c", "f", '{"a"')), FinishReason.LENGTH),))
        [candidate] = json.loads(GEMINI.write_reply(cut))["candidates"]
        assert (candidate["content"]["parts"], candidate["finishReason"]) == ([{"text": "x"}], "MAX_TOKENS")

    @pytest.mark.parametrize(("text", "places"), [("abc", {"startIndex": 0, "endIndex": 3}), ("äbc", {})])
    def test_pages_are_cited_where_bytes_are_characters(self, text: str, places: dict[str, int]) -> None:
        writer = GEMINI.event_writer(reply_id="id", model="m", created=0, include_usage=True)
        told = (
            TextDelta(text),
            Cited(Citation("https://example.net", "T", 0, 3)),
            Finished(FinishReason.STOP),
        )
        for each in told:
            writer.feed(each)
        [candidate] = json.loads(writer.finish().removeprefix(b"data: "))["candidates"]
        source = {"uri": "https://example.net", "title": "T", **places}
        assert candidate["citationMetadata"] == {"citationSources": [source]}


def piece(*parts: dict[str, Any], **fields: Any) -> ServerSentEvent:
    answer = {"candidates": [{"content": {"parts": list(parts)}}], **fields}
    answer["candidates"][0] |= {name: answer.pop(name) for name in ("finishReason",) if name in answer}
    return ServerSentEvent(b"", json.dumps(answer).encode())


class TestTap:
    def test_bytes_pass(self) -> None:
        tap = GEMINI.tap(include_usage=True)
        first = piece({"text": "a"}, usageMetadata={"promptTokenCount": 3}, unknown=[1])
        assert tap.feed(first) == b"data: %b\r\n\r\n" % first.data
        assert tap.tally.usage is None, "the prompt alone is no bill"
        usage = {
            "promptTokenCount": 3,
            "candidatesTokenCount": 1,
            "thoughtsTokenCount": 2,
            "totalTokenCount": 6,
        }
        tap.feed(piece(CALL, finishReason="STOP", usageMetadata=usage))
        assert tap.finish() == b""
        assert tap.tally.text == ["a", "f", '{"a":1}']
        assert GEMINI.read_tally(piece(CALL, finishReason="STOP", usageMetadata=usage).data).usage == Usage(
            3, 3, reasoning=2
        )

    def test_a_stream_that_ends_without_a_reason_is_broken(self) -> None:
        tap = GEMINI.tap(include_usage=True)
        tap.feed(piece({"text": "a"}))
        with pytest.raises(UpstreamBroken):
            tap.finish()

    def test_an_error_inside(self) -> None:
        with pytest.raises(UpstreamRefusal) as caught:
            GEMINI.tap(include_usage=True).feed(
                ServerSentEvent(b"", b'{"error":{"code":429,"message":"slow"}}')
            )
        assert caught.value.said == 429

    def test_a_blocked_prompt_is_an_answer(self) -> None:
        body = b'{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3,"totalTokenCount":3}}'
        tally = GEMINI.read_tally(body)
        assert (tally.finished, tally.usage) == (True, Usage(3, 0))

    def test_an_answer_that_says_nothing_is_none(self) -> None:
        with pytest.raises(UpstreamGarbage):
            GEMINI.read_tally(b"{}")
