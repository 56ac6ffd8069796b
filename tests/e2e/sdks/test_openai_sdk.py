"""The real ``openai`` SDK against a running server: everything that clients do with OpenAI works and is billed."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.e2e.conftest import CLAUDE
from tests.support.providers.messages import message_reply
from tests.support.providers.upstream import (
    chat_chunk,
    chat_reply,
    chat_stream,
    embeddings_reply,
    image_reply,
    json_reply,
    reply,
    sse,
)

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

HELLO: list[Any] = [{"role": "user", "content": "hello"}]
WEATHER: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "the weather of a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]
PIXEL = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()


def test_chat(site: Site) -> None:
    site.upstream.always("/v1/chat/completions", chat_reply("hi there", prompt_tokens=9, completion_tokens=3))
    answer = site.client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert answer.choices[0].message.content == "hi there"
    row = site.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"], row["model_name"]) == (9, 3, "gpt-4o")
    assert row["quota"] == 53  # ceil((9 + 3 * 4) * 2.5)


async def test_chat_async(site: Site) -> None:
    site.upstream.always("/v1/chat/completions", chat_reply("hi", prompt_tokens=1, completion_tokens=1))
    async with site.async_client() as client:
        answer = await client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert answer.choices[0].message.content == "hi"


def test_sampling_parameters_that_an_anthropic_model_refuses_are_left_out(claude: Site) -> None:
    claude.upstream.always("/v1/messages", message_reply())
    answer = claude.client.chat.completions.create(
        model=CLAUDE, messages=[{"role": "user", "content": "hello"}], temperature=0.7
    )
    assert answer.choices[0].message.content == "hi there"
    assert "temperature" not in claude.last.json()
    assert claude.last.header("anthropic-version") == "2023-06-01"


def test_stream(site: Site) -> None:
    site.upstream.always("/v1/chat/completions", chat_stream(["one ", "two ", "three"], usage=(7, 4)))
    chunks = list(site.client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))
    assert (
        "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "one two three"
    )
    row = site.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"], row["is_stream"]) == (7, 4, True)


def test_stream_with_usage(site: Site) -> None:
    site.upstream.always("/v1/chat/completions", chat_stream(["one"], usage=(7, 4)))
    chunks = list(
        site.client.chat.completions.create(
            model="gpt-4o", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (7, 4)


async def test_stream_async(site: Site) -> None:
    site.upstream.always("/v1/chat/completions", chat_stream(["a", "b"], usage=(1, 2)))
    async with site.async_client() as client:
        stream = await client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
    assert text == "ab"


def test_stream_without_usage_is_counted(site: Site) -> None:
    site.upstream.always("/v1/chat/completions", chat_stream(["hello ", "world"], usage=None))
    list(site.client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))
    row = site.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"]) == (8, 2)


def test_tools(site: Site) -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
    }
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    site.upstream.always("/v1/chat/completions", chat_reply(choices=[choice]))
    answer = site.client.chat.completions.create(model="gpt-4o", messages=HELLO, tools=WEATHER)
    calls = answer.choices[0].message.tool_calls
    assert calls
    assert calls[0].function.name == "weather"  # type: ignore[union-attr]
    assert site.last.json()["tools"] == WEATHER


def test_images_in(site: Site) -> None:
    content = [
        {"type": "text", "text": "what is it?"},
        {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
    ]
    site.upstream.always("/v1/chat/completions", chat_reply("a dot", prompt_tokens=90, completion_tokens=2))
    messages: list[Any] = [{"role": "user", "content": content}]
    site.client.chat.completions.create(model="gpt-4o", messages=messages)
    assert site.last.json()["messages"] == messages


def test_unknown_fields_pass_both_ways(site: Site) -> None:
    site.upstream.always("/v1/chat/completions", chat_reply("x", of_tomorrow=[1, 2]))
    answer = site.client.chat.completions.create(
        model="gpt-4o", messages=HELLO, extra_body={"new_thing": {"deep": 12345678901234567890}}, seed=0
    )
    assert answer.of_tomorrow == [1, 2]  # type: ignore[attr-defined]
    sent = site.last.json()
    assert sent["new_thing"] == {"deep": 12345678901234567890}
    assert sent["seed"] == 0


def test_legacy_completions(site: Site) -> None:
    said = {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1,
        "model": "gpt-3.5-turbo-instruct",
        "choices": [{"index": 0, "text": "said", "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    }
    site.upstream.always("/v1/completions", json_reply(said))
    answer = site.client.completions.create(model="gpt-3.5-turbo-instruct", prompt="say")
    assert answer.choices[0].text == "said"
    assert site.newest_charge()["prompt_tokens"] == 3


def test_embeddings(site: Site) -> None:
    site.upstream.always("/v1/embeddings", embeddings_reply(prompt_tokens=90, dimensions=2))
    answer = site.client.embeddings.create(model="text-embedding-3-small", input=["hello"])
    assert answer.data[0].embedding == [1.0, 0.5]
    row = site.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"]) == (90, 0)


def test_moderations(site: Site) -> None:
    verdict = {"id": "modr-1", "model": "text-moderation-stable", "results": [{"flagged": False}]}
    site.upstream.always("/v1/moderations", json_reply(verdict))
    answer = site.client.moderations.create(input=["hello there", "and more"])
    assert answer.id == "modr-1"
    assert site.newest_charge()["prompt_tokens"] > 0


def test_images(site: Site) -> None:
    site.upstream.always("/v1/images/generations", image_reply())
    answer = site.client.images.generate(model="dall-e-3", prompt="a cat", quality="hd", size="1792x1024")
    assert answer.data
    assert answer.data[0].url
    assert site.newest_charge()["quota"] == 60_000


def test_speech(site: Site) -> None:
    site.upstream.always("/v1/audio/speech", reply(b"ID3-sound", headers={"Content-Type": "audio/mpeg"}))
    answer = site.client.audio.speech.create(model="tts-1", voice="alloy", input="你好 hello")
    assert answer.read() == b"ID3-sound"
    assert site.newest_charge()["quota"] == 60  # 8 characters at ratio 7.5


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the SDK's translations
@pytest.mark.parametrize("translate", [False, True])
def test_transcriptions(site: Site, *, translate: bool) -> None:
    path = "translations" if translate else "transcriptions"
    site.upstream.always(f"/v1/audio/{path}", json_reply({"text": "hello world"}))
    resource: Any = getattr(site.client.audio, path)
    answer = resource.create(model="whisper-1", file=("a.mp3", b"sound"))
    assert answer.text == "hello world"
    assert site.newest_charge()["quota"] == 30  # two tokens at ratio 15
    assert b"sound" in site.last.body


def test_models(site: Site) -> None:
    names = [model.id for model in site.client.models.list()]
    assert "gpt-4o" in names
    assert len(names) == len(set(names))
    assert site.client.models.retrieve("gpt-4o").owned_by == "openai"
    with pytest.raises(openai.NotFoundError):
        site.client.models.retrieve("no/such")


def test_wrong_key(site: Site) -> None:
    client = site.client.with_options(api_key="sk-wrong")
    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert "无效的令牌 (request id: 20" in str(caught.value)


def test_a_model_that_no_channel_serves(site: Site) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        site.client.chat.completions.create(model="nobody-has-it", messages=HELLO)
    assert caught.value.status_code == 503


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, openai.BadRequestError), (429, openai.RateLimitError), (500, openai.InternalServerError)],
)
def test_upstream_errors_keep_their_status(
    site: Site, status: int, kind: type[openai.APIStatusError]
) -> None:
    error = {
        "error": {"message": "as the provider says", "type": "its_type", "param": None, "code": "its_code"}
    }
    site.upstream.always("/v1/chat/completions", json_reply(error, status=status))
    before = site.quota()
    with pytest.raises(kind) as caught:
        site.client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert caught.value.code == "its_code"
    assert site.quota() == before


def test_error_inside_a_stream(site: Site) -> None:
    events: list[Any] = [
        chat_chunk({"content": "hello"}),
        {"error": {"message": "overloaded", "type": "server_error", "code": None}},
    ]
    site.upstream.always("/v1/chat/completions", sse(events, done=False).paused(0.05))
    seen = []
    with pytest.raises(openai.APIError, match="overloaded"):  # noqa: PT012  # the error comes with the second chunk
        for chunk in site.client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True):
            seen += [chunk.choices[0].delta.content]
    assert seen == ["hello"]
    row = site.newest_charge()
    assert row["completion_tokens"] == 1
    assert row["end_cause"] == "upstream_failed"
