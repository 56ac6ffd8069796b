"""What OpenAI takes and Claude's API refuses, by version: brought into its form, or refused with a reason."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.anthropic.schemas import bound_schema, input_schema
from oneapi.adapters.dialects.media import media_type
from oneapi.domain.errors import InvalidParameter

OPENAI = SURFACES["openai_chat"]
HI = {"role": "user", "content": "Hi"}
HOSTS = ("anthropic", "bedrock_claude", "vertex_claude")
ALL: dict[str, Any] = {"temperature": 0.7, "top_p": 0.9, "top_k": 40}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
JPEG, PNG, GIF, WEBP = (
    "/9j/4AAQ",
    "iVBORw0KGgoA",
    "R0lGODlh",
    base64.b64encode(b"RIFF\0\0\0\0WEBPVP8 ").decode(),
)


def sent(
    model: str = "claude-sonnet-4-5", *, host: str = "anthropic", asked: str = "", **fields: Any
) -> dict[str, Any]:
    body = {"model": asked or model, "messages": [HI], **fields}
    return DIALECTS[host].write_request(OPENAI.read_request(body), model)


def sampled(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ALL if name in body}


# --- sampling ----------------------------------------------------------------------------------

BOTH = ("claude-2.1", "claude-3-haiku-20240307", "claude-3-5-sonnet-20241022", "claude-3-7-sonnet-latest",
        "claude-sonnet-4-20250514", "claude-opus-4@20250514")  # fmt: skip
ONE = ("claude-opus-4-1", "claude-opus-4-1-20250805", "claude-sonnet-4-5", "claude-haiku-4-5@20251001",
       "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-6",
       "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-6-v1")  # fmt: skip
NONE = ("claude-opus-4-7", "claude-opus-4-8", "claude-opus-5", "claude-sonnet-5", "claude-fable-5", "claude-opus-5-5",
        "global.anthropic.claude-opus-4-7", "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-8",
        "anthropic/claude-4.7-opus", "claude-mythos-preview")  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("model", "found"),
    [(model, ALL) for model in BOTH]
    + [(model, {"temperature": 0.7, "top_k": 40}) for model in ONE]
    + [(model, {}) for model in NONE],
)
def test_sampling_by_version(host: str, model: str, found: dict[str, Any]) -> None:
    assert sampled(sent(model, host=host, **ALL)) == found


@pytest.mark.parametrize("model", [*BOTH, *ONE])
@pytest.mark.parametrize("name", ALL)
def test_one_of_them_alone_stays_as_it_is(model: str, name: str) -> None:
    assert sampled(sent(model, **{name: ALL[name]})) == {name: ALL[name]}


def test_a_default_does_not_displace_what_says_something() -> None:
    assert sampled(sent(temperature=1, top_p=0.9)) == {"top_p": 0.9}
    assert sampled(sent(temperature=1, top_p=1)) == {"temperature": 1}


def test_temperatures_of_openai_go_further() -> None:
    assert sampled(sent(temperature=1.6)) == {"temperature": 1}
    assert sampled(sent(top_k=-1)) == {}


def test_a_profile_is_known_by_the_name_that_the_client_used() -> None:
    profile = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"
    assert sampled(sent(profile, host="bedrock_claude", asked="claude-opus-4-7", **ALL)) == {}
    assert sampled(sent("other-vendor", **ALL)) == ALL
    assert sampled(sent("other-vendor", asked="claude-opus-4-7", **ALL)) == ALL


# --- blanks ------------------------------------------------------------------------------------

blanks = st.text(" \t\r\n\u00a0\u2003", max_size=3)


def texts_in(value: Any) -> list[str]:
    """Every text of a block, wherever it stands."""
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "text" else []
        return own + [text for name in ("content", "system") for text in texts_in(value.get(name))]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("host", HOSTS)
@given(said=st.lists(st.tuples(st.sampled_from(("system", "user", "assistant", "tool")), blanks | st.just("words"),
                               st.booleans()), max_size=8))  # fmt: skip
def test_no_blank_text_anywhere_and_nothing_said_is_lost(
    host: str, said: list[tuple[str, str, bool]]
) -> None:
    messages: list[dict[str, Any]] = [HI]
    for role, text, in_parts in said:
        content: Any = [{"type": "text", "text": text}, {"type": "text", "text": " "}] if in_parts else text
        if role == "tool":
            messages += [{"role": "assistant", "content": text, "tool_calls": [CALL]},
                         {"role": "tool", "tool_call_id": "c1", "content": content}]  # fmt: skip
        else:
            messages.append({"role": role, "content": content})
    body = sent(host=host, messages=messages)
    system = body.get("system", "words")
    assert all(text.strip() for text in texts_in([*body["messages"], system]))
    assert all(message["content"] for message in body["messages"])
    shown = str(body["messages"]) + str(system if "system" in body else "")
    assert shown.count("words") >= sum(text == "words" for _, text, _ in said)


def test_blanks_are_left_out_and_results_stay() -> None:
    messages = [HI, {"role": "assistant", "content": "\n\n"}, {"role": "user", "content": [
        {"type": "text", "text": " "}, {"type": "text", "text": "go on"}]}]  # fmt: skip
    assert sent(messages=messages)["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        {"role": "user", "content": [{"type": "text", "text": "go on"}]},
    ]
    turn = [
        HI,
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": " "},
    ]
    assert sent(messages=turn, tools=[TOOL])["messages"][-1]["content"] == [
        {"type": "tool_result", "tool_use_id": "c1"}
    ]


def test_a_system_prompt_alone_is_a_question() -> None:
    body = sent(messages=[{"role": "system", "content": "Tell a joke."}, {"role": "user", "content": " "}])
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Tell a joke."}]}]
    assert "system" not in body


def test_nothing_said_at_all_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="blank text"):
        sent(messages=[{"role": "user", "content": " \n"}])


def test_blank_stop_sequences() -> None:
    assert sent(stop=["\n", "END", " "])["stop_sequences"] == ["END"]
    assert "stop_sequences" not in sent(stop="\n\n")


# --- the assistant's last words ----------------------------------------------------------------


def test_older_models_go_on_from_the_last_words_without_blanks_at_their_end() -> None:
    body = sent("claude-sonnet-4-5", messages=[HI, {"role": "assistant", "content": "The answer is "}])
    assert body["messages"][-1] == {
        "role": "assistant",
        "content": [{"type": "text", "text": "The answer is"}],
    }


@pytest.mark.parametrize(
    "model", ["claude-opus-4-6", "claude-sonnet-4-6", "claude-opus-4-8", "claude-sonnet-5"]
)
def test_newer_models_are_asked_to_go_on(model: str) -> None:
    body = sent(model, messages=[HI, {"role": "assistant", "content": "The answer is "}])
    assert body["messages"][-1] == {"role": "user", "content": [{"type": "text", "text": "Continue."}]}


# --- media types -------------------------------------------------------------------------------


def picture(kind: str, data: str) -> dict[str, Any]:
    return {
        "role": "user",
        "content": [{"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}],
    }


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("kind", "data", "found"),
    [
        ("image/jpg", JPEG, "image/jpeg"),
        ("image/jpg", "AAAA", "image/jpeg"),
        ("IMAGE/JPEG", "AAAA", "image/jpeg"),
        ("image/pjpeg", "AAAA", "image/jpeg"),
        ("image/x-png", "AAAA", "image/png"),
        ("image/png;name=a.png", "AAAA", "image/png"),
        # Claude compares the label with the picture
        ("image/png", JPEG, "image/jpeg"),
        ("image/jpeg", PNG, "image/png"),
        ("application/octet-stream", GIF, "image/gif"),
        ("", WEBP, "image/webp"),
    ],
)
def test_pictures_get_the_type_that_they_have(host: str, kind: str, data: str, found: str) -> None:
    (block,) = sent(host=host, messages=[picture(kind, data)])["messages"][0]["content"]
    assert block["source"] == {"type": "base64", "media_type": found, "data": data}


@pytest.mark.parametrize("kind", ["image/svg+xml", "image/bmp", "image/tiff", "image/heic", "image/avif", ""])
def test_a_picture_that_nobody_takes_is_refused_with_the_reason(kind: str) -> None:
    with pytest.raises(InvalidParameter, match="JPEG, PNG, GIF or WebP"):
        sent(messages=[picture(kind, "AAAA")])


def file(name: str, data: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "file", "file": {"filename": name, "file_data": data}}]}


@pytest.mark.parametrize(
    ("name", "data", "source"),
    [
        ("a.pdf", "data:application/octet-stream;base64,JVBERi0x",
         {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}),
        ("a.txt", "data:text/plain;base64,SGk=", {"type": "text", "media_type": "text/plain", "data": "Hi"}),
        ("a.md", "SGk=", {"type": "text", "media_type": "text/plain", "data": "Hi"}),
        ("a.json", "data:application/json;base64,SGk=", {"type": "text", "media_type": "text/plain", "data": "Hi"}),
        ("a.png", f"data:image/png;base64,{PNG}", {"type": "base64", "media_type": "image/png", "data": PNG}),
    ],
)  # fmt: skip
def test_documents(name: str, data: str, source: dict[str, Any]) -> None:
    assert sent(messages=[file(name, data)])["messages"][0]["content"][0]["source"] == source


def test_a_document_that_is_no_text_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidParameter, match="PDF or text"):
        sent(messages=[file("a.docx", "AAAA")])


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=10))
def test_any_label_has_a_type(declared: str, data: str, name: str) -> None:
    found = media_type(declared, data, name)
    assert media_type(found, data, name) == found


# --- tools -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        (None, {"type": "object", "properties": {}}),
        ({}, {"type": "object", "properties": {}}),
        ({"type": None, "properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ({"type": "OBJECT", "properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        (
            {"anyOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["a"]}]},
            {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"]},
        ),
        (
            {"type": "object", "properties": {"c": {}}, "required": ["c"],
             "allOf": [{"properties": {"a": {}}, "required": ["a"]}, {"required": 1}, 3]},
            {"type": "object", "properties": {"c": {}, "a": {}}, "required": ["c", "a"]},
        ),
    ],
)  # fmt: skip
def test_a_tools_input_is_an_object(parameters: Any, found: dict[str, Any]) -> None:
    assert input_schema(parameters) == found


def test_objects_of_a_bound_answer_are_closed_and_lose_bounds_that_the_api_refuses() -> None:
    inner = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}, "s": {"minLength": 1}}}
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": inner, "minItems": 3}}}
    assert bound_schema(schema) == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "a": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"n": {"type": "integer"}, "s": {}},
                    "additionalProperties": False,
                },
            }
        },
    }


def test_an_answer_that_cannot_be_bound_is_asked_for_in_words() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    body = sent(response_format=wanted)
    assert "output_config" not in body
    assert "JSON schema" in body["system"]


@pytest.mark.parametrize("host", HOSTS)
def test_tools_of_the_history_are_declared_and_not_called(host: str) -> None:
    turn = [
        HI,
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        HI,
    ]
    body = sent(host=host, messages=turn)
    assert [tool["name"] for tool in body["tools"]] == ["f"]
    assert body["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize(
    ("model", "choice", "found"),
    [
        ("claude-opus-5", "required", {"type": "any"}),
        ("claude-haiku-5-5", "required", {"type": "any"}),
        ("claude-opus-5-5", "required", {"type": "auto"}),
        ("claude-sonnet-5-5", {"function": {"name": "f"}}, {"type": "auto"}),
        ("claude-fable-5-1", "required", {"type": "auto"}),
        ("claude-fable-5", "required", {"type": "any"}),
    ],
)
def test_a_model_that_cannot_be_forced_is_asked_in_words(
    model: str, choice: Any, found: dict[str, Any]
) -> None:
    body = sent(model, tools=[TOOL], tool_choice=choice)
    assert body["tool_choice"] == found
    assert ("Answer by calling" in body.get("system", "")) == (found == {"type": "auto"})


# --- thinking ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("claude-3-5-sonnet-20241022", {}),
        ("claude-sonnet-4-5", {}),
        ("claude-opus-4-8", {}),
        ("claude-sonnet-5", {"thinking": {"type": "disabled"}}),
        ("claude-opus-5", {"thinking": {"type": "disabled"}}),
        ("claude-haiku-5-5", {"thinking": {"type": "disabled"}}),
        ("claude-sonnet-5-5", {"thinking": {"type": "between_tools"}}),
        ("claude-opus-5-5", {"output_config": {"effort": "low"}}),
        ("claude-fable-5-1", {"output_config": {"effort": "low"}}),
    ],
)
@pytest.mark.parametrize("said", [{"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}},
                                  {"enable_thinking": False}, {"think": False}])  # fmt: skip
def test_thinking_is_switched_off_wherever_it_can_be(
    model: str, found: dict[str, Any], said: dict[str, Any]
) -> None:
    body = sent(model, **said)
    assert {name: body[name] for name in ("thinking", "output_config") if name in body} == found


@pytest.mark.parametrize(
    ("budget", "limit", "found"),
    [(5000, 6000, 5000), (5000, 5000, 4000), (8000, 2000, 1600), (500, 4000, 1024), (500, 1000, None)],
)
def test_a_budget_stays_below_the_limit_and_above_the_least(
    budget: int, limit: int, found: int | None
) -> None:
    body = sent(thinking={"type": "enabled", "budget_tokens": budget}, max_tokens=limit)
    assert body["max_tokens"] == limit
    assert body.get("thinking", {}).get("budget_tokens") == found


@pytest.mark.parametrize(
    ("model", "effort"),
    [("claude-sonnet-4-6", "high"), ("claude-opus-4-7", "xhigh"), ("claude-opus-5", "xhigh")],
)
def test_an_effort_that_the_model_does_not_know_becomes_the_nearest(model: str, effort: str) -> None:
    assert sent(model, reasoning_effort="xhigh")["output_config"] == {"effort": effort}
    assert sent(model, reasoning_effort="minimal")["output_config"] == {"effort": "low"}
