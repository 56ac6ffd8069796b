"""Counting tokens with tiktoken, from tables shipped with the program; it never uses the network."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from types import FunctionType
from typing import TYPE_CHECKING

from oneapi.adapters.dialects import REQUEST_FORMATS
from oneapi.adapters.images import image_size
from oneapi.data import ENCODINGS, traits_of
from oneapi.domain.counting import image_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import tiktoken

    from oneapi.domain.requests import RelayRequest

#: Texts with more characters are counted on a thread; this many take a millisecond at worst.
INLINE = 4_000
#: The most characters counted in one piece, because tiktoken needs more than linear time for text that it cannot split.
PIECE = 4_000
#: Of texts with more characters, only evenly spread pieces are counted, and the total is extrapolated.
SAMPLED = 1_000_000
#: Tokens per byte of text if ``ApproximateTokenEnabled`` is set.
APPROXIMATE = 0.38


#: r50k_base has the pattern of p50k_base, and this many of the first ranks of its table.
R50K_RANKS = 50_256


class TiktokenCounter:
    """Implements ``TokenCounter``. A valid file in ``folder`` takes precedence over the one shipped."""

    def __init__(self, folder: Path, approximate: Callable[[], bool]) -> None:
        self._folder = folder
        self._approximate = approximate
        self._encodings: dict[str, tiktoken.Encoding] = {}
        self._loading = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="tokenizer")

    def load(self, names: Iterable[str] = ("o200k_base", "cl100k_base")) -> None:
        """Build encodings before the first request: each blocks all threads for 0.1 to 0.2 s."""
        for name in names:
            self._encoding(name)

    async def count_text(self, text: str, model: str) -> int:
        return await self._count([text], model)

    async def count_prompt(self, request: RelayRequest, model: str) -> int:
        """The prompt tokens as OpenAI documents them; linked images are not fetched, and count only their base."""
        counted = REQUEST_FORMATS[request.dialect].read_prompt(request.work, request.fields)
        costs = traits_of(model).image_tokens
        images = sum(image_tokens(image_size(url), detail, costs) for url, detail in counted.images)
        tokens = counted.tokens + images + await self._count(counted.texts, model)
        for text, times in counted.repeated:
            tokens += times * await self._count([text], model)
        return tokens

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _count(self, texts: list[str], model: str) -> int:
        if self._approximate():
            return sum(int(len(text.encode(errors="replace")) * APPROXIMATE) for text in texts)
        name = traits_of(model).encoding
        if name in self._encodings and sum(map(len, texts)) <= INLINE:
            return self._count_now(texts, name)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._count_now, texts, name)

    def _count_now(self, texts: list[str], name: str) -> int:
        encode = self._encoding(name).encode_ordinary  # special tokens in a text count as text
        pieces = [piece for text in texts for piece in _pieces(text)]
        total = sum(map(len, pieces))
        if total <= SAMPLED:
            return sum(len(encode(piece)) for piece in pieces)
        sample = pieces[:: -(-total // SAMPLED)]
        tokens = sum(len(encode(piece)) for piece in sample)
        return -(-tokens * total // max(1, sum(map(len, sample))))

    def _encoding(self, name: str) -> tiktoken.Encoding:
        with self._loading:
            found = self._encodings.get(name)
            if found is None:
                found = self._encodings[name] = self._build(name)
            return found

    def _build(self, name: str) -> tiktoken.Encoding:
        import tiktoken  # noqa: PLC0415  # takes 0.1 s, which a start should not wait for
        from tiktoken_ext import openai_public  # type: ignore[import-untyped]  # noqa: PLC0415

        recipe = getattr(openai_public, "p50k_base" if name == "r50k_base" else name)
        # tiktoken's constructor would download its table; here it runs with our loader.
        parts = FunctionType(recipe.__code__, {**vars(openai_public), "load_tiktoken_bpe": self._ranks})()
        ranks = parts["mergeable_ranks"]
        if name == "r50k_base":
            ranks = {token: rank for token, rank in ranks.items() if rank < R50K_RANKS}
        built = tiktoken.Encoding(name, pat_str=parts["pat_str"], mergeable_ranks=ranks, special_tokens={})
        # The core has copied the ranks. They are kept only for pickling, and are a third of the memory: 40 MB for two.
        built._mergeable_ranks = {}  # noqa: SLF001
        return built

    def _ranks(self, url: str, expected_hash: str) -> dict[bytes, int]:
        lines = BytesIO(self._read(url, expected_hash))
        return {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, lines)}

    def _read(self, url: str, sha256: str) -> bytes:
        try:
            data = (self._folder / file_name(url)).read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
        return (ENCODINGS / file_name(url)).read_bytes()


def file_name(url: str) -> str:
    """The name of the file in which tiktoken caches ``url``."""
    return hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()


def _pieces(text: str) -> Iterator[str]:
    """Split ``text``, before a space if there is one, because tokens start with the space before their word."""
    start, size = 0, len(text)
    while size - start > PIECE:
        cut = text.rfind(" ", start + PIECE // 2, start + PIECE)
        end = cut if cut > 0 else start + PIECE
        yield text[start:end]
        start = end
    yield text[start:]
