"""Counting tokens with tiktoken, from tables that come with the program: no network, ever."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import tiktoken

from oneapi.adapters.images import image_size
from oneapi.domain.counting import image_tokens, read_prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from oneapi.domain.requests import RelayRequest

#: Longer texts are counted on a thread: this many characters take well under a millisecond.
INLINE = 4_000
#: tiktoken's time grows faster than the text where it finds no place to cut.
SLICE = 4_000
#: Of one byte of text, where ``ApproximateTokenEnabled``.
APPROXIMATE = 0.38
R50K_RANKS = 50_256
OLD_MODELS = frozenset(
    {"text-davinci-001", "text-curie-001", "text-babbage-001", "text-ada-001", "davinci", "curie", "babbage", "ada"}
)


class TiktokenCounter:
    """Implements ``TokenCounter``. ``folder`` holds the encodings, under the names of tiktoken's own cache."""

    def __init__(self, folder: Path, approximate: Callable[[], bool]) -> None:
        self._folder = folder
        self._approximate = approximate
        self._encodings: dict[str, tiktoken.Encoding] = {}
        self._loading = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="tokenizer")

    async def count_text(self, text: str, model: str) -> int:
        return await self._count([text], model)

    async def count_prompt(self, request: RelayRequest, model: str) -> int:
        counted = read_prompt(request)
        images = sum(image_tokens(image_size(url), detail, model) for url, detail in counted.images)
        return counted.tokens + images + await self._count(counted.texts, model)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _count(self, texts: list[str], model: str) -> int:
        if self._approximate():
            return sum(int(len(text.encode(errors="replace")) * APPROXIMATE) for text in texts)
        name = encoding_name(model)
        if name in self._encodings and sum(map(len, texts)) <= INLINE:
            return self._count_now(texts, name)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._count_now, texts, name)

    def _count_now(self, texts: list[str], name: str) -> int:
        encoding = self._encoding(name)
        return sum(len(encoding.encode(piece, disallowed_special=())) for text in texts for piece in _slices(text))

    def _encoding(self, name: str) -> tiktoken.Encoding:
        with self._loading:
            found = self._encodings.get(name)
            if found is None:
                found = self._encodings[name] = self._load(name)
            return found

    def _load(self, name: str) -> tiktoken.Encoding:
        os.environ["TIKTOKEN_CACHE_DIR"] = str(self._folder)  # tiktoken takes its folder from nowhere else
        if name != "r50k_base":
            return tiktoken.get_encoding(name)
        larger = tiktoken.get_encoding("p50k_base")
        ranks = {token: rank for token, rank in larger._mergeable_ranks.items() if rank < R50K_RANKS}  # noqa: SLF001
        return tiktoken.Encoding(
            "r50k_base",
            pat_str=larger._pat_str,  # noqa: SLF001  # the same in both
            mergeable_ranks=ranks,
            special_tokens={"<|endoftext|>": R50K_RANKS},
        )


def encoding_name(model: str) -> str:
    """The encoding of ``model``; an unknown one is counted as GPT-4 counts."""
    if model.startswith("gpt-3.5") or (model.startswith("gpt-4") and not model.startswith(("gpt-4o", "gpt-4.1", "gpt-4.5"))):
        return "cl100k_base"
    if model in OLD_MODELS or model.startswith(("text-similarity-", "text-search-", "code-search-")):
        return "r50k_base"
    try:
        return tiktoken.encoding_name_for_model(model)
    except KeyError:
        return "cl100k_base"


def _slices(text: str) -> Iterator[str]:
    text = text.encode(errors="replace").decode() if not text.isascii() else text
    for start in range(0, len(text), SLICE):
        yield text[start : start + SLICE]
