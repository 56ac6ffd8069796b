"""Google's own SDK against the gateway: over channels of Gemini's type and of others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from tests.e2e.conftest import CLAUDE
from tests.support.gateway.server import NO_TLS, Administrator, running
from tests.support.providers.messages import message_reply
from tests.support.providers.upstream import Ending, chat_chunk, chat_reply, chat_stream, json_reply, sse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Site
    from tests.support.providers.upstream import ProgrammableUpstream

GPT, FLASH, GEMINI_TYPE = "gpt-4o", "gemini-2.5-flash", 24
GOOGLES_EMBEDDING = "gemini-embedding-001"
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
BELOW = f"/v1beta/models/{FLASH}:"
USAGE = {"promptTokenCount": 7, "candidatesTokenCount": 5, "thoughtsTokenCount": 3, "totalTokenCount": 15}


@pytest.fixture(scope="session")
def shared_gemini(shared_site: Site) -> Site:
    """The site with a channel of Gemini's type in addition to the one of OpenAI's."""
    shared_site.admin.add_channel(
        shared_site.upstream.url, FLASH, type=GEMINI_TYPE, key="AIza-operator", name="gemini"
    )
    return shared_site


@pytest.fixture
def gemini(site: Site, shared_gemini: Site) -> Site:  # noqa: ARG001  # it forgets earlier requests
    return shared_gemini


def sdk(site: Site, **options: Any) -> Any:
    """Google's SDK. Its types do not say which members an answer has."""
    key = options.pop("api_key", site.key)
    client_args = {"verify": NO_TLS}
    http = types.HttpOptions(base_url=site.gateway.url, timeout=20_000, client_args=client_args, **options)
    return genai.Client(api_key=key, http_options=http)


def answer(text: str = "hello", **fields: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate | fields], "usageMetadata": USAGE, "modelVersion": FLASH}


def chunks(*texts: str) -> list[bytes]:
    """A stream of Google's."""
    begun = [answer(text, finishReason=None) | {"usageMetadata": {"promptTokenCount": 7}} for text in texts]
    whole = (*begun[:-1], answer(texts[-1]))
    return [b"data: %b\r\n\r\n" % json.dumps(each).encode() for each in whole]


class TestPassedThrough:
    """A channel of the same format gets the client's own bytes."""

    @pytest.mark.parametrize("version", ["v1", "v1beta"])
    def test_whole(self, gemini: Site, version: str) -> None:
        gemini.upstream.always(f"{BELOW}generateContent", json_reply(answer()))
        before = gemini.quota()
        with sdk(gemini, api_version=version) as client:
            reply = client.models.generate_content(model=FLASH, contents="hi")
        assert (reply.text, reply.usage_metadata.thoughts_token_count) == ("hello", 3)
        assert gemini.last.header("x-goog-api-key") == "AIza-operator"
        assert gemini.key not in str(gemini.last)
        assert gemini.last.json() == {"contents": [{"parts": [{"text": "hi"}], "role": "user"}]}
        charge = gemini.newest_charge()
        assert (charge["prompt_tokens"], charge["completion_tokens"]) == (7, 8)
        assert gemini.quota() < before

    def test_stream(self, gemini: Site) -> None:
        gemini.upstream.always(f"{BELOW}streamGenerateContent", sse(chunks("hel", "lo"), done=False))
        with sdk(gemini) as client:
            told = list(client.models.generate_content_stream(model=FLASH, contents="hi"))
        assert "".join(chunk.text or "" for chunk in told) == "hello"
        assert told[-1].usage_metadata.total_token_count == 15
        assert gemini.last.query == "alt=sse"

    def test_a_blocked_prompt_is_delivered(self, gemini: Site) -> None:
        blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 7}}
        gemini.upstream.always(f"{BELOW}generateContent", json_reply(blocked))
        with sdk(gemini) as client:
            reply = client.models.generate_content(model=FLASH, contents="hi")
        assert reply.prompt_feedback.block_reason == "SAFETY"

    def test_a_stream_without_a_finish_reason_ends_with_an_error(self, gemini: Site) -> None:
        gemini.upstream.always(f"{BELOW}streamGenerateContent", sse(chunks("hel", "lo")[:1], done=False))
        with sdk(gemini) as client, pytest.raises(errors.ServerError) as caught:
            list(client.models.generate_content_stream(model=FLASH, contents="hi"))
        assert caught.value.status == "UNAVAILABLE"

    def test_tokens_are_counted_by_the_provider(self, gemini: Site) -> None:
        gemini.upstream.always(f"{BELOW}countTokens", json_reply({"totalTokens": 42}))
        before = gemini.quota()
        with sdk(gemini) as client:
            assert client.models.count_tokens(model=FLASH, contents="hi").total_tokens == 42
        assert gemini.quota() == before


