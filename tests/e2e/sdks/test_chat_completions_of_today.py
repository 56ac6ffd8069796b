"""Everything that the real ``openai`` SDK can ask of chat completions since 2024, over channels of several formats."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.support.providers.upstream import chat_chunk, chat_reply, chat_stream, json_reply, sse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Site

CHAT = "/v1/chat/completions"
GEMINI, IMAGE_MODEL = 24, "gemini-3-pro-image"
GENERATE = f"/v1beta/models/{IMAGE_MODEL}:generateContent"
STREAM = f"/v1beta/models/{IMAGE_MODEL}:streamGenerateContent"
HELLO: list[Any] = [{"role": "user", "content": "hello"}]
PATCH: Any = {
    "type": "custom",
    "custom": {
        "name": "patch",
        "description": "Patches a file.",
        "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: WORD"}},
    },
}
READ: Any = {
    "type": "function",
    "function": {"name": "read", "parameters": {"type": "object", "properties": {}}},
}
ALLOWED: Any = {
    "type": "allowed_tools",
    "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "read"}}]},
}
#: Every field of ``CompletionCreateParams`` with a value of today.
FIELDS: dict[str, Any] = {
    "messages": [
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Listen", "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {
                    "type": "image_url",
                    "image_url": {"url": "https://example.org/a.png", "detail": "original"},
                },
            ],
        },
        {"role": "assistant", "audio": {"id": "audio_1"}},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "patch", "input": "x"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "done"},
    ],
    "audio": {"voice": {"id": "voice_1"}, "format": "opus"},
    "frequency_penalty": 0.5,
    "logit_bias": {"50256": -100},
    "logprobs": True,
    "max_completion_tokens": 64,
    "metadata": {"a": "b"},
    "modalities": ["text", "audio"],
    "n": 2,
    "parallel_tool_calls": False,
    "prediction": {"type": "content", "content": "hello"},
    "presence_penalty": -0.5,
    "prompt_cache_key": "key",
    "prompt_cache_retention": "24h",
    "reasoning_effort": "xhigh",
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {}}},
    "safety_identifier": "user",
    "seed": 1,
    "service_tier": "flex",
    "stop": ["END"],
    "store": False,
    "stream_options": {"include_usage": True, "include_obfuscation": False},
    "temperature": 1,
    "tool_choice": ALLOWED,
    "tools": [PATCH, READ],
    "top_logprobs": 2,
    "top_p": 1,
    "user": "user",
    "verbosity": "low",
    "web_search_options": {
        "search_context_size": "low",
        "user_location": {"type": "approximate", "approximate": {"country": "NO"}},
    },
    "extra_body": {
        "prompt_cache_options": {"mode": "explicit", "ttl": "30m"},
        "top_k": 5,
        "of_tomorrow": "x",
    },
}
SEARCHED = [
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


@pytest.fixture(scope="session")
def shared_google(shared_site: Site) -> Site:
    """The site with a channel of Gemini's type in addition to the one of OpenAI's."""
    shared_site.admin.add_channel(
        shared_site.upstream.url, IMAGE_MODEL, type=GEMINI, key="AIza-operator", name="google"
    )
    return shared_site


@pytest.fixture
def google(shared_google: Site) -> Site:
    shared_google.upstream.forget()
    return shared_google


@pytest.fixture
def recording(site: Site) -> Iterator[tuple[openai.OpenAI, list[bytes]]]:
    """A client, and the bodies that it has sent."""
    bodies: list[bytes] = []
    with openai.DefaultHttpxClient(
        event_hooks={"request": [lambda request: bodies.append(request.read())]}
    ) as http:
        yield (
            openai.OpenAI(
                base_url=site.gateway.url + "/v1", api_key=site.key, max_retries=0, http_client=http
            ),
            bodies,
        )


class TestBytesPass:
    @pytest.mark.parametrize("stream", [False, True])
    def test_every_field_is_passed_on_unchanged(
        self, site: Site, recording: tuple[openai.OpenAI, list[bytes]], *, stream: bool
    ) -> None:
        client, bodies = recording
        site.upstream.always(
            CHAT, chat_stream(["hi"], usage=(3, 1)) if stream else chat_reply("hi", prompt_tokens=3)
        )
        answer = client.chat.completions.create(model="gpt-4o", stream=stream, **FIELDS)
        if stream:
            list(answer)
        assert site.last.body == bodies[0]

    async def test_unknown_members_of_chunks_reach_the_client(self, site: Site) -> None:
        piece = {
            "content": "hi",
            "obfuscation": "xyz",
            "annotations": SEARCHED,
            "audio": {"id": "a", "data": "AAAA"},
        }
        chunk = chat_chunk(piece) | {"service_tier": "default", "obfuscation": "abc"}
        site.upstream.always(CHAT, sse([chunk, chat_chunk({}, finish_reason="stop")]))
        async with site.async_client() as client:
            stream = await client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)
            first = await anext(aiter(stream))
        assert first.service_tier == "default"
        assert first.to_dict() == chunk

    def test_the_input_of_custom_tools_is_counted(self, site: Site) -> None:
        words = "begin patch update file " * 30
        begun = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "patch", "input": ""}}
        pieces = [{"index": 0, "custom": {"input": words}}]
        chunks = [chat_chunk({"tool_calls": [begun]}), chat_chunk({"tool_calls": pieces})]
        site.upstream.always(CHAT, sse([*chunks, chat_chunk({}, finish_reason="tool_calls")]))
        told = list(
            site.client.chat.completions.create(model="gpt-4o", messages=HELLO, tools=[PATCH], stream=True)
        )
        calls = [chunk.choices[0].delta.tool_calls for chunk in told if chunk.choices]
        assert calls[1]
        assert calls[1][0].model_extra == {"custom": {"input": words}}
        assert site.newest_charge()["completion_tokens"] > len(words.split()) / 2

    def test_predicted_tokens_that_were_rejected_are_billed(self, site: Site) -> None:
        details = {"accepted_prediction_tokens": 5, "rejected_prediction_tokens": 20}
        usage = {"prompt_tokens": 3, "completion_tokens": 30, "total_tokens": 33}
        answer = chat_reply("hi", prompt_tokens=None, usage={**usage, "completion_tokens_details": details})
        site.upstream.always(CHAT, answer)
        told = site.client.chat.completions.create(
            model="gpt-4o", messages=HELLO, prediction={"type": "content", "content": "hello"}
        )
        assert told.usage
        assert told.usage.completion_tokens_details
        assert told.usage.completion_tokens_details.rejected_prediction_tokens == 20
        assert site.newest_charge()["completion_tokens"] == 30

    def test_a_service_tier_that_was_not_granted_does_not_change_the_price(self, site: Site) -> None:
        quotas = []
        tiers: tuple[Any, ...] = ("flex", "auto")
        for tier in tiers:
            site.upstream.always(CHAT, chat_reply("hi", prompt_tokens=9, service_tier="default"))
            answer = site.client.chat.completions.create(
                model="gpt-4o",
                messages=HELLO,
                service_tier=tier,
            )
            assert answer.service_tier == "default"
            quotas.append(site.newest_charge()["quota"])
        assert quotas[0] == quotas[1]


class TestOtherForms:
    """An upstream that always streams, and one that never does."""

    def test_a_stream_for_a_client_that_wants_a_whole_answer(self, site: Site) -> None:
        begun = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "patch", "input": ""}}
        events = [
            chat_chunk({"role": "assistant", "content": "he", "refusal": None}) | {"service_tier": "flex"},
            chat_chunk({"content": "llo", "annotations": SEARCHED, "reasoning_content": "Hm."}),
            chat_chunk({"audio": {"id": "a", "data": "AAAA", "transcript": "hel"}}),
            chat_chunk({"audio": {"data": "AAAA", "transcript": "lo", "expires_at": 9}}),
            chat_chunk({"tool_calls": [begun]}),
            chat_chunk({"tool_calls": [{"index": 0, "custom": {"input": "text"}}]}),
            chat_chunk({}, finish_reason="tool_calls"),
        ]
        site.upstream.always(CHAT, sse(events))
        answer = site.client.chat.completions.create(model="gpt-4o", messages=HELLO)
        message = answer.choices[0].message
        assert (message.content, answer.choices[0].finish_reason) == ("hello", "tool_calls")
        assert answer.service_tier == "flex"
        assert message.annotations
        assert message.annotations[0].url_citation.url == "https://example.org/page"
        assert message.audio
        assert (message.audio.data, message.audio.transcript) == ("AAAAAAAA", "hello")
        assert message.tool_calls
        assert message.tool_calls[0].type == "custom"
        assert message.tool_calls[0].custom.input == "text"
        assert message.model_extra == {"reasoning_content": "Hm."}
        assert answer.usage, "it was counted, as the upstream did not say"
        row = site.newest_charge()
        assert (row["prompt_tokens"], row["completion_tokens"]) == (
            answer.usage.prompt_tokens,
            answer.usage.completion_tokens,
        )

    @pytest.mark.parametrize("include_usage", [False, True])
    def test_a_whole_answer_for_a_client_that_wants_a_stream(
        self, site: Site, *, include_usage: bool
    ) -> None:
        message = {"role": "assistant", "content": "hello", "annotations": SEARCHED, "audio": {"id": "a"}}
        choices = [
            {"index": 0, "message": message, "finish_reason": "stop"},
            {"index": 1, "message": {"role": "assistant", "refusal": "no"}, "finish_reason": "stop"},
        ]
        site.upstream.always(CHAT, chat_reply(prompt_tokens=3, choices=choices, service_tier="flex"))
        options: Any = {"stream_options": {"include_usage": True}} if include_usage else {}
        chunks = list(
            site.client.chat.completions.create(model="gpt-4o", messages=HELLO, n=2, stream=True, **options)
        )
        assert {chunk.service_tier for chunk in chunks} == {"flex"}
        told = [chunk.choices[0] for chunk in chunks if chunk.choices]
        assert "".join(choice.delta.content or "" for choice in told if choice.index == 0) == "hello"
        assert "".join(choice.delta.refusal or "" for choice in told if choice.index == 1) == "no"
        delta = told[0].delta.to_dict()
        assert (delta["annotations"], delta["audio"]) == (SEARCHED, {"id": "a"})
        assert [chunk.usage is not None for chunk in chunks][-1] == include_usage

    def test_functions_of_2023(self, site: Site) -> None:
        events = [
            chat_chunk({"function_call": {"name": "read", "arguments": ""}}),
            chat_chunk({"function_call": {"arguments": "{}"}}),
            chat_chunk({}, finish_reason="function_call"),
        ]
        site.upstream.always(CHAT, sse(events))
        answer = site.client.chat.completions.create(
            model="gpt-4o", messages=HELLO, functions=[READ["function"]]
        )
        assert answer.choices[0].message.function_call
        assert answer.choices[0].message.function_call.arguments == "{}"


class TestOverClaude:
    def answered(self, site: Site, *blocks: dict[str, Any]) -> None:
        usage = {"input_tokens": 5, "output_tokens": 2}
        answer = {"type": "message", "content": blocks, "stop_reason": "tool_use", "usage": usage}
        site.upstream.always("/v1/messages", json_reply(answer))

    def test_custom_tools(self, claude: Site) -> None:
        self.answered(claude, {"type": "tool_use", "id": "t", "name": "patch", "input": {"input": "text"}})
        answer = claude.client.chat.completions.create(
            model="claude-opus-5-5", messages=HELLO, tools=[PATCH, READ]
        )
        assert answer.choices[0].message.tool_calls
        call = answer.choices[0].message.tool_calls[0]
        assert call.type == "custom"
        assert (call.custom.name, call.custom.input) == ("patch", "text")

    def test_allowed_tools(self, claude: Site) -> None:
        self.answered(claude, {"type": "tool_use", "id": "t", "name": "read", "input": {}})
        claude.client.chat.completions.create(
            model="claude-opus-5-5", messages=HELLO, tools=[PATCH, READ], tool_choice=ALLOWED
        )
        assert [tool["name"] for tool in claude.last.json()["tools"]] == ["read"]

    def test_features_that_are_dropped_are_listed_in_the_log(self, claude: Site) -> None:
        self.answered(claude, {"type": "text", "text": "hi"})
        claude.client.chat.completions.create(
            model="claude-opus-5-5", messages=HELLO, seed=1, verbosity="low", store=True
        )
        assert "verbosity, seed" in claude.newest_charge()["content"]

    @pytest.mark.parametrize(
        ("asks", "feature"),
        [
            ({"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}, "modalities"),
            ({"web_search_options": {}}, "web_search_options"),
            ({"n": 2}, "n > 1"),
            ({"logprobs": True}, "logprobs"),
        ],
    )
    def test_features_that_change_the_answer_are_refused_by_name(
        self, claude: Site, asks: dict[str, Any], feature: str
    ) -> None:
        charges = claude.charges()
        with pytest.raises(openai.BadRequestError, match=feature) as refused:
            claude.client.chat.completions.create(model="claude-opus-5-5", messages=HELLO, **asks)
        assert refused.value.code == "unsupported_feature"
        assert not claude.upstream.requests
        assert claude.charges() == charges


class TestOverGemini:
    PIXEL = "iVBORw0KGgo="

    def piece(self, *parts: dict[str, Any]) -> dict[str, Any]:
        usage = {"promptTokenCount": 4, "candidatesTokenCount": 6, "totalTokenCount": 10}
        candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
        return {"candidates": [candidate], "usageMetadata": usage}

    def test_pictures(self, google: Site) -> None:
        drawn = {"inlineData": {"mimeType": "image/png", "data": self.PIXEL}}
        google.upstream.always(GENERATE, json_reply(self.piece({"text": "Here."}, drawn)))
        google.upstream.always(STREAM, sse([self.piece({"text": "Here."}, drawn)], done=False))
        asked: Any = {"model": IMAGE_MODEL, "messages": HELLO, "modalities": ["text", "image"]}
        message = google.client.chat.completions.create(**asked).choices[0].message
        pictures = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{self.PIXEL}"}}]
        assert (message.content, message.model_extra) == ("Here.", {"images": pictures})
        chunks = list(google.client.chat.completions.create(**asked, stream=True))
        deltas = [chunk.choices[0].delta.model_extra for chunk in chunks if chunk.choices]
        assert {"images": pictures} in deltas
        turn = {"role": "assistant", "content": message.content, "images": pictures}
        google.client.chat.completions.create(**{**asked, "messages": [*HELLO, turn, *HELLO]})
        shown = google.last.json()["contents"][1]["parts"][1]
        assert shown["inlineData"] == {"mimeType": "image/png", "data": self.PIXEL}

    def test_speech(self, google: Site) -> None:
        said = {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": "AAAA"}}
        google.upstream.always(GENERATE, json_reply(self.piece(said)))
        answer = google.client.chat.completions.create(
            model=IMAGE_MODEL,
            messages=HELLO,
            modalities=["text", "audio"],
            audio={"voice": "Kore", "format": "pcm16"},
        )
        config = google.last.json()["generation_config"]
        assert config["responseModalities"] == ["AUDIO"]
        assert config["speechConfig"] == {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}
        assert answer.choices[0].message.audio
        assert answer.choices[0].message.audio.data == "AAAA"

    def test_allowed_tools(self, google: Site) -> None:
        call = {"functionCall": {"name": "read", "args": {}}}
        google.upstream.always(GENERATE, json_reply(self.piece(call)))
        other: Any = {"type": "function", "function": {"name": "write"}}
        two: Any = {"mode": "required", "tools": [other, READ]}
        google.client.chat.completions.create(
            model=IMAGE_MODEL,
            messages=HELLO,
            tools=[PATCH, READ, other],
            tool_choice={"type": "allowed_tools", "allowed_tools": two},
        )
        calling = google.last.json()["tool_config"]["function_calling_config"]
        assert calling == {"mode": "ANY", "allowed_function_names": ["write", "read"]}


def test_a_picture_reaches_the_sdk_of_responses(google: Site) -> None:
    drawn = {"inlineData": {"mimeType": "image/png", "data": TestOverGemini.PIXEL}}
    events = [TestOverGemini().piece({"text": "Here."}, drawn)]
    google.upstream.always(STREAM, sse(events, done=False))
    with google.client.responses.stream(model=IMAGE_MODEL, input="draw") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert "response.image_generation_call.completed" in kinds
    [picture] = [item for item in final.output if item.type == "image_generation_call"]
    assert json.dumps(picture.result) == f'"{TestOverGemini.PIXEL}"'
