"""Changes to a conversation for a provider: call ids, cache breakpoints, images, tools."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.domain.chat import (
    CacheBreakpoint,
    ChatRequest,
    Document,
    Image,
    Message,
    MessageRole,
    Native,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from oneapi.domain.errors import InvalidParameter
from oneapi.domain.histories import (
    has_breakpoints,
    narrowed,
    tools_called,
    with_distinct_calls,
    with_pictures_shown,
    without_breakpoints,
)


def turn(*calls: tuple[str, str]) -> Message:
    return Message(MessageRole.ASSISTANT, tuple(ToolCall(call_id, name, "{}") for call_id, name in calls))


def results(*ids: str) -> Message:
    return Message(
        MessageRole.TOOL, tuple(ToolResult(call_id, (Text(str(n)),)) for n, call_id in enumerate(ids))
    )


def named(messages: tuple[Message, ...]) -> list[str]:
    """The names of the calls that the results are given for."""
    names = {
        part.id: part.name for message in messages for part in message.parts if isinstance(part, ToolCall)
    }
    return [
        names[part.call_id]
        for message in messages
        for part in message.parts
        if isinstance(part, ToolResult) and part.call_id in names
    ]


def test_ids_that_differ_stay() -> None:
    messages = (turn(("a", "f"), ("b", "g")), results("b", "a"))
    assert with_distinct_calls(messages) is messages


def test_an_id_that_comes_again_is_told_apart() -> None:
    found = with_distinct_calls(
        (turn(("call_0", "f")), results("call_0"), turn(("call_0", "g")), results("call_0"))
    )
    assert named(found) == ["f", "g"]
    assert found[2].parts == (ToolCall("call_0_2", "g", "{}"),)


def test_a_new_id_is_never_one_of_the_clients() -> None:
    found = with_distinct_calls((turn(("a", "f")), turn(("a", "g"), ("a_2", "h")), results("a", "a_2")))
    assert [part.id for part in found[1].parts if isinstance(part, ToolCall)] == ["a_3", "a_2"]
    assert named(found) == ["g", "h"]


def test_calls_of_one_message_that_share_an_id_are_answered_in_their_order() -> None:
    found = with_distinct_calls((turn(("", "f"), ("", "g")), results("", "")))
    assert named(found) == ["f", "g"]


def test_a_call_that_was_never_answered_is_passed_over() -> None:
    found = with_distinct_calls((turn(("a", "f")), turn(("a", "g")), results("a", "a")))
    assert named(found) == ["g", "g"]


@given(
    st.lists(st.tuples(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), st.booleans()), max_size=6)
)
def test_ids_are_distinct_and_results_have_a_call_of_the_nearest_turn(
    turns: list[tuple[list[str], bool]],
) -> None:
    messages: list[Message] = []
    wanted = []
    for number, (ids, answered) in enumerate(turns):
        names = [f"{number}.{place}" for place in range(len(ids))]
        messages.append(turn(*zip(ids, names, strict=True)))
        if answered:
            messages.append(results(*ids))
            wanted += names
    found = with_distinct_calls(tuple(messages))
    ids = [part.id for message in found for part in message.parts if isinstance(part, ToolCall)]
    assert len(ids) == len(set(ids))
    assert named(found) == wanted


def test_the_tools_of_a_history() -> None:
    assert [tool.name for tool in tools_called((turn(("a", "f"), ("b", "g")), turn(("c", "f"))))] == [
        "f",
        "g",
    ]


PICTURE, WORDS = Image(url="https://example.org/a.png"), Text("here")


def test_pictures_of_the_model_come_with_the_users_next_words() -> None:
    made = Message(MessageRole.ASSISTANT, (WORDS, PICTURE))
    asked = Message(MessageRole.USER, (Text("bluer"),))
    assert with_pictures_shown((asked, made, asked)) == (
        asked,
        Message(MessageRole.ASSISTANT, (WORDS,)),
        Message(MessageRole.USER, (PICTURE, Text("bluer"))),
    )


def test_pictures_of_the_model_that_nobody_spoke_about() -> None:
    only = Message(MessageRole.ASSISTANT, (PICTURE,))
    assert with_pictures_shown((only,)) == (Message(MessageRole.USER, (PICTURE,)),)
    shown = (Message(MessageRole.USER, (PICTURE,)),)
    assert with_pictures_shown(shown) is shown


def test_breakpoints_are_taken_out_everywhere() -> None:
    mark = CacheBreakpoint()
    request = ChatRequest(
        model="m",
        messages=(
            Message(
                MessageRole.USER,
                (Text("a", mark), Image(url="u", cache=mark), Document(text="d", cache=mark)),
            ),
            Message(MessageRole.ASSISTANT, (ToolCall("c", "f", "{}", mark),)),
            Message(MessageRole.TOOL, (ToolResult("c", (Text("b", mark),), cache=mark),)),
        ),
        tools=(Tool("f", cache=mark), Native("x", {})),
    )
    assert has_breakpoints(request)
    plain = without_breakpoints(request)
    assert not has_breakpoints(plain)
    assert "CacheBreakpoint" not in str(plain)
    inside = Message(MessageRole.TOOL, (ToolResult("c", (Text("b", mark),)),))
    assert has_breakpoints(ChatRequest(model="m", messages=(inside,)))
    assert has_breakpoints(ChatRequest(model="m", messages=(), tools=(Tool("f", cache=mark),)))


def test_only_tools_that_may_be_called_are_kept() -> None:
    tools = (Tool("a"), Tool("b"), Native("x", {"type": "search"}))
    choice = ToolChoice(ToolMode.REQUIRED, allowed=("b",))
    request = narrowed(ChatRequest(model="m", messages=(), tools=tools, tool_choice=choice))
    assert (request.tools, request.tool_choice) == (tools[1:], ToolChoice(ToolMode.REQUIRED))
    with pytest.raises(InvalidParameter):
        narrowed(ChatRequest(model="m", messages=(), tools=tools[:1], tool_choice=choice))
