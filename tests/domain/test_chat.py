from __future__ import annotations

import pytest

from oneapi.domain.chat import FinishReason, Image, Native, Part, Text, Thinking, ToolCall, finish_of, text_of

CALL = ToolCall("c", "f", "{}")


def test_the_text_of_a_message_is_its_text_parts_as_they_stand() -> None:
    assert text_of((Thinking("Hm."), Text("A "), Image(url="https://a/b"), Text("B"), CALL)) == "A B"
    assert text_of(()) == ""


@pytest.mark.parametrize(
    ("reason", "parts", "corrected"),
    [
        (FinishReason.STOP, (Text("A"), CALL), FinishReason.TOOL_CALLS),
        (FinishReason.STOP, (Text("A"),), FinishReason.STOP),
        (FinishReason.LENGTH, (CALL,), FinishReason.LENGTH),
    ],
)
def test_a_model_that_waits_for_its_tools_has_not_stopped(
    reason: FinishReason, parts: tuple[Part, ...], corrected: FinishReason
) -> None:
    assert finish_of(reason, parts) is corrected


def test_secrets_of_size_stay_out_of_reprs() -> None:
    assert "iVBORw0KGgo" not in repr(Image(data="iVBORw0KGgo", media_type="image/png"))


def test_a_foreign_part_has_a_name_for_errors() -> None:
    assert Native("x", {"type": "video_url"}).feature == "video_url"
    assert Native("x", {}).feature == "a part of unknown type"
