"""What answers hold beside text - pictures, sound, pages - from one format to the others, whole and in pieces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from anthropic.types import Message as ClaudeMessage
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.adapters.upstream.answer_forms.whole_and_stream import events_of, reply_of
from oneapi.domain.chat import (
    Audio,
    AudioDelta,
    ChatReply,
    Choice,
    Citation,
    Cited,
    FinishReason,
    Image,
    ImageMade,
    Text,
    ToolCall,
)
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from oneapi.domain.chat import ChatEvent, Part

OPENAI, CLAUDE, GEMINI = SURFACES["openai_chat"], SURFACES["anthropic"], SURFACES["gemini"]
RESPONSES = SURFACES["responses"].for_request({})
PIXEL = "iVBORw0KGgo="
PICTURE = Image(data=PIXEL, media_type="image/png")
SOUND = Audio(data="AAAA", id="audio_1", transcript="Hello", expires=99)
PAGE = Citation("https://example.org/page", "A page", 0, 5)
IMAGES = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}]
AUDIO = {"id": "audio_1", "data": "AAAA", "transcript": "Hello", "expires_at": 99}
ANNOTATIONS = [
    {
        "type": "url_citation",
        "url_citation": {
            "url": "https://example.org/page",
            "title": "A page",
            "start_index": 0,
            "end_index": 5,
        },
    }
]


def reply(*parts: Part) -> ChatReply:
    return ChatReply("x", "m", (Choice(parts, FinishReason.STOP),), created=1)


def written(dialect: Any, *parts: Part) -> Any:
    return json.loads(dialect.write_reply(reply(*parts)))


def streamed(dialect: Any, *parts: Part) -> list[Any]:
    writer = dialect.event_writer(reply_id="x", model="m", created=1, include_usage=False)
    told = b"".join(map(writer.feed, events_of(reply(*parts)))) + writer.finish()
    lines = told.replace(b"\r\n", b"\n").decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]


def completion(**message: Any) -> bytes:
    choice = {"index": 0, "message": message, "delta": message, "finish_reason": "stop"}
    return json.dumps({"id": "x", "choices": [choice]}).encode()


class TestOpenAI:
    def test_a_whole_answer_is_read(self) -> None:
        body = completion(content="Hello", annotations=ANNOTATIONS, images=IMAGES, audio=AUDIO)
        assert OPENAI.read_reply(body).choices[0].parts == (Text("Hello"), PAGE, PICTURE, SOUND)

    def test_a_stream_is_read(self) -> None:
        reader = OPENAI.event_reader()
        events = reader.feed(
            ServerSentEvent(
                b"", completion(content="Hello", annotations=ANNOTATIONS, images=IMAGES, audio=AUDIO)
            )
        )
        assert events[2:5] == (Cited(PAGE), ImageMade(PICTURE), AudioDelta(SOUND))

    def test_pages_that_are_listed_beside_the_choices(self) -> None:
        body = json.loads(completion(content="Hello"))
        body["citations"] = ["https://example.org/page", 5, ""]
        page = Citation("https://example.org/page")
        assert OPENAI.read_reply(json.dumps(body).encode()).choices[0].parts == (Text("Hello"), page)
        reader = OPENAI.event_reader()
        events = reader.feed(ServerSentEvent(b"", json.dumps(body).encode()))
        assert [event for event in events if isinstance(event, Cited)] == [Cited(page)]

    def test_a_whole_answer_is_written(self) -> None:
        body = written(OPENAI, Text("Hello"), PAGE, PICTURE, SOUND)
        message = ChatCompletion.model_validate(body, strict=True).choices[0].message
        assert message.audio
        assert message.audio.transcript == "Hello"
        assert message.annotations
        assert body["choices"][0]["message"]["images"] == IMAGES

    def test_a_stream_is_written(self) -> None:
        chunks = streamed(OPENAI, Text("Hello"), PAGE, PICTURE, SOUND)
        deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
        assert {"annotations": ANNOTATIONS} in deltas
        assert {"images": IMAGES} in deltas
        assert {"audio": AUDIO} in deltas

    def test_sound_that_nobody_keeps_comes_back_as_nothing(self) -> None:
        audio = written(OPENAI, Audio(data="AAAA"))["choices"][0]["message"]["audio"]
        turn = {"role": "assistant", "content": "said", "audio": {"id": audio["id"]}}
        assert OPENAI.read_request({"messages": [turn]}).messages[0].parts == (Text("said"),)

    def test_a_picture_that_is_broken(self) -> None:
        with pytest.raises(UpstreamGarbage):
            OPENAI.read_reply(completion(images=[{"image_url": {"url": "data:image/png,xx"}}]))

    @pytest.mark.parametrize(
        "odd", [{"images": 1}, {"images": [None, {}]}, {"audio": "x"}, {"annotations": [{"url_citation": 1}]}]
    )
    def test_odd_shapes_count_as_absent(self, odd: dict[str, Any]) -> None:
        assert OPENAI.read_reply(completion(content="Hello", **odd)).choices[0].parts == (Text("Hello"),)

    def test_a_turn_with_pictures_is_read(self) -> None:
        turn = {"role": "assistant", "content": "Here.", "images": IMAGES}
        assert OPENAI.read_request({"messages": [turn]}).messages[0].parts == (Text("Here."), PICTURE)


class TestGemini:
    def test_an_answer_is_read(self) -> None:
        parts = [
            {"inlineData": {"mimeType": "image/png", "data": PIXEL}},
            {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": "AAAA"}},
        ]
        body = json.dumps({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}).encode()
        heard = Audio(data="AAAA", format="pcm16")
        assert GEMINI.read_reply(body).choices[0].parts == (PICTURE, heard)
        events = GEMINI.event_reader().feed(ServerSentEvent(b"", body))
        assert events[1:3] == (ImageMade(PICTURE), AudioDelta(heard))

    @pytest.mark.parametrize("whole", [True, False])
    def test_an_answer_is_written(self, *, whole: bool) -> None:
        parts = (Text("A"), PICTURE, Image(url="https://example.org/a.png"), SOUND, Audio(transcript="said"))
        answers = [written(GEMINI, *parts)] if whole else streamed(GEMINI, *parts)
        told = [
            part
            for answer in answers
            for part in answer["candidates"][0].get("content", {"parts": []})["parts"]
        ]
        assert told[:4] == [
            {"text": "A"},
            {"inlineData": {"mimeType": "image/png", "data": PIXEL}},
            {"fileData": {"mimeType": "image/png", "fileUri": "https://example.org/a.png"}},
            {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": "AAAA"}},
        ]  # fmt: skip
        assert told[4:] == ([{"text": "said"}] if whole else [])


class TestMessages:
    def test_pages_and_pictures_whole(self) -> None:
        body = written(CLAUDE, Text("Hello"), PAGE, PICTURE)
        ClaudeMessage.model_validate(body)
        said, shown = body["content"]
        assert said["citations"][0]["cited_text"] == "Hello"
        assert shown["text"] == f"![image](data:image/png;base64,{PIXEL})"

    def test_pages_and_pictures_in_pieces(self) -> None:
        events = streamed(CLAUDE, Text("Hello"), PAGE, PICTURE, SOUND)
        deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
        assert [delta["type"] for delta in deltas] == [
            "text_delta",
            "citations_delta",
            "text_delta",
            "text_delta",
        ]
        assert deltas[1]["citation"]["source"] == "https://example.org/page"
        starts = [event["index"] for event in events if event["type"] == "content_block_start"]
        assert starts == [0, 1, 2]

    def test_a_page_without_a_text_is_left_out(self) -> None:
        assert written(CLAUDE, PAGE)["content"] == []

    def test_citations_that_were_made_here_do_not_reach_claude(self) -> None:
        made = written(CLAUDE, Text("Hello"), PAGE)["content"][0]
        own = {"type": "char_location", "cited_text": "H", "document_index": 0}
        mixed = {**made, "citations": [own, *made["citations"]]}
        fields = {
            "model": "claude-sonnet-4-5",
            "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": [made, mixed, {"type": "text", "text": "x"}]},
            ],
        }
        kept = CLAUDE.own_history(json.dumps(fields).encode(), fields, "claude-sonnet-4-5")["messages"]
        assert [block.get("citations") for block in kept[1]["content"]] == [None, [own], None]
        clean = {
            "messages": [
                {"role": "assistant", "content": [{"type": "text", "text": "x", "citations": [own]}]}
            ]
        }
        assert not CLAUDE.own_history(json.dumps(clean).encode(), clean, "claude-sonnet-4-5")  # fmt: skip


class TestResponses:
    def test_whole(self) -> None:
        body = written(RESPONSES, Text("Hello"), PAGE, PICTURE, SOUND)
        Response.model_validate(body)
        said, shown, heard = body["output"]
        assert said["content"][0]["annotations"][0]["url"] == "https://example.org/page"
        assert (shown["type"], shown["result"], shown["output_format"]) == (
            "image_generation_call",
            PIXEL,
            "png",
        )
        assert heard["content"][0]["text"] == "Hello"

    def test_in_pieces(self) -> None:
        events = streamed(RESPONSES, Text("A"), PICTURE, SOUND)
        kinds = [event["type"] for event in events]
        assert "response.image_generation_call.completed" in kinds
        assert events[-1]["response"]["output"][1]["result"] == PIXEL
        assert [
            event["output_index"] for event in events if event["type"] == "response.output_item.done"
        ] == [
            0,
            1,
            2,
        ]

    def test_a_picture_comes_back_in_the_history(self) -> None:
        shown = written(RESPONSES, PICTURE)["output"][0]
        undone = {"type": "image_generation_call", "id": "ig_2", "status": "failed", "result": None}
        fields = {"model": "m", "input": [{"role": "user", "content": "draw"}, shown, undone]}
        chat = SURFACES["responses"].for_request(fields).read_request(fields)
        assert chat.messages[1].parts == (PICTURE,)
        assert chat.left_out == ("image_generation_call",)

    def test_what_an_upstream_shows_is_read(self) -> None:
        annotation = {
            "type": "url_citation",
            "url": PAGE.url,
            "title": PAGE.title,
            "start_index": 0,
            "end_index": 5,
        }
        file = {"type": "file_citation", "file_id": "file-1", "index": 0}
        content = [
            {"type": "output_text", "text": "First.", "annotations": [file]},
            {"type": "output_text", "text": "Hello", "annotations": [annotation]},
        ]
        drawn = {"type": "image_generation_call", "result": PIXEL, "output_format": "png"}
        output = [{"type": "message", "content": content}, drawn, {**drawn, "result": None}]
        body = json.dumps({"status": "completed", "output": output}).encode()
        cited = Citation(PAGE.url, PAGE.title, 6, 11)
        assert RESPONSES.read_reply(body).choices[0].parts == (Text("First."), Text("Hello"), cited, PICTURE)
        reader = RESPONSES.event_reader()
        events: list[dict[str, Any]] = [
            {"type": "response.output_text.delta", "delta": "First."},
            {"type": "response.content_part.added", "part": {"type": "output_text", "text": ""}},
            {"type": "response.output_text.delta", "delta": "Hello"},
            {"type": "response.output_text.annotation.added", "annotation": annotation},
            {"type": "response.output_item.done", "output_index": 1, "item": drawn},
        ]
        told = [
            each for event in events for each in reader.feed(ServerSentEvent(b"", json.dumps(event).encode()))
        ]
        assert told[2:] == [Cited(cited), ImageMade(PICTURE)]


class TestPieces:
    @pytest.mark.parametrize(
        "parts",
        [
            (Text("Hello"), PAGE, PICTURE, SOUND),
            (ToolCall("c", "f", "text", is_custom=True), ToolCall("d", "g", "{}")),
        ],
    )
    def test_the_whole_answer_again(self, parts: tuple[Part, ...]) -> None:
        assert reply_of(events_of(reply(*parts))).choices[0].parts == parts

    def test_sound_comes_in_pieces(self) -> None:
        pieces: list[ChatEvent] = [
            AudioDelta(Audio(id="audio_1", transcript="Hel")),
            AudioDelta(Audio(data="AA==", transcript="lo")),
            AudioDelta(Audio(data="AQ==", expires=99)),
        ]
        [heard] = reply_of(pieces).choices[0].parts
        assert heard == Audio(data="AAE=", id="audio_1", transcript="Hello", expires=99)
