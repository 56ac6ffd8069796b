"""Counting with the tables that come with the program."""

import asyncio
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiktoken

from oneapi.adapters.tokenizer import TiktokenCounter, file_name
from oneapi.data import ENCODINGS, traits_of
from oneapi.domain.requests import RelayRequest
from oneapi.domain.work import Work

SAMPLES = [
    "hello world",
    "The quick brown fox's 12345 jumps,  over\n\n  the lazy dog!  ",
    "def f(x):\n        return x ** 2\r\n",
    "你好，世界。こんにちは 안녕하세요 Привет",
    "👩‍👩‍👧 naïve ﬁ \u00a0\u2028 e\u0301",
    "<|endoftext|> is plain text, and so is <|fim_prefix|>",
    "",
]


P50K_TABLE = file_name("https://openaipublic.blob.core.windows.net/encodings/p50k_base.tiktoken")


@pytest.fixture(scope="module")
def counter() -> Iterator[TiktokenCounter]:
    made = TiktokenCounter(ENCODINGS, lambda: False)
    yield made
    made.close()


def asked(**fields: Any) -> RelayRequest:
    return RelayRequest(Work.CONVERSE, "openai_chat", "m", b"", fields)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4o", "o200k_base"),
        ("gpt-4o-mini-2024-07-18", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-3.5-turbo-0125", "cl100k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        ("claude-3-opus-20240229", "cl100k_base"),
        ("qwen-plus", "cl100k_base"),
        ("", "cl100k_base"),
        ("text-davinci-003", "p50k_base"),
        ("code-davinci-edit-001", "p50k_base"),
        ("davinci", "r50k_base"),
        ("davinci-002", "cl100k_base"),
        ("text-ada-001", "r50k_base"),
        ("text-search-ada-doc-001", "r50k_base"),
    ],
)
def test_which_encoding_a_model_has(model: str, name: str) -> None:
    assert traits_of(model).encoding == name


@pytest.mark.parametrize("model", ["gpt-4", "gpt-4o", "text-davinci-003"])
async def test_counts_are_those_of_tiktoken(
    counter: TiktokenCounter, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(ENCODINGS))
    oracle = tiktoken.get_encoding(traits_of(model).encoding)
    for text in SAMPLES:
        assert await counter.count_text(text, model) == len(oracle.encode(text, disallowed_special=()))


async def test_the_oldest_encoding_has_no_token_for_several_blanks(counter: TiktokenCounter) -> None:
    assert await counter.count_text("Hello world, this is a test.", "davinci") == 8
    assert await counter.count_text(" " * 8 + "x", "davinci") == 8
    assert await counter.count_text(" " * 8 + "x", "text-davinci-003") == 2


async def test_a_prompt(counter: TiktokenCounter) -> None:
    messages = [{"role": "system", "content": "You are helpful."}, {"role": "user", "content": "hello world"}]
    assert await counter.count_prompt(asked(messages=messages), "gpt-4") == (3 + 1 + 4) + (3 + 1 + 2) + 3


async def test_pictures_by_their_size_where_they_bring_it(counter: TiktokenCounter) -> None:
    gif = "data:image/gif;base64,R0lGODlhAAIBAgAAACw="  # 512 x 513
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in (gif, "https://example.com/a.png")]
    counted = await counter.count_prompt(asked(messages=[{"role": "user", "content": parts}]), "gpt-4o")
    assert counted == 3 + 1 + 3 + (85 + 2 * 170) + 85


async def test_the_approximation_needs_no_encoding(tmp_path: Path) -> None:
    counter = TiktokenCounter(tmp_path, lambda: True)
    assert await counter.count_text("hello", "gpt-4") == 1
    assert await counter.count_text("汉字" * 10, "gpt-4") == 22
    assert await counter.count_prompt(asked(messages=[{"role": "user", "content": "hello"}]), "gpt-4") == 8


@pytest.mark.parametrize("content", [None, b"", b"not a table"])
async def test_a_folder_without_a_sound_table_is_passed_over(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / P50K_TABLE).write_bytes(content)
    counter = TiktokenCounter(tmp_path, lambda: False)
    assert await counter.count_text("hello world", "text-davinci-003") == 2
    counter.close()


async def test_a_table_in_the_folder_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ENCODINGS / P50K_TABLE, tmp_path)
    monkeypatch.setattr("oneapi.adapters.tokenizer.ENCODINGS", tmp_path / "nowhere")
    counter = TiktokenCounter(tmp_path, lambda: False)
    assert await counter.count_text("hello world", "text-davinci-003") == 2
    counter.close()


async def test_cutting_a_long_text_does_not_change_its_count(
    counter: TiktokenCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(ENCODINGS))
    draw = random.Random(3)
    text = " ".join("".join(draw.choices("etaoinshrdlu", k=draw.randrange(1, 12))) for _ in range(8000))
    exact = len(tiktoken.get_encoding("cl100k_base").encode(text, disallowed_special=()))
    assert await counter.count_text(text, "gpt-4") == exact


async def test_a_very_long_text_is_counted_by_samples(counter: TiktokenCounter) -> None:
    once = await counter.count_text("The quick brown fox jumps. " * 10_000, "gpt-4")
    many = await counter.count_text("The quick brown fox jumps. " * 200_000, "gpt-4")
    assert many == pytest.approx(20 * once, rel=0.01)


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "汉" * 1_000_000, " " * 1_000_000, random.Random(4).randbytes(500_000).hex()],
    ids=["one character", "chinese", "blanks", "random"],
)
async def test_a_megabyte_does_not_stop_the_loop(counter: TiktokenCounter, text: str) -> None:
    counter.load(["cl100k_base"])
    stalls = [0.0]

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            stalls.append(time.perf_counter() - before)

    watching = asyncio.create_task(watch())
    counts = await asyncio.gather(*(counter.count_text(text, "gpt-4") for _ in range(2)))
    watching.cancel()
    assert counts[0] > 5000
    assert sorted(stalls)[-2] < 0.1  # the longest may be another process's fault


async def test_a_query_counts_with_each_document_and_a_picture_as_a_small_one(
    counter: TiktokenCounter,
) -> None:
    fields = {"query": "red red red", "documents": ["blue", {"text": "blue blue", "image": "data:blue"}, 1]}
    request = RelayRequest(Work.RERANK, "rerank_v1", "m", b"", fields)
    assert await counter.count_prompt(request, "m") == 3 * 3 + 1 + 2 + 85


async def test_the_vectors_of_a_batch_count_by_their_texts(counter: TiktokenCounter) -> None:
    texts = [{"content": {"parts": [{"text": text}]}} for text in ("red", "blue blue")]
    for fields, tokens in (
        ({"requests": [*texts, {"content": {"parts": [{"inlineData": {}}]}}, 1]}, 3),
        (texts[1], 2),
        ({"instances": [{"content": "red"}, {"content": 1}, "red"]}, 1),
    ):
        request = RelayRequest(Work.EMBED, "gemini", "m", b"", fields)
        assert await counter.count_prompt(request, "m") == tokens