def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}


class TestTranslated:
    """Channels of other formats."""

    def test_whole(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_reply("hi", prompt_tokens=9, completion_tokens=4))
        image = types.Part.from_bytes(data=b"\xfb\xff\xfe", mime_type="image/png")
        with sdk(site) as client:
            reply = client.models.generate_content(
                model=GPT,
                contents=["what?", image],
                config=types.GenerateContentConfig(
                    system_instruction="Be brief.",
                    safety_settings=[
                        types.SafetySetting(
                            category=types.HarmCategory.HARM_CATEGORY_HARASSMENT,
                            threshold=types.HarmBlockThreshold.BLOCK_LOW_AND_ABOVE,
                        )
                    ],
                ),
            )
        assert (reply.text, reply.candidates[0].finish_reason) == ("hi", "STOP")
        assert reply.usage_metadata.prompt_token_count == 9
        system, asked = site.last.json()["messages"]
        assert system == {"role": "system", "content": "Be brief."}
        assert asked["content"][1]["image_url"]["url"] == "data:image/png;base64,+//+"
        assert site.newest_charge()["completion_tokens"] == 4

    def test_functions_that_the_sdk_calls_by_itself(self, site: Site) -> None:
        """The SDK sends results without the ids of their calls."""
        message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
        called = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
        site.upstream.enqueue(json_reply(called), chat_reply("It is sunny."), path=CHAT)
        with sdk(site) as client:
            chat = client.chats.create(model=GPT, config=types.GenerateContentConfig(tools=[weather]))
            assert chat.send_message("weather in Rome?").text == "It is sunny."
        *_, result = site.last.json()["messages"]
        assert result == {"role": "tool", "tool_call_id": "call_1", "content": "sunny in Rome"}

    def test_a_stream_with_a_call(self, site: Site) -> None:
        pieces = [
            chat_chunk({"role": "assistant", "content": "Let me see."}),
            chat_chunk(
                {"tool_calls": [{"index": 0, **CALL, "function": {"name": "weather", "arguments": ""}}]}
            ),
            chat_chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]}),
            chat_chunk({"tool_calls": [{"index": 0, "function": {"arguments": '"Rome"}'}}]}),
            chat_chunk({}, finish_reason="tool_calls"),
        ]
        site.upstream.always(CHAT, sse(pieces))
        with sdk(site) as client:
            told = list(client.models.generate_content_stream(model=GPT, contents="weather in Rome?"))
        assert told[-1].candidates[0].finish_reason == "STOP"
        assert told[-1].usage_metadata.total_token_count
        [call] = [call for chunk in told for call in chunk.function_calls or ()]
        assert (call.name, call.args) == ("weather", {"city": "Rome"})

    def test_thoughts_are_returned_to_claude_unchanged(self, claude: Site) -> None:
        thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln+/=="}
        claude.upstream.always(MESSAGES, message_reply([thought, {"type": "text", "text": "hi"}]))
        thinking = types.ThinkingConfig(include_thoughts=True, thinking_budget=2048)
        with sdk(claude) as client:
            chat = client.chats.create(
                model=CLAUDE, config=types.GenerateContentConfig(thinking_config=thinking)
            )
            reply = chat.send_message("hello")
            chat.send_message("again")
        assert [part.thought for part in reply.candidates[0].content.parts] == [True, None]
        assert claude.last.json()["messages"][1]["content"][0] == thought

    def test_thoughts_are_not_shown_unless_requested(self, claude: Site) -> None:
        thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
        claude.upstream.always(MESSAGES, message_reply([thought, {"type": "text", "text": "hi"}]))
        with sdk(claude) as client:
            reply = client.models.generate_content(model=CLAUDE, contents="hello")
        assert [part.text for part in reply.candidates[0].content.parts] == ["hi"]

    def test_an_answer_in_a_requested_form(self, site: Site, claude: Site) -> None:
        class Weather(BaseModel):
            city: str

        text = '{"city":"Oslo"}'
        site.upstream.always(CHAT, chat_reply(text, prompt_tokens=1, completion_tokens=5))
        claude.upstream.always(MESSAGES, message_reply([{"type": "text", "text": text}]))
        config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Weather)
        schemas = []
        for model in (GPT, CLAUDE):
            with sdk(site) as client:
                reply = client.models.generate_content(model=model, contents="where?", config=config)
            assert reply.parsed == Weather(city="Oslo")
            sent = site.last.json()
            layout = sent.get("response_format", {}).get("json_schema") or sent["output_config"]["format"]
            schemas.append(layout["schema"])
        for schema in schemas:
            assert (schema["type"], schema["properties"]["city"]["type"]) == ("object", "string")
            assert "property_ordering" not in str(schema)
            assert "propertyOrdering" not in str(schema)

    def test_a_stream_that_breaks_ends_with_an_error(self, site: Site) -> None:
        words = chat_stream(["one ", "two ", "three"]).stopped(Ending.CLOSE, after_events=3)
        site.upstream.always(CHAT, words)
        with sdk(site) as client, pytest.raises(errors.ServerError):
            list(client.models.generate_content_stream(model=GPT, contents="hi"))
        row = site.newest_charge()
        assert (row["end_cause"], row["completion_tokens"] > 0) == ("upstream_failed", True)

    def test_several_answers(self, site: Site) -> None:
        choices = [
            {"index": index, "message": {"role": "assistant", "content": str(index)}, "finish_reason": "stop"}
            for index in range(2)
        ]
        site.upstream.always(CHAT, json_reply({"choices": choices}))
        with sdk(site) as client:
            reply = client.models.generate_content(
                model=GPT, contents="hi", config=types.GenerateContentConfig(candidate_count=2)
            )
        assert [each.index or 0 for each in reply.candidates] == [0, 1]

    def test_tokens_are_counted_here(self, site: Site) -> None:
        before, asked = site.quota(), len(site.upstream.requests)
        with sdk(site) as client:
            assert client.models.count_tokens(model=GPT, contents="hello there").total_tokens > 1
        assert (site.quota(), len(site.upstream.requests)) == (before, asked)

    def test_in_the_form_of_vertex(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_reply("hi"))
        body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
        path = f"/v1beta1/projects/p/locations/l/publishers/google/models/{GPT}:generateContent"
        answer = post(site, path, body, authorization=f"Bearer {site.key}")
        assert answer.json()["candidates"][0]["content"]["parts"] == [{"text": "hi"}]

    def test_in_the_form_of_vertex_with_a_key(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_reply("hi"))
        http = types.HttpOptions(base_url=site.gateway.url, timeout=20_000, client_args={"verify": NO_TLS})
        with genai.Client(vertexai=True, api_key=site.key, http_options=http) as client:
            assert client.models.generate_content(model=GPT, contents="hi").text == "hi"


