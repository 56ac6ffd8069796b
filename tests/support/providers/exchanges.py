"""Recorded exchanges with providers (``tests/exchanges``): loading them, and comparing them with the gateway.

A case holds the client's request, the request that the upstream must receive, the upstream's answer, and the answer
that the client must get. ``"<any>"`` matches any value, ``"<local>"`` any count made by the gateway; numbers are equal
by value, so ``1 == 1.0``. In headers ``"<absent>"`` stands for a header that must not be sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parents[2] / "exchanges"

Case = dict[str, Any]


def load(provider: str) -> dict[str, Any]:
    """One file of recorded exchanges."""
    loaded: dict[str, Any] = json.loads((DIRECTORY / f"{provider}.json").read_text())
    return loaded


def chat_cases(provider: str) -> list[Case]:
    """The recorded conversations that the upstream accepted."""
    return [
        case
        for case in load(provider)["cases"]
        if case["client_request"]["path"] == "/v1/chat/completions"
        and case.get("upstream_response", {}).get("status") == 200
    ]


def matches(expected: Any, actual: Any) -> bool:
    """JSON equality, with the marks of the fixtures."""
    if expected == "<any>":
        return True
    if expected == "<local>":
        return isinstance(actual, int) and not isinstance(actual, bool) and actual >= 0
    if isinstance(expected, Mapping):
        return (
            isinstance(actual, Mapping)
            and expected.keys() == actual.keys()
            and all(matches(value, actual[key]) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(actual, list) and len(expected) == len(actual) and all(map(matches, expected, actual))
        )
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return bool(expected == actual)


def stream_bytes(lines: Sequence[str]) -> bytes:
    """The recorded lines of a stream, unchanged."""
    return "".join(f"{line}\n" for line in lines).encode()


def payloads(stream: bytes) -> list[Any]:
    """The data of each event of a stream in OpenAI's format; ``[DONE]`` is a string."""
    found = [line.removeprefix("data: ") for line in stream.decode().split("\n") if line.startswith("data: ")]
    return [text if text == "[DONE]" else json.loads(text) for text in found]


def summary(events: Sequence[Any]) -> dict[str, Any]:
    """The answer that a client reads from a stream in OpenAI's format, without empty members but ``finish_reason``."""
    told: dict[str, Any] = {"content": "", "reasoning_content": "", "finish_reason": None}
    calls: dict[int, dict[str, str]] = {}
    for event in events:
        if not isinstance(event, dict):
            continue
        if event.get("usage"):
            told["usage"] = event["usage"]
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            told["content"] += delta.get("content") or ""
            told["reasoning_content"] += delta.get("reasoning_content") or ""
            if choice.get("finish_reason"):
                assert told["finish_reason"] is None, "finish_reason stands in more than one chunk"
                told["finish_reason"] = choice["finish_reason"]
            for piece in delta.get("tool_calls") or ():
                call = calls.setdefault(piece["index"], {"id": "", "name": "", "arguments": ""})
                call["id"] += piece.get("id") or ""
                for name in ("name", "arguments"):
                    call[name] += (piece.get("function") or {}).get(name) or ""
    told["tool_calls"] = [call for _, call in sorted(calls.items())]
    return {name: value for name, value in told.items() if value or name == "finish_reason"}


def same_summary(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    """Absent and empty members are the same."""
    return matches(
        {name: value for name, value in expected.items() if value or name == "finish_reason"}, actual
    )
