"""The page of the channel types: what each is, and what a recorded exchange shows that it can do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.providers.catalog import SPECS
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from oneapi.adapters.providers.specs import ProviderSpec

EXCHANGES = Path(__file__).parents[1] / "tests" / "exchanges"
INTRODUCTION = """\
The channel types that this release serves. A channel may bring a base URL of its own. Where the last column is empty
the key is one word.

Types that speak OpenAI's format get the client's bytes as they are, and give theirs back: whatever the provider offers
in that format works. For the others the second table says what the translation carries; each mark has a recorded
exchange behind it, which the tests replay (`tests/exchanges`)."""
OPENAI = "openai_chat"


def _messages(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for message in body.get("messages") or ():
        content = message.get("content")
        yield from content if isinstance(content, list) else ()


#: Column -> whether a request that was answered shows it.
SHOWN: dict[str, Callable[[str, dict[str, Any]], bool]] = {
    "chat": lambda path, body: path == PATHS[Work.CONVERSE] and not body.get("stream"),
    "streamed": lambda path, body: path == PATHS[Work.CONVERSE] and bool(body.get("stream")),
    "tools": lambda _, body: bool(body.get("tools")),
    "tool results": lambda _, body: any(each.get("role") == "tool" for each in body.get("messages") or ()),
    "images in": lambda _, body: any(part.get("type") == "image_url" for part in _messages(body)),
    "JSON": lambda _, body: bool(body.get("response_format")) and "messages" in body,
    "reasoning": lambda _, body: bool(body.get("reasoning_effort")),
    "completions": lambda path, _: path == PATHS[Work.COMPLETE],
    "embeddings": lambda path, _: path == PATHS[Work.EMBED],
    "images out": lambda path, _: path == PATHS[Work.DRAW],
}


def providers_page(note: str) -> str:
    lines = ["# Providers", "", note, INTRODUCTION, ""]
    lines += ["| type | provider | speaks | base URL | key |", "|---|---|---|---|---|"]
    lines += [_row(number, spec) for number, spec in sorted(SPECS.items())]
    lines += ["", "## What translations carry", ""]
    lines += [f"| type | provider | {' | '.join(SHOWN)} |", "|---|---|" + "---|" * len(SHOWN)]
    able = capabilities()
    for number, spec in sorted(SPECS.items()):
        if spec.dialect not in (OPENAI, "") or spec.procedures:
            marks = ["yes" if column in able.get(number, set()) else "" for column in SHOWN]
            lines.append(f"| {number} | {spec.name} | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"


def capabilities() -> dict[int, set[str]]:
    """By channel type, what its recorded exchanges show."""
    found: dict[int, set[str]] = {}
    for file in sorted(EXCHANGES.glob("*.json")):
        recorded = json.loads(file.read_text(encoding="utf-8"))
        able = found.setdefault(recorded["channel"]["type"], set())
        for case in recorded["cases"]:
            if case["client_response"]["status"] == 200:
                asked = case["client_request"]
                path = asked["path"].removeprefix("/v1")
                able |= {column for column, shows in SHOWN.items() if shows(path, asked["body"])}
    return found


def _row(number: int, spec: ProviderSpec) -> str:
    base = f"`{spec.base_url}`" if spec.base_url else "the region's" if spec.host else "the channel's"
    speaks = "OpenAI" if spec.dialect == OPENAI else spec.dialect or "as the client"
    hint = spec.key_hint.replace("|", "\\|")
    return f"| {number} | [{spec.name}]({spec.docs}) | {speaks} | {base} | {hint} |"