def post(site: Site, path: str, body: Any, **headers: str) -> httpx.Response:
    """A call without the SDK."""
    return httpx.post(site.gateway.url + path, json=body, headers=headers, timeout=20, verify=NO_TLS)


HELLO = {"contents": {"parts": [{"text": "hi"}]}}


class TestArrays:
    """Streams without ``alt=sse`` are JSON arrays."""

    def test_of_a_channel_of_the_same_format(self, gemini: Site) -> None:
        gemini.upstream.always(f"{BELOW}streamGenerateContent", sse(chunks("hel", "lo"), done=False))
        told = post(gemini, f"{BELOW}streamGenerateContent?key={gemini.key}", HELLO)
        assert told.headers["content-type"].startswith("application/json")
        first, last = told.json()
        assert first["candidates"][0]["content"]["parts"] == [{"text": "hel"}]
        assert last == answer("lo")
        assert gemini.last.query == "alt=sse"
        assert gemini.key.removeprefix("sk-") not in gemini.gateway.output()
        assert gemini.key.removeprefix("sk-") not in json.dumps(gemini.newest_charge())

    def test_of_a_channel_of_another_format(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_stream(["hel", "lo"]))
        told = post(site, f"/gemini/v1beta/models/{GPT}:streamGenerateContent?key={site.key}", HELLO).json()
        texts = [
            part["text"]
            for each in told
            for part in each["candidates"][0].get("content", {}).get("parts", ())
        ]
        assert "".join(texts) == "hello"

    def test_that_break_off(self, site: Site) -> None:
        site.upstream.always(CHAT, sse([chat_chunk({"role": "assistant", "content": "hel"})], done=False))
        path = f"/v1beta/models/{GPT}:streamGenerateContent"
        *_, last = post(site, path, HELLO, **{"x-goog-api-key": site.key}).json()
        assert list(last) == ["error"]


