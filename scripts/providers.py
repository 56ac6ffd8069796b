"""The reference page of channel types: their rows, and the features that recorded exchanges prove."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI
from oneapi.adapters.dialects.responses.wire import NAME as RESPONSES
from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.providers.rows.reranking import SETTING
from oneapi.domain.requests import RAW
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from oneapi.adapters.providers.offers import Offer
    from oneapi.adapters.providers.specs import ProviderSpec

EXCHANGES = Path(__file__).parents[1] / "tests" / "exchanges"
INTRODUCTION = """\
The channel types that this release serves. A channel may have its own base URL. If the last column is empty, the key is
one word.

The column *speaks* lists the formats of a type's conversations; the first is for clients whose own format is not
listed. For clients of a listed format, bytes pass unchanged in both directions, so everything that the provider offers
in that format works. For other clients, the last table shows what the translation carries; behind each mark is a
recorded exchange that the tests replay (`tests/exchanges`)."""
OFFERS = """\
The work of each type besides conversations. A type offers only what its row names: other requests are answered with 400
and `unsupported_mode` before anything is sent."""
RERANKINGS = """\
Clients speak `rerank_v1` (`/v1/rerank`, `/rerank`) or `rerank_v2` (`/v2/rerank`). If a type speaks the client's format,
the bytes pass, including pictures and unknown fields; `rank_fields` passes only to providers that know it. For all
others, requests are translated: the query, the texts of the documents and `top_n` are carried, and `max_tokens_per_doc`
if the format has it. Documents in the answer are the client's own. Anything else that would change the order is refused
by name. If `rerank_format` is shown, this setting of the channel chooses the format."""
SECOND = """\
Some providers document a second address, which speaks another format. It is used only for clients of that format, only
for the models that are served there, and only on channels whose base URL is one of the provider's own below, with or
without `/v1`. Other base URLs may not serve that format, so requests are translated there. `*` matches one label of a
host name. If another server speaks the Responses API too, such as vLLM or another gateway, the channel's setting
`responses` enables it. Models that only the Responses API serves are called there, whatever the client speaks."""
#: The usual names of formats that clients speak.
FORMATS = {OPENAI: "OpenAI", RESPONSES: "Responses", "anthropic": "Anthropic", RAW: "as the client"}
BAR = "\\|"
WORK = [work for work in Work if work not in (Work.CONVERSE, Work.PROXY)]


def _messages(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for message in body.get("messages") or ():
        content = message.get("content")
        yield from content if isinstance(content, list) else ()


#: Column -> whether an answered request, of this path and body, proves the feature.
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
    "rerankings": lambda path, _: path.endswith("/rerank"),
    "images out": lambda path, _: path == PATHS[Work.DRAW],
}


def providers_page(note: str) -> str:
    lines = ["# Providers", "", note, INTRODUCTION, ""]
    lines += ["| type | provider | speaks | base URL | key |", "|---|---|---|---|---|"]
    lines += [_row(number, spec) for number, spec in SPECS.items()]
    lines += ["", "## Other work", "", OFFERS, ""]
    lines += [f"| type | provider | {' | '.join(WORK)} |", "|---|---|" + "---|" * len(WORK)]
    lines += list(filter(None, (_other_work(number, spec) for number, spec in SPECS.items())))
    lines += ["", "## Rerankings", "", RERANKINGS, "", "| type | provider | formats |", "|---|---|---|"]
    lines += list(filter(None, (_reranking(number, spec) for number, spec in SPECS.items())))
    lines += ["", "## Second addresses", "", SECOND, ""]
    lines += ["| type | provider | speaks | address, by the channel's base URL |", "|---|---|---|---|"]
    lines += [_second(number, spec, offer) for number, spec, offer in _second_offers()]
    lines += ["", "## What translations carry", ""]
    lines += [f"| type | provider | {' | '.join(SHOWN)} |", "|---|---|" + "---|" * len(SHOWN)]
    able = capabilities()
    for number, spec in SPECS.items():
        if not speaks_openai(spec) and not _is_proxy(spec):
            marks = ["yes" if column in able.get(number, set()) else "" for column in SHOWN]
            lines.append(f"| {number} | {spec.label.en} | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"


def speaks_openai(spec: ProviderSpec) -> bool:
    """Whether the row serves all work of OpenAI's API in OpenAI's format; second addresses do not count."""
    return all(
        offer.dialect in (OPENAI, RESPONSES) and offer.procedure is None
        for offer in spec.offers
        if offer.work in PATHS and not offer.is_second
    )


def _is_proxy(spec: ProviderSpec) -> bool:
    return all(offer.dialect == RAW for offer in spec.offers)


def _second_offers() -> Iterator[tuple[int, ProviderSpec, Offer]]:
    for number, spec in SPECS.items():
        yield from ((number, spec, offer) for offer in spec.offers if offer.is_second)


def capabilities() -> dict[int, set[str]]:
    """The features that recorded exchanges prove, by channel type."""
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
    spoken = [offer for offer in spec.offers if offer.work in (Work.CONVERSE, Work.PROXY)]
    names = dict.fromkeys(
        "by a procedure" if offer.procedure and offer.dialect == OPENAI else _format(offer)
        for offer in spoken
    )
    key = spec.key
    hint = "" if key is None else key.hint.en if key.hint else f"`{key.text}`"
    link = f"[{spec.label.en}]({spec.docs})"
    return f"| {number} | {link} | {', '.join(names)} | {base} | {hint.replace('|', BAR)} |"


def _other_work(number: int, spec: ProviderSpec) -> str:
    done = {offer.work for offer in spec.offers}
    if not done.intersection(WORK):
        return ""
    marks = ["yes" if work in done else "" for work in WORK]
    return f"| {number} | {spec.label.en} | {' | '.join(marks)} |"


def _reranking(number: int, spec: ProviderSpec) -> str:
    """The reranking formats of a row in its order, each linked to its documentation, after the setting that chooses."""
    offers = [offer for offer in spec.offers if offer.work is Work.RERANK]
    names = [f"[{offer.dialect}]({offer.docs})" if offer.docs else offer.dialect for offer in offers]
    setting = next((f"`{field.name}`: " for field in spec.config if field.name == SETTING.name), "")
    return f"| {number} | {spec.label.en} | {setting}{', '.join(names)} |" if names else ""


def _second(number: int, spec: ProviderSpec, offer: Offer) -> str:
    assert isinstance(offer.path, str), "second addresses are the same for all models"
    bases = list(offer.at) or [
        base
        for base in offer.homes
        if base.removesuffix("/v1") not in offer.homes or not base.endswith("/v1")
    ]
    places = [f"`{base}`: `{offer.homes.get(base, base)}{offer.path}`" for base in bases]
    if offer.opened_by:
        places.append(f"any other where the channel's setting `{offer.opened_by}` is `yes`")
    name = f"[{spec.label.en}]({offer.docs or spec.docs})"
    some = ", some models" if offer.models else ""
    return f"| {number} | {name} | {_format(offer)}{some} | {'; '.join(places)} |"


def _format(offer: Offer) -> str:
    return FORMATS.get(offer.dialect, offer.dialect)
