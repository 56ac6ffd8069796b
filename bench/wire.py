"""The request and the answer of a measurement, known to both the upstream and the client.

Every request carries a number, and its answer must carry the same. Streamed chunks carry the time at which they were
sent (CLOCK_MONOTONIC, which all processes of a machine share), so that the client can measure their delay.
"""

from __future__ import annotations

import re

MODEL = "gpt-4o-mini"
PATH = "/v1/chat/completions"
UPSTREAM_KEY = "sk-upstream"

PROMPT_TOKENS = 400
COMPLETION_TOKENS = 300
#: Quota units of one request: gpt-4o-mini's ratio is 0.075, its completion ratio 4.
PRICE = 120

NUMBER_DIGITS = 12
#: In requests: ``bench/<number>/<chunks>/<gap in ms>/``; the last two are for streams only.
ORDER = re.compile(rb"bench/(\d{12})/(\d+)/(\d+)/")
#: In chunks: ``at/<CLOCK_MONOTONIC in ns>``.
STAMP = re.compile(rb"at/(\d{19})")
STAMP_FORMAT = "at/%019d"
USAGE_SEEN = re.compile(rb'"completion_tokens": ?%d\b' % COMPLETION_TOKENS)

_WORDS = "In a closed loop every answer is awaited before the next question is asked of the line, and so on. "
#: The answer's text after the number; plain ASCII, so that no re-encoding changes it.
ANSWER_TEXT = (_WORDS * 12)[:1180]
_QUESTION = (_WORDS * 14)[:1370]

#: Repeated in large prompts: 2 kB with escaped line ends and quotes, like the files that agents send.
_MESSAGE = ',{"role":"user","content":"' + (_WORDS + r"\n\"") * 19 + '"}'

_USAGE = (
    f'"usage":{{"prompt_tokens":{PROMPT_TOKENS},"completion_tokens":{COMPLETION_TOKENS},'
    f'"total_tokens":{PROMPT_TOKENS + COMPLETION_TOKENS}}}'
)


def request_parts(
    *, stream: bool, chunks: int = 0, gap_ms: int = 0, prompt_bytes: int = 0
) -> tuple[bytes, bytes]:
    """A request body of 1.5 kB, in two parts: before and after its number."""
    before = f'{{"model":"{MODEL}","messages":[{{"role":"user","content":"bench/'
    after = (
        f'/{chunks}/{gap_ms}/ {_QUESTION}"}}{_MESSAGE * (prompt_bytes // len(_MESSAGE))}],"temperature":0.7'
    )
    after += ',"stream":true,"stream_options":{"include_usage":true}}' if stream else "}"
    return before.encode(), after.encode()


def answer_parts() -> tuple[bytes, bytes]:
    """A complete answer of 1.5 kB with its usage, in two parts: before and after its number."""
    before = (
        f'{{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"{MODEL}","choices":'
        '[{"index":0,"message":{"role":"assistant","content":"'
    )
    after = f' {ANSWER_TEXT}"}},"logprobs":null,"finish_reason":"stop"}}],{_USAGE},"system_fingerprint":"fp_bench"}}'
    return before.encode(), after.encode()


def chunk_event(delta: str, finish: str = "null") -> bytes:
    """One event of a stream; ``delta`` and ``finish`` are JSON."""
    return (
        f'data: {{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"{MODEL}",'
        f'"choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}]}}\n\n'
    ).encode()


def usage_event() -> bytes:
    """The event that OpenAI sends last when the client asked for usage."""
    return (
        f'data: {{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"{MODEL}",'
        f'"choices":[],{_USAGE}}}\n\n'
    ).encode()


DONE_EVENT = b"data: [DONE]\n\n"
