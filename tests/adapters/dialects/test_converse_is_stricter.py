"""What OpenAI takes and Bedrock's Converse refuses: brought into its form, or refused with a reason."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature

OPENAI, CONVERSE = SURFACES["openai_chat"], DIALECTS["converse"]
NOVA = "amazon.nova-pro-v1:0"
HI = {"role": "user", "content": "Hi"}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city":"Rome"}'},
}
CALLED = [{"role": "assistant", "content": None, "tool_calls": [CALL]},
          {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]  # fmt: skip
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
PDF, DOCX = "JVBERi0x", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def sent(model: str = NOVA, *, asked: str = "", **fields: Any) -> dict[str, Any]:
    body = {"model": asked or model, "messages": [HI], **fields}
    return CONVERSE.write_request(OPENAI.read_request(body), model)


def file(name: str, kind: str = "application/pdf", data: str = PDF) -> dict[str, Any]:
    return {"type": "file", "file": {"filename": name, "file_data": f"data:{kind};base64,{data}"}}


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def blocks(body: dict[str, Any], kind: str) -> list[Any]:
    return [block[kind] for turn in body["messages"] for block in turn["content"] if kind in block]


# --- pictures and documents --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "data", "found"),
    [
        ("image/jpg", "/9j/4AAQ", "jpeg"),
        ("IMAGE/JPG", "AAAA", "jpeg"),
        ("image/png;a=b", "AAAA", "png"),
        ("image/gif", "AAAA", "gif"),
        ("image/webp", "AAAA", "webp"),
    ],
)
def test_formats_of_pictures(kind: str, data: str, found: str) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}
    assert blocks(sent(messages=[user(picture)]), "image") == [{"format": found, "source": {"bytes": data}}]


@pytest.mark.parametrize("kind", ["image/svg+xml", "image/bmp", ""])
def test_other_pictures_are_refused_with_the_reason(kind: str) -> None:
    with pytest.raises(InvalidParameter, match="JPEG, PNG, GIF or WebP"):
        sent(messages=[user({"type": "image_url", "image_url": {"url": f"data:{kind};base64,AAAA"}})])


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("a.pdf", "application/pdf", "pdf"),
        ("a", "application/x-pdf", "pdf"),
        ("a.txt", "text/plain", "txt"),
        ("a.md", "text/markdown", "md"),
        ("a.csv", "text/csv", "csv"),
        ("a.html", "text/html", "html"),
        ("a.doc", "application/msword", "doc"),
        ("a.docx", DOCX, "docx"),
        ("a.xlsx", "application/octet-stream", "xlsx"),
    ],
)
def test_formats_of_documents(name: str, kind: str, found: str) -> None:
    (document,) = blocks(sent(messages=[user(file(name, kind, "AAAA"))]), "document")
    assert document["format"] == found


def test_other_documents_are_refused_with_the_reason() -> None:
    with pytest.raises(InvalidParameter, match="use one of csv, doc, docx"):
        sent(messages=[user(file("a.zip", "application/zip", "AAAA"))])


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("John's report_v1.pdf", "John s report v1"),
        ("a  b.c.pdf", "a b c"),
        ("(1) [x]-y", "(1) [x]-y"),
        ("报告.pdf", "document"),
        ("", "document"),
        (".pdf", "document"),
        ("x" * 300, "x" * 200),
    ],
)
def test_names_of_documents(title: str, name: str) -> None:
    (document,) = blocks(sent(messages=[user(file(title))]), "document")
    assert document["name"] == name


@given(
    st.lists(
        st.text(max_size=210) | st.sampled_from(("report.pdf", "report.txt", "a" * 201, "a" * 202)),
        max_size=5,
    )
)
def test_names_are_taken_and_differ(given_titles: list[str]) -> None:
    messages = [user({"type": "text", "text": "?"}, file(title)) for title in given_titles]
    names = [document["name"] for document in blocks(sent(messages=[HI, *messages]), "document")]
    assert len(names) == len(set(names)) == len(given_titles)
    assert all(re.fullmatch(r"(?!.*  )[a-zA-Z0-9 ()\[\]-]{1,200}", name) for name in names)


def test_a_document_has_words_beside_it() -> None:
    (turn,) = sent(messages=[user(file("a.pdf"))])["messages"]
    assert [block["text"].strip() for block in turn["content"] if "text" in block] != []
    (turn,) = sent(messages=[user({"type": "text", "text": "Look"}, file("a.pdf"))])["messages"]
    assert [block for block in turn["content"] if "text" in block] == [{"text": "Look"}]


def test_what_converse_has_no_place_for_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedFeature, match="video_url"):
        sent(messages=[user({"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}})])
    with pytest.raises(UnsupportedFeature, match="web_search"):
        sent(tools=[{"type": "web_search"}])


# --- messages ----------------------------------------------------------------------------------

words = st.sampled_from(("", " ", "\n\t", "words"))


@given(
    st.lists(
        st.tuples(st.sampled_from(("system", "user", "assistant", "tool")), words, st.booleans()), max_size=8
    )
)
def test_turns_alternate_and_hold_something_that_is_not_blank(
    said: list[tuple[str, str, bool]],
) -> None:
    messages: list[dict[str, Any]] = []
    for number, (role, text, in_parts) in enumerate(said):
        content: Any = [{"type": "text", "text": text}, {"type": "text", "text": "\n"}] if in_parts else text
        if role == "tool":
            call = {**CALL, "id": f"c{number}"}
            messages += [{"role": "assistant", "content": text, "tool_calls": [call]},
                         {"role": "tool", "tool_call_id": f"c{number}", "content": content}]  # fmt: skip
        else:
            messages.append({"role": role, "content": content})
    body = sent(messages=[*messages, HI])
    roles = [turn["role"] for turn in body["messages"]]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
    assert all(turn["content"] for turn in body["messages"])
    results = [part["text"] for result in blocks(body, "toolResult") for part in result["content"]]
    shown = blocks(body, "text") + [block["text"] for block in body.get("system", ())] + results
    assert all(text.strip() for text in shown)
    assert shown.count("words") >= sum(text == "words" for _, text, _ in said)


def test_an_empty_answer_is_left_out_and_its_neighbours_joined() -> None:
    body = sent(messages=[HI, {"role": "assistant", "content": ""}, {"role": "user", "content": "go on"}])
    assert body["messages"] == [{"role": "user", "content": [{"text": "Hi"}, {"text": "go on"}]}]


def test_a_conversation_begins_and_ends_with_the_user() -> None:
    body = sent(messages=[{"role": "assistant", "content": "Hello!"}])
    assert body["messages"] == [
        {"role": "user", "content": [{"text": "Continue."}]},
        {"role": "assistant", "content": [{"text": "Hello!"}]},
        {"role": "user", "content": [{"text": "Continue."}]},
    ]


def test_a_system_prompt_alone_is_a_question_and_nothing_at_all_is_refused() -> None:
    body = sent(messages=[{"role": "system", "content": "Tell a joke."}])
    assert body["messages"] == [{"role": "user", "content": [{"text": "Tell a joke."}]}]
    assert "system" not in body
    with pytest.raises(InvalidParameter, match="blank text"):
        sent(messages=[{"role": "user", "content": " "}])


# --- tools -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{}, {"tools": []}, {"tool_choice": "none"}])
def test_tools_of_the_history_are_declared(fields: dict[str, Any]) -> None:
    body = sent(messages=[HI, *CALLED, HI], **fields)
    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]] == ["get_weather"]
    assert "toolChoice" not in body["toolConfig"]


def test_no_call_may_be_made_and_none_was() -> None:
    assert "toolConfig" not in sent(tools=[TOOL], tool_choice="none")
    body = sent(messages=[HI, *CALLED, HI], tools=[TOOL], tool_choice="none")
    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]] == ["f"]


@pytest.mark.parametrize("parameters", [None, {}, {"properties": {}}, {"type": "OBJECT", "properties": {}}])
def test_a_tools_input_is_an_object(parameters: Any) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    (found,) = sent(tools=[tool])["toolConfig"]["tools"]
    assert found["toolSpec"]["inputSchema"]["json"] == {"type": "object", "properties": {}}


@pytest.mark.parametrize("call_id", ["functions.f:0", "a" * 100, "a b", "ok_1-2"])
def test_ids_of_calls_are_taken_and_pair(call_id: str) -> None:
    turn = [{"role": "assistant", "tool_calls": [{**CALL, "id": call_id}]},
            {"role": "tool", "tool_call_id": call_id, "content": ""}]  # fmt: skip
    body = sent(messages=[HI, *turn])
    (used,), (result,) = blocks(body, "toolUse"), blocks(body, "toolResult")
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", used["toolUseId"])
    assert used["toolUseId"] == result["toolUseId"]


def test_ids_that_would_look_the_same_differ() -> None:
    turn = [{"role": "assistant", "tool_calls": [{**CALL, "id": "a.b"}, {**CALL, "id": "a_b"}]},
            {"role": "tool", "tool_call_id": "a.b", "content": "1"},
            {"role": "tool", "tool_call_id": "a_b", "content": "2"}]  # fmt: skip
    assert len({used["toolUseId"] for used in blocks(sent(messages=[HI, *turn]), "toolUse")}) == 2


# --- parameters --------------------------------------------------------------------------------

PROFILE = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"


@pytest.mark.parametrize(
    ("asked", "inference", "more"),
    [
        ("", {"temperature": 0.5, "topP": 0.9}, {"top_k": 40}),
        ("claude-3-5-sonnet", {"temperature": 0.5, "topP": 0.9}, {"top_k": 40}),
        ("claude-sonnet-4-5", {"temperature": 0.5}, {"top_k": 40}),
        ("claude-opus-4-7", None, None),
    ],
)
def test_sampling_of_claude_behind_a_profile(asked: str, inference: Any, more: Any) -> None:
    body = sent(PROFILE, asked=asked, temperature=0.5, top_p=0.9, top_k=40)
    assert (body.get("inferenceConfig"), body.get("additionalModelRequestFields")) == (inference, more)


def test_top_k_of_amazons_models_has_a_place_of_its_own() -> None:
    assert sent(top_k=7)["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 7}}


def test_claude_thinks_behind_a_profile_too() -> None:
    body = sent(PROFILE, asked="claude-sonnet-4-5", reasoning_effort="low", temperature=0.5)
    assert body["additionalModelRequestFields"] == {"thinking": {"type": "enabled", "budget_tokens": 2048}}
    assert body["inferenceConfig"] == {"maxTokens": 4096 + 2048}


def test_stop_sequences_are_not_empty() -> None:
    assert sent(stop=["", "\n", "END"])["inferenceConfig"]["stopSequences"] == ["\n", "END"]
    assert sent(PROFILE, asked="claude-sonnet-4-5", stop=["\n", "END"])["inferenceConfig"][
        "stopSequences"
    ] == ["END"]


def test_a_form_of_the_answer_is_asked_for_in_words() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
    assert "JSON schema" in sent(response_format=wanted)["system"][0]["text"]


@pytest.mark.parametrize(("model", "points"), [(NOVA, 2), ("meta.llama3-3-70b-instruct-v1:0", 0)])
def test_points_to_cache_at_reach_models_that_know_them(model: str, points: int) -> None:
    marked = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    body = sent(model, messages=[{"role": "system", "content": [marked]}, user(marked)])
    assert str(body).count("cachePoint") == points


@pytest.mark.parametrize(("model", "points"), [(NOVA, 0), ("arn:aws:bedrock:claude-sonnet-4-5", 1)])
def test_points_to_cache_at_stand_behind_tools_of_claude_only(model: str, points: int) -> None:
    tool = {"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"}}
    tools = sent(model, tools=[tool])["toolConfig"]["tools"]
    assert [next(iter(each)) for each in tools] == ["toolSpec", *["cachePoint"] * points]
