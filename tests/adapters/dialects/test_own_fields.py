"""A field that a provider documents reaches it; any other is refused by name, unless it changes no answer."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.own_fields import HARMLESS, OWN
from oneapi.adapters.dialects.tool_calls import ConversationDialect
from oneapi.domain.errors import CallerError, UnsupportedFeature

OPENAI = SURFACES["openai_chat"]
HI = {"role": "user", "content": "Hi"}
MODELS = {"gemini": "gemini-2.5-flash", "anthropic": "claude-sonnet-4-5", "converse": "amazon.nova-pro-v1:0"}
FOREIGN = sorted(set(DIALECTS) - {"openai_chat"})


def sent(dialect: str, model: str = "", *, client: str = "openai_chat", **fields: Any) -> dict[str, Any]:
    model = model or MODELS.get(dialect, "m")
    chat = SURFACES[client].read_request({"model": model, "messages": [HI], **fields})
    return ConversationDialect(DIALECTS[dialect], chat, lambda: "id").write_request(chat, model)


def at(body: dict[str, Any], place: str) -> Any:
    found: Any = body
    for step in place.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


# --- the rule ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "name", "place"),
    [(dialect, name, place) for dialect, own in OWN.items() for name, place in own.places.items()],
)
def test_what_a_provider_documents_reaches_it(dialect: str, name: str, place: str) -> None:
    values: tuple[dict[str, Any], ...] = ({"x": 1}, {"x": False})
    for value in values:
        fields: dict[str, Any] = {name: value}
        found = at(sent(dialect, **fields), place)
        assert found == value or found.items() >= value.items()


@pytest.mark.parametrize("dialect", FOREIGN)
def test_what_nobody_knows_is_refused_by_name(dialect: str) -> None:
    if OWN[dialect].others if dialect in OWN else False:
        assert at(sent(dialect, unheard_of=1), f"{OWN[dialect].others}.unheard_of") == 1
        assert at(sent(dialect, unheard_of=False), f"{OWN[dialect].others}.unheard_of") is False
    else:
        with pytest.raises(UnsupportedFeature, match="unheard_of"):
            sent(dialect, unheard_of=1)


@pytest.mark.parametrize("dialect", FOREIGN)
@pytest.mark.parametrize("value", [None, False, 0, "", [], {}])
def test_what_asks_for_nothing_is_no_reason_to_refuse(dialect: str, value: Any) -> None:
    assert {**sent(dialect, unheard_of=value), "input": 0} == {**sent(dialect), "input": 0}


#: What OpenAI's clients and front ends send without being asked.
USUAL: dict[str, Any] = {
    "user": "u1",
    "store": True,
    "metadata": {"a": "b"},
    "logprobs": False,
    "n": 1,
    "parallel_tool_calls": True,
    "service_tier": "auto",
    "prompt_cache_key": "k",
    "safety_identifier": "s",
    "verbosity": "low",
    "modalities": ["text"],
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logit_bias": {},
    "seed": 1,
    "stream_options": {"include_usage": True},
    "response_format": {"type": "text"},
    "prediction": {"type": "content", "content": "x"},
    "provider": {"order": ["x"]},
    "usage": {"include": True},
    "repetition_penalty": 1.0,
    "chat_template_kwargs": {"enable_thinking": False},
}


@pytest.mark.parametrize("dialect", FOREIGN)
def test_what_clients_send_by_default_never_makes_a_request_fail(dialect: str) -> None:
    for name, value in USUAL.items():
        assert sent(dialect, **{name: value})
    assert sent(dialect, **USUAL, stream=True)


@pytest.mark.parametrize("dialect", FOREIGN)
@pytest.mark.parametrize("name", sorted(HARMLESS - {"models"}))
def test_harmless_fields_never_make_a_request_fail(dialect: str, name: str) -> None:
    fields: dict[str, Any] = {name: {"x": 1}}
    assert sent(dialect, **fields)


def test_the_extra_body_of_an_sdk_is_unwrapped() -> None:
    google = {"thinking_config": {"thinking_budget": 0}, "cached_content": "c"}
    for fields in ({"extra_body": {"google": google}}, {"google": google}, {"extra_body": google}, google):
        body = sent("gemini", **fields)
        assert body["generation_config"]["thinkingConfig"] == {"thinking_budget": 0}
        assert body["cached_content"] == "c"
    assert at(sent("ali", extra_body={"enable_search": True}), "parameters.enable_search") is True
    assert (
        at(sent("ali", enable_search=False, extra_body={"enable_search": True}), "parameters.enable_search")
        is False
    )


def test_fields_of_claudes_clients_reach_its_other_hosts_once() -> None:
    body = sent("bedrock_claude", "claude-sonnet-4-5", client="anthropic", max_tokens=5, unheard_of=1)
    assert body["unheard_of"] == 1


values = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just([1]) | st.just({"a": 1})


@pytest.mark.parametrize("dialect", FOREIGN)
@given(data=st.data())
def test_fields_of_any_value_are_written_or_refused(dialect: str, data: st.DataObject) -> None:
    places = OWN[dialect].places if dialect in OWN else {}
    names = st.sampled_from([*places, "extra_body", "google", "thinking", "reasoning", "think", "unheard_of"])
    fields: dict[str, Any] = data.draw(
        st.dictionaries(names, values | st.dictionaries(names, values, max_size=3))
    )
    with contextlib.suppress(CallerError):
        sent(dialect, **fields)


# --- single providers --------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{"reasoning_effort": "none"}, {"think": False}, {"enable_thinking": False},
                                    {"thinking": {"type": "disabled"}}, {"reasoning": {"enabled": False}},
                                    {"reasoning": {"effort": "none"}},
                                    {"chat_template_kwargs": {"enable_thinking": False}}])  # fmt: skip
@pytest.mark.parametrize(
    ("dialect", "model", "place", "found"),
    [
        ("ollama", "qwen3:8b", "think", False),
        ("ollama", "gpt-oss:20b", "think", "low"),
        ("ali", "qwen3-8b", "parameters.enable_thinking", False),
        ("gemini", "gemini-2.5-flash", "generation_config.thinkingConfig.thinkingBudget", 0),
        ("gemini", "gemini-3-flash-preview", "generation_config.thinkingConfig.thinkingLevel", "minimal"),
        ("anthropic", "claude-sonnet-5", "thinking.type", "disabled"),
        ("tencent", "hunyuan-a13b", "EnableThinking", False),
    ],
)
def test_thinking_is_switched_off_by_any_word(
    fields: dict[str, Any], dialect: str, model: str, place: str, found: Any
) -> None:
    if dialect == "ollama" and "gpt-oss" in model and "think" in fields:
        found = False  # the provider's own word, as the client said it
    assert at(sent(dialect, model, **fields), place) == found


@pytest.mark.parametrize(
    ("model", "fields", "think"),
    [
        ("qwen3:8b", {}, None),
        ("qwen3:8b", {"reasoning_effort": "high"}, True),
        ("qwen3:8b", {"think": True}, True),
        ("gpt-oss:20b", {}, None),
        ("gpt-oss:20b", {"reasoning_effort": "minimal"}, "low"),
        ("gpt-oss:20b", {"reasoning_effort": "medium"}, "medium"),
        ("gpt-oss:20b", {"reasoning_effort": "high"}, "high"),
        ("gpt-oss:20b", {"reasoning_effort": "xhigh"}, "high"),
        ("gpt-oss:20b", {"think": "high"}, "high"),
        ("gpt-oss:20b", {"enable_thinking": True}, "medium"),
    ],
)
def test_levels_of_ollama(model: str, fields: dict[str, Any], think: Any) -> None:
    assert sent("ollama", model, **fields).get("think") == think


def test_options_of_ollama() -> None:
    body = sent(
        "ollama", temperature=0.5, max_tokens=9, num_ctx=1, options={"num_ctx": 32768, "temperature": 0.1}
    )
    assert body["options"] == {"temperature": 0.1, "num_predict": 9, "num_ctx": 32768}
    assert sent("ollama", keep_alive="5m")["keep_alive"] == "5m"
    assert sent("ollama", format={"type": "object"})["format"] == {"type": "object"}
    assert sent("ollama", repetition_penalty=1.1)["options"]["repeat_penalty"] == 1.1


def test_dashscope() -> None:
    body = sent("ali", "qwen3-8b", enable_thinking=True, thinking_budget=50, repetition_penalty=1.1, top_k=5, seed=3,
                search_options={"forced_search": True}, result_format="text", incremental_output=False)  # fmt: skip
    assert body["parameters"] == {
        "result_format": "message",
        "enable_thinking": True,
        "thinking_budget": 50,
        "repetition_penalty": 1.1,
        "top_k": 5,
        "seed": 3,
        "search_options": {"forced_search": True},
    }


@pytest.mark.parametrize("dialect", ["ali", "tencent"])
def test_one_tool_that_must_be_called_is_called_by_name(dialect: str) -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    body = sent(dialect, tools=[tool], tool_choice="required")
    assert "f" in str(body.get("CustomTool") or body["parameters"]["tool_choice"])
    other = {"type": "function", "function": {"name": "g"}}
    with pytest.raises(UnsupportedFeature, match="required"):
        sent(dialect, tools=[tool, other], tool_choice="required")


def test_dashscope_is_told_a_schema_in_words() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
    body = sent("ali", response_format=wanted)
    assert body["parameters"]["response_format"] == {"type": "json_object"}
    assert '{"type":"object"}' in body["input"]["messages"][0]["content"]


def test_users_and_tiers_of_claude() -> None:
    assert sent("anthropic", metadata={"user_id": "u", "other": "x"})["metadata"] == {"user_id": "u"}
    assert "metadata" not in sent("anthropic", metadata={"other": "x"})
    assert sent("anthropic", service_tier="standard_only")["service_tier"] == "standard_only"
    assert "service_tier" not in sent("anthropic", service_tier="flex")