class TestModels:
    def test_pages(self, site: Site) -> None:
        with sdk(site) as client:
            names = [str(model.name) for model in client.models.list(config={"page_size": 2})]
            assert f"models/{GPT}" in names
            assert len(names) == len(set(names)) > 2
            found = client.models.get(model=GPT)
        assert found.supported_actions == ["generateContent", "countTokens"]

    def test_the_same_path_in_the_forms_of_other_apis(self, site: Site) -> None:
        assert site.client.models.list().data[0].object == "model"


class TestErrors:
    def test_a_wrong_key(self, site: Site) -> None:
        with sdk(site, api_key="sk-wrong") as client, pytest.raises(errors.ClientError) as caught:
            client.models.generate_content(model=GPT, contents="hi")
        assert (caught.value.code, caught.value.status) == (401, "UNAUTHENTICATED")

    def test_an_unknown_model(self, site: Site) -> None:
        with sdk(site) as client, pytest.raises(errors.ClientError) as caught:
            client.models.generate_content(model="gemini-none", contents="hi")
        assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
        assert "gemini-none" in str(caught.value.message)

    def test_a_spent_token(self, site: Site) -> None:
        key = site.admin.add_token(unlimited_quota=False, remain_quota=0)
        with sdk(site, api_key=key) as client, pytest.raises(errors.ClientError) as caught:
            client.models.generate_content(model=GPT, contents="hi")
        assert (caught.value.code, caught.value.status) == (403, "PERMISSION_DENIED")

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"contents": []}, "contents"),
            ({"contents": [{"parts": [1]}]}, "contents"),
            ({"contents": "hi"}, "contents"),
            ({"generationConfig": 1}, "generationConfig"),
            ({"generationConfig": {"maxOutputTokens": -1}}, "maxOutputTokens"),
            ({"cachedContent": "cachedContents/1"}, "cachedContent"),
            ({"tools": [{"googleSearch": {}}]}, "google_search"),
        ],
    )
    def test_requests_that_no_provider_could_serve(
        self, site: Site, fields: dict[str, Any], name: str
    ) -> None:
        body = {"contents": [{"parts": [{"text": "hi"}]}], **fields}
        asked = len(site.upstream.requests)
        told = post(site, f"/v1beta/models/{GPT}:generateContent", body, **{"x-goog-api-key": site.key})
        assert (told.status_code, told.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
        assert name in told.json()["error"]["message"]
        assert len(site.upstream.requests) == asked

    def test_an_unknown_verb(self, site: Site) -> None:
        told = post(site, f"/v1/models/{GPT}:predict", {}, **{"x-goog-api-key": site.key})
        assert (told.status_code, told.json()["error"]["status"]) == (404, "NOT_FOUND")


def test_a_silent_stream_is_kept_alive_by_blank_lines(tmp_path: Path, upstream: ProgrammableUpstream) -> None:
    """The SDK would read anything else as an invalid answer."""
    slow = sse(chunks("hel", "lo"), done=False).paused(0.7)
    upstream.always(f"{BELOW}streamGenerateContent", slow)
    with running(tmp_path, STREAM_HEARTBEAT="0.2") as gateway:
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, FLASH, type=GEMINI_TYPE)
        key = admin.add_token()
        http = types.HttpOptions(base_url=gateway.url, timeout=20_000, client_args={"verify": NO_TLS})
        with genai.Client(api_key=key, http_options=http) as client:
            told = list(client.models.generate_content_stream(model=FLASH, contents="hi"))
        url = f"{gateway.url}{BELOW}streamGenerateContent?alt=sse"
        got = httpx.post(url, json=HELLO, headers={"x-goog-api-key": key}, timeout=20, verify=NO_TLS).content
    assert "".join(chunk.text or "" for chunk in told) == "hello"
    assert got.count(b"\r\n\r\n") == 2
    assert got.count(b"\n\n") > 4


EMBEDDING = "text-embedding-3-small"


