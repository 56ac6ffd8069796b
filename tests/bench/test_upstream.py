"""The rig's upstream speaks OpenAI's format."""

from __future__ import annotations

import pytest
from openai import AsyncOpenAI, NotFoundError

from bench import wire


def client(port: int) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0)


def question(chunks: int = 0) -> str:
    return f"bench/000000000007/{chunks}/0/ how?"


async def test_a_whole_answer_carries_the_number_and_the_usage(upstream_port: int) -> None:
    async with client(upstream_port) as openai:
        answer = await openai.chat.completions.create(
            model=wire.MODEL, messages=[{"role": "user", "content": question()}]
        )
    assert answer.choices[0].message.content == f"000000000007 {wire.ANSWER_TEXT}"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (400, 300)


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_stream_has_the_chunks_asked_for_and_usage_on_demand(
    upstream_port: int, *, wanted: bool
) -> None:
    async with client(upstream_port) as openai:
        stream = await openai.chat.completions.create(
            model=wire.MODEL,
            messages=[{"role": "user", "content": question(5)}],
            stream=True,
            stream_options={"include_usage": wanted} if wanted else {},
        )
        chunks = [chunk async for chunk in stream]
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert texts[0] == "000000000007"
    assert sum("at/" in text for text in texts) == 5
    assert [chunk.usage is not None for chunk in chunks[-2:]] == [False, wanted]


async def test_another_path_is_not_found(upstream_port: int) -> None:
    async with client(upstream_port) as openai:
        with pytest.raises(NotFoundError):
            await openai.embeddings.create(model=wire.MODEL, input=question())
