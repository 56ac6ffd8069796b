"""Providers with a second address in Anthropic's format: only requests in that format go there, unchanged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve, frozen

from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.errors import UnsupportedEndpoint
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from tests.adapters.upstream.gateway_calls import EVENTS, JSON, asked, call, whole

if TYPE_CHECKING:
    from oneapi.adapters.transport.mock import SentRequest

KEY = "id.secret"
X_API_KEY, BEARER = ("x-api-key", KEY), ("authorization", f"Bearer {KEY}")


@frozen
class Case:
    """``other`` is a model that the second address does not serve, ``chat`` where conversations go otherwise."""

    model: str
    url: str
    auth: tuple[str, str]
    chat: str
    other: str = ""
    base_url: str = ""


CASES = {
    16: Case(
        "glm-4.6",
        "https://open.bigmodel.cn/api/anthropic/v1/messages",
        X_API_KEY,
        "https://open.bigmodel.cn/api/paas/v4/chat/completions",
        other="glm-4.5v",
    ),
    17: Case(
        "qwen3-coder-plus",
        "https://dashscope.aliyuncs.com/apps/anthropic/v1/messages",
        X_API_KEY,
        "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation",
        other="qwen-long",
    ),
    20: Case(
        "anthropic/claude-sonnet-4.5",
        "https://openrouter.ai/api/v1/messages",
        BEARER,
        "https://openrouter.ai/api/v1/chat/completions",
    ),
    25: Case(
        "kimi-k2.5",
        "https://api.moonshot.cn/anthropic/v1/messages",
        BEARER,
        "https://api.moonshot.cn/v1/chat/completions",
        other="moonshot-v1-8k",
    ),
    27: Case(
        "MiniMax-M2.5",
        "https://api.minimaxi.com/anthropic/v1/messages",
        X_API_KEY,
        "https://api.minimax.chat/v1/text/chatcompletion_v2",
        other="MiniMax-M1",
    ),
    36: Case(
        "deepseek-chat",
        "https://api.deepseek.com/anthropic/v1/messages",
        X_API_KEY,
        "https://api.deepseek.com/v1/chat/completions",
    ),
    40: Case(
        "doubao-seed-code",
        "https://ark.cn-beijing.volces.com/api/coding/v1/messages",
        BEARER,
        "https://ark.cn-beijing.volces.com/api/coding/v3/chat/completions",
        base_url="https://ark.cn-beijing.volces.com/api/coding",
    ),
    44: Case(
        "zai-org/GLM-4.6",
        "https://api.siliconflow.cn/v1/messages",
        BEARER,
        "https://api.siliconflow.cn/v1/chat/completions",
    ),
    47: Case(
        "deepseek-v3.2",
        "https://qianfan.baidubce.com/anthropic/v1/messages",
        X_API_KEY,
        "https://qianfan.baidubce.com/v2/chat/completions",
    ),
    49: Case(
        "qwen-plus",
        "https://dashscope.aliyuncs.com/apps/anthropic/v1/messages",
        X_API_KEY,
        "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions",
        other="qwen-long",
    ),
}
EVERY = pytest.mark.parametrize(("number", "case"), CASES.items(), ids=[SPECS[each].id for each in CASES])
MESSAGE = {
    "id": "m", "type": "message", "role": "assistant", "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 2},
}  # fmt: skip


def channel(number: int, case: Case, **changes: Any) -> Channel:
    return evolve(Channel(7, number, KEY, 1, "c", base_url=case.base_url), **changes)


def messages(model: str, work: Work = Work.CONVERSE, **fields: Any) -> RelayRequest:
    body = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], **fields}
    raw = json.dumps(body, indent=1).encode()
    headers = {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "a-1,b-2",
    }
    return RelayRequest(
        work, "anthropic", model, raw, fields=json.loads(raw), stream=bool(fields.get("stream")),
        include_usage=True, path="/v1/messages", query="beta=true", headers=headers,
    )  # fmt: skip


async def sent(request: RelayRequest, to: Channel) -> SentRequest:
    transport = MockTransport()
    transport.answer(500, JSON, b"{}")
    with pytest.raises(Exception, match="500"):
        await call(transport, request, to)
    [found] = transport.requests
    return found


def test_every_second_address_is_tried() -> None:
    assert {number for number, spec in SPECS.items() if any(offer.homes for offer in spec.offers)} == set(
        CASES
    )


@EVERY
async def test_bytes_of_its_format_pass_there(number: int, case: Case) -> None:
    transport = MockTransport()
    transport.answer(200, JSON, json.dumps(MESSAGE, indent=2).encode())
    # Spaces, the order of fields and unknown fields must be kept.
    request = messages(case.model, unknown={"b": 1, "a": [1.0]})
    answer = await call(transport, request, channel(number, case))
    assert await whole(answer) == json.dumps(MESSAGE, indent=2).encode()
    assert answer.usage is not None
    assert (answer.usage.prompt, answer.usage.completion) == (1, 2)
    [found] = transport.requests
    assert found.url == case.url + "?beta=true"
    assert found.body == request.body
    headers = dict(found.headers)
    assert headers.keys() & {"x-api-key", "authorization"} == {case.auth[0]}
    assert headers[case.auth[0]] == case.auth[1]
    assert headers["anthropic-beta"] == "a-1,b-2"
    assert headers["anthropic-version"] == "2023-06-01"


@EVERY
async def test_streams_pass_too(number: int, case: Case) -> None:
    stream = (
        b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":3}}}\n\n'
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"hi"}}\n\n'
        b'event: of_its_own\ndata: {"x":1}\n\n'
        b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
        b'"usage":{"output_tokens":4}}\n\n'
    )
    transport = MockTransport()
    transport.answer(200, EVENTS, stream, b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    answer = await call(transport, messages(case.model, stream=True), channel(number, case))
    assert await whole(answer) + answer.end_marker == (
        stream + b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    )
    assert answer.usage is not None
    assert (answer.usage.prompt, answer.usage.completion) == (3, 4)


@EVERY
async def test_clients_of_openai_are_served_as_before(number: int, case: Case) -> None:
    fields = {"model": case.model, "messages": [{"role": "user", "content": "hi"}]}
    found = await sent(asked(fields=fields, model=case.model), channel(number, case))
    assert found.url == case.chat


@EVERY
async def test_other_models_are_called_in_the_first_format(number: int, case: Case) -> None:
    if case.other:
        found = await sent(messages(case.other), channel(number, case))
        assert found.url == case.chat
        assert "x-api-key" not in dict(found.headers)


@EVERY
async def test_at_a_base_url_that_is_not_the_providers_requests_are_translated(
    number: int, case: Case
) -> None:
    own = channel(number, case, base_url="https://proxy.example/x")
    found = await sent(messages(case.model), own)
    assert found.url.startswith("https://proxy.example/x/")
    assert "messages" not in found.url
    assert "x-api-key" not in dict(found.headers)


@EVERY
async def test_the_base_url_may_end_in_the_version(number: int, case: Case) -> None:
    base = case.base_url or SPECS[number].base_url
    found = await sent(messages(case.model), channel(number, case, base_url=f"{base}/v1"))
    assert found.url == case.url + "?beta=true"


@EVERY
async def test_none_of_them_counts_tokens(number: int, case: Case) -> None:
    with pytest.raises(UnsupportedEndpoint):
        await call(MockTransport(), messages(case.model, Work.COUNT), channel(number, case))


@pytest.mark.parametrize(
    ("number", "base_url", "url"),
    [
        (16, "https://api.z.ai", "https://api.z.ai/api/anthropic/v1/messages"),
        (25, "https://api.moonshot.ai", "https://api.moonshot.ai/anthropic/v1/messages"),
        (27, "https://api.minimax.io", "https://api.minimax.io/anthropic/v1/messages"),
        (36, "https://api.deepseek.com/beta", "https://api.deepseek.com/anthropic/v1/messages"),
        (40, "https://ark.cn-beijing.volces.com/api/coding/v3", CASES[40].url),
        (44, "https://api.siliconflow.com/v1/", "https://api.siliconflow.com/v1/messages"),
        (
            49,
            "https://dashscope-intl.aliyuncs.com",
            "https://dashscope-intl.aliyuncs.com/apps/anthropic/v1/messages",
        ),
    ],
)
async def test_the_address_follows_the_providers_own_base_urls(number: int, base_url: str, url: str) -> None:
    case = CASES[number]
    assert (
        await sent(messages(case.model), channel(number, case, base_url=base_url))
    ).url == f"{url}?beta=true"


async def test_the_usual_addresses_of_ark_have_no_second_one() -> None:
    found = await sent(messages("doubao-seed-1.6"), Channel(7, 40, KEY, 1, "c"))
    assert found.url == "https://ark.cn-beijing.volces.com/api/v3/chat/completions"


@pytest.mark.parametrize(("given", "taken"), [(0, 0.01), (0.5, 0.5), (1, 1)])
async def test_minimax_refuses_a_temperature_of_zero(given: float, taken: float) -> None:
    found = await sent(messages("MiniMax-M2", temperature=given), channel(27, CASES[27]))
    assert json.loads(found.body or b"")["temperature"] == taken


async def test_a_mapped_model_is_named_in_the_body_and_nothing_else_changes() -> None:
    to = channel(36, CASES[36], model_mapping={"claude-sonnet-4-5": "deepseek-chat"})
    request = messages("claude-sonnet-4-5")
    found = await sent(request, to)
    assert json.loads(found.body or b"") == {**request.fields, "model": "deepseek-chat"}


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("", "https://api.deepseek.com/beta/completions"),
        ("https://api.deepseek.com/beta", "https://api.deepseek.com/beta/completions"),
        ("https://other.example", "https://other.example/v1/completions"),
    ],
)
async def test_deepseek_serves_completions_at_a_separate_address(base_url: str, url: str) -> None:
    transport = MockTransport()
    transport.answer(200, JSON, b'{"choices":[{"text":"x","finish_reason":"stop"}]}')
    request = asked(Work.COMPLETE, fields={"model": "m", "prompt": "a", "suffix": "b"})
    await whole(await call(transport, request, Channel(7, 36, KEY, 1, "c", base_url=base_url)))
    assert transport.requests[0].url == url
    assert json.loads(transport.requests[0].body or b"")["suffix"] == "b"