class TestEmbeddings:
    """The SDK always sends a batch; for Vertex AI, it sends instances."""

    @pytest.fixture
    def embedding(self, gemini: Site) -> Site:
        """The site with two embedding models: one in Google's own format, the other in OpenAI's."""
        if GOOGLES_EMBEDDING not in gemini.admin.call("GET", "/api/user/available_models"):
            gemini.admin.add_channel(
                gemini.upstream.url, GOOGLES_EMBEDDING, type=GEMINI_TYPE, key="AIza-operator", name="embeds"
            )
        return gemini

    def test_translated_and_billed_once(self, site: Site) -> None:
        data = [{"index": index, "embedding": [float(index), 0.5]} for index in (1, 0)]
        site.upstream.always(
            "/v1/embeddings", json_reply({"data": data, "usage": {"prompt_tokens": 9, "total_tokens": 9}})
        )
        before = site.charges()
        with sdk(site) as client:
            answer = client.models.embed_content(
                model=EMBEDDING,
                contents=["a", "b"],
                config=types.EmbedContentConfig(output_dimensionality=2, task_type="RETRIEVAL_QUERY"),
            )
        assert [each.values for each in answer.embeddings] == [[0.0, 0.5], [1.0, 0.5]]
        assert site.last.json() == {"model": EMBEDDING, "input": ["a", "b"], "dimensions": 2}
        assert site.newest_charge()["prompt_tokens"] == 9
        assert site.charges() == before + 1

    async def test_asynchronously_passed_through(self, embedding: Site) -> None:
        embedding.upstream.always(
            f"/v1beta/models/{GOOGLES_EMBEDDING}:batchEmbedContents",
            json_reply({"embeddings": [{"values": [0.25]}]}),
        )
        client = sdk(embedding, async_client_args={"verify": NO_TLS})
        answer = await client.aio.models.embed_content(model=GOOGLES_EMBEDDING, contents="hello")
        assert answer.embeddings[0].values == [0.25]
        asked = embedding.last.json()["requests"][0]
        assert asked["model"] == f"models/{GOOGLES_EMBEDDING}"
        assert (
            embedding.newest_charge()["prompt_tokens"] == 1
        )  # counted here, because the provider reports none

    @pytest.mark.parametrize("contents", ["hello", ["hello", "hello"]])
    def test_from_googles_cloud(self, site: Site, contents: Any) -> None:
        vectors = [[0.5]] * (1 if isinstance(contents, str) else 2)
        data = [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]
        site.upstream.always("/v1/embeddings", json_reply({"data": data, "usage": {"prompt_tokens": 2}}))
        http = types.HttpOptions(base_url=site.gateway.url, client_args={"verify": NO_TLS})
        with genai.Client(vertexai=True, api_key=site.key, http_options=http) as client:
            answer = client.models.embed_content(model=EMBEDDING, contents=contents)
        assert [each.values for each in answer.embeddings or ()] == vectors

    @pytest.mark.parametrize(
        ("verb", "fields", "said"),
        [
            ("batchEmbedContents", {}, "requests is required"),
            ("batchEmbedContents", {"requests": {"content": {}}}, "requests must be an array"),
            ("batchEmbedContents", {"requests": [1]}, "requests.0 must be an object"),
            ("batchEmbedContents", {"requests": [{"model": "models/gpt-4o"}]}, "requests.0.model must be"),
            ("embedContent", {"requests": [{}]}, "requests is not a field"),
            ("embedContent", {"content": "hello"}, "content must be an object"),
            ("embedContent", {"content": {"parts": [{"text": "a"}] * 2}}, "several parts"),
        ],
    )
    def test_invalid_requests_are_refused_by_name_and_cost_nothing(
        self, site: Site, verb: str, fields: dict[str, Any], said: str
    ) -> None:
        before = site.quota()
        answer = httpx.post(
            f"{site.gateway.url}/v1beta/models/{EMBEDDING}:{verb}",
            headers={"x-goog-api-key": site.key},
            json=fields,
        )
        error = answer.json()["error"]
        assert (answer.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
        assert said in error["message"]
        assert not site.upstream.requests
        assert site.quota() == before

    def test_an_embedding_model_is_listed_as_one(self, site: Site) -> None:
        with sdk(site) as client:
            assert "embedContent" in client.models.get(model=EMBEDDING).supported_actions
