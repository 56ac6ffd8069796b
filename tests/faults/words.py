"""A check for each expectation that a case states as a text, by case, step and place.

``sent`` is checked against the JSON body that the upstream received, ``answer`` and ``log`` against everything that
was seen in the case so far.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from tests.faults.case import at, everywhere, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.test_bug_reports import Seen

Steps = dict[str, "Seen"]


# --- requests to the provider ------------------------------------------------------------------


def _one_of_two(sent: Any) -> None:
    assert {name: sent[name] for name in ("temperature", "top_p") if name in sent} in (
        {"temperature": 0.7},
        {"top_p": 0.9},
    )


def _no_sampling(sent: Any) -> None:
    for found in everywhere(sent):
        if isinstance(found, dict):
            assert not {"top_p", "topP", "top_k", "topK"} & set(found)
            assert found.get("temperature", 1) == 1


def _no_blanks(sent: Any) -> None:
    assert all(text.strip() for text in texts_of(sent))
    assert all(message["content"] for message in sent["messages"])


def _alternates(sent: Any) -> None:
    _no_blanks(sent)
    roles = [message["role"] for message in sent["messages"]]
    assert all(one != other for one, other in itertools.pairwise(roles))
    assert "go on" in list(texts_of(sent))


def _greeted(sent: Any) -> None:
    _alternates(sent)
    assert "Hi" in list(texts_of(sent))


def _said(sent: Any) -> None:
    _no_blanks(sent)
    assert "go on" in list(texts_of(sent))


def _result_is_there(sent: Any) -> None:
    assert all(text.strip() for text in texts_of(sent))
    results = [
        found for found in everywhere(sent) if isinstance(found, dict) and found.get("type") == "tool_result"
    ]
    assert [result["tool_use_id"] for result in results] == ["c1"]


def _document_names(sent: Any) -> list[str]:
    names = []
    for message in sent["messages"]:
        documents = [block["document"] for block in message["content"] if "document" in block]
        names += [document["name"] for document in documents]
        if documents:
            assert any(block.get("text", "").strip() for block in message["content"])
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9()\[\]-]+( [A-Za-z0-9()\[\]-]+)*", name)
        assert 1 <= len(name) <= 200
    return names


def _one_document(sent: Any) -> None:
    assert len(_document_names(sent)) == 1


def _two_documents(sent: Any) -> None:
    one, other = _document_names(sent)
    assert one != other


def _tools_of_the_history(sent: Any) -> None:
    named = [tool["toolSpec"]["name"] for tool in sent.get("toolConfig", {}).get("tools", ())]
    if named:
        assert "get_weather" in named
        return
    assert not any(
        isinstance(found, dict) and {"toolUse", "toolResult"} & set(found) for found in everywhere(sent)
    )
    assert any("sunny" in text for text in texts_of(sent))


def _no_properties_of_a_string(sent: Any) -> None:
    (declared,) = at(sent, "/tools/*/functionDeclarations|function_declarations/*")
    if "parametersJsonSchema" not in declared:
        assert not {"properties", "required"} & set(declared["parameters"]["properties"]["data"])


def _gemini_names(sent: Any) -> set[str]:
    names = {
        found["name"]
        for place in (
            "/tools/*/functionDeclarations|function_declarations/*",
            "/contents/*/parts/*/functionCall",
            "/contents/*/parts/*/functionResponse",
        )
        for found in at(sent, place)
    }
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}", name) for name in names)
    return names


def _one_gemini_name(sent: Any) -> None:
    assert len(_gemini_names(sent)) == 1
    assert list(at(sent, "/contents/*/parts/*/functionCall"))
    assert list(at(sent, "/contents/*/parts/*/functionResponse"))


SENT: dict[tuple[str, str], Callable[[Any], None]] = {
    ("d1-claude-temperature-and-top-p", "both"): _one_of_two,
    ("d1-claude-temperature-and-top-p", "opus"): _one_of_two,
    ("d2-claude-opus-4-7-sampling", "temperature"): _no_sampling,
    ("d2-claude-opus-4-7-sampling", "all"): _no_sampling,
    ("d3-bedrock-opus-4-7-sampling", "all"): _no_sampling,
    ("d4-claude-blank-texts", "said"): _said,
    ("d4-claude-blank-texts", "tool"): _result_is_there,
    ("e2-converse-document-name", "one"): _one_document,
    ("e2-converse-document-name", "two"): _two_documents,
    ("e4-converse-empty-assistant", "asked"): _greeted,
    ("e5-converse-blank-text", "asked"): _alternates,
    ("e6-converse-tool-history-without-tools", "asked"): _tools_of_the_history,
    ("f1-gemini-properties-of-a-string", "asked"): _no_properties_of_a_string,
    ("f3-gemini-function-name-with-digit", "called"): lambda sent: (
        None if _gemini_names(sent) else _missing()
    ),
    ("f3-gemini-function-name-with-digit", "told"): _one_gemini_name,
    ("k2-test-of-a-channel-that-only-streams", "tested"): lambda sent: _is(sent["stream"], True),
}


# --- answers to the client ---------------------------------------------------------------------


def _call_ids(seen: Seen) -> list[str]:
    return [call["id"] for call in seen.json["choices"][0]["message"]["tool_calls"]]


def _two_ids(steps: Steps) -> None:
    assert len(set(_call_ids(steps["first"]))) == 2


def _four_ids(steps: Steps) -> None:
    assert len({*_call_ids(steps["first"]), *_call_ids(steps["second"])}) == 4


def _as_it_comes(steps: Steps) -> None:
    seen = steps["asked"]
    assert seen.headers["content-type"].startswith("text/event-stream")
    events = [piece for piece in seen.body.split(b"\n\n") if piece.startswith(b"data: {")]
    assert len(events) == 3
    assert seen.first_byte < 1.0
    assert seen.seconds > 1.8


ANSWER: dict[tuple[str, str], Callable[[Steps], None]] = {
    ("i1-ollama-call-ids-repeat", "first"): _two_ids,
    ("i1-ollama-call-ids-repeat", "second"): _four_ids,
    ("j4-transcription-stream-is-held-back", "asked"): _as_it_comes,
}


# --- bills -------------------------------------------------------------------------------------


def _times(step: str, other: str, factor: float) -> Callable[[Steps], None]:
    def check(steps: Steps) -> None:
        expected = steps[other].row["quota"] * factor
        assert abs(steps[step].row["quota"] - expected) <= max(2, 0.002 * expected)

    return check


def _cheap_hits(steps: Steps) -> None:
    assert steps["deepseeks"].row["quota"] == steps["openais"].row["quota"]


def _far_below(steps: Steps) -> None:
    assert steps["deepseeks"].row["quota"] * 3 < steps["no_hits"].row["quota"]


def _between(step: str, least: int, most: int) -> Callable[[Steps], None]:
    def check(steps: Steps) -> None:
        assert least <= steps[step].row["quota"] <= most

    return check


def _not_free(step: str) -> Callable[[Steps], None]:
    return _between(step, 1, 10**9)


LOG: dict[tuple[str, str], Callable[[Steps], None]] = {
    ("a5-deepseek-cache-hit-top-level", "deepseeks"): lambda _steps: (
        None
    ),  # compared when the others are there
    ("a5-deepseek-cache-hit-top-level", "openais"): _cheap_hits,
    ("a5-deepseek-cache-hit-top-level", "no_hits"): _far_below,
    ("b1-gpt-image-usage", "high"): _between("high", 60_000, 66_000),
    ("b1-gpt-image-usage", "low"): _times("low", "high", 4205 / 62525),
    ("b2-claude-cache-writes", "minutes"): _times("minutes", "plain", 1.25),
    ("b2-claude-cache-writes", "hour"): _times("hour", "plain", 2),
    ("b2-claude-cache-writes", "total_only"): _times("total_only", "plain", 1.25),
    ("b4-transcription-usage", "once"): _between("once", 8_000, 18_510),
    ("b4-transcription-usage", "twice"): _times("twice", "once", 2),
    ("j2-completions-stream-unasked", "asked"): _not_free("asked"),
    ("j4-transcription-stream-is-held-back", "asked"): _not_free("asked"),
}


def _is(value: object, expected: object) -> None:
    assert value == expected


def _missing() -> None:
    raise AssertionError("nothing was declared")
