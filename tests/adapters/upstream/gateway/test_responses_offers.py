"""Providers of OpenAI's Responses: clients' bytes pass, and content encrypted by one account goes to no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve, frozen

from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.errors import EncryptedElsewhere, UpstreamError, UpstreamRefusal
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from tests.adapters.upstream.gateway_calls import EVENTS, JSON, REPLY, asked, call, whole

if TYPE_CHECKING:
    from oneapi.adapters.transport.mock import SentRequest

NAME = "responses"


@frozen
class Case:
    model: str
    url: str
    auth: tuple[str, str]
    base_url: str = ""


BEARER = ("authorization", "Bearer sk-1")
CASES = {
    1: Case("gpt-4o", "https://api.openai.com/v1/responses", BEARER),
    3: Case(
        "my-deployment",
        "https://me.openai.azure.com/openai/v1/responses",
        ("api-key", "sk-1"),
        "https://me.openai.azure.com",
    ),
    20: Case("openai/gpt-5", "https://openrouter.ai/api/v1/responses", BEARER),
    45: Case("grok-4", "https://api.x.ai/v1/responses", BEARER),
    49: Case("qwen-plus", "https://dashscope.aliyuncs.com/compatible-mode/v1/responses", BEARER),
}
EVERY = pytest.mark.parametrize(("number", "case"), CASES.items(), ids=[SPECS[each].id for each in CASES])
USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
RESPONSE = {"id": "resp_up", "object": "response", "status": "completed", "output": [], "usage": USAGE}
STREAM = (
    b'event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{"id":"r","u":1.0}}\n\n',
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"hi","pad":"x"}\n\n',
    b'event: response.of_its_own\ndata: {"type":"response.of_its_own","y":1}\n\n',
    b'event: response.completed\ndata: {"type":"response.completed","sequence_number":9,"response":'
    + json.dumps(RESPONSE).encode()
    + b"}\n\n",
)
OPENAI = Channel(7, 1, "sk-1", 1, "c")
FUNCTION = {"type": "function", "name": "f", "parameters": None, "strict": None}
CUSTOM = {"type": "custom", "name": "apply_patch"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAA"}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"}
SAID = {"role": "user", "content": 'why "encrypted_content":"x"?'}


def channel(number: int, case: Case, **changes: Any) -> Channel:
    return evolve(Channel(7, number, "sk-1", 1, "c", base_url=case.base_url), **changes)


def asking(model: str = "gpt-4o", work: Work = Work.CONVERSE, **fields: Any) -> RelayRequest:
    body = json.dumps({"model": model, "input": "hi", **fields}, indent=1).encode()
    headers = {"content-type": "application/json", "openai-beta": "responses_multi_agent=v1"}
    return RelayRequest(
        work, NAME, model, body, fields=json.loads(body), stream=bool(fields.get("stream")),
        include_usage=True, path="/v1/responses", query="beta=true", headers=headers,
    )  # fmt: skip


async def sent(request: RelayRequest, to: Channel) -> SentRequest:
    transport = MockTransport()
    transport.answer(500, JSON, b"{}")
    with pytest.raises(UpstreamError):
        await call(transport, request, to)
    [found] = transport.requests
    return found


def body_of(found: SentRequest) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(found.body or b"")
    return body


def test_every_offer_is_tried() -> None:
    opened = {
        number
        for number, spec in SPECS.items()
        if any(offer.dialect == NAME and offer.at for offer in spec.offers)
    }
    assert opened == set(CASES)


@EVERY
async def test_bytes_pass(number: int, case: Case) -> None:
    transport = MockTransport()
    transport.answer(200, JSON, json.dumps(RESPONSE, indent=2).encode())
    request = asking(case.model, unknown={"b": 1.0, "a": [1]}, tools=[FUNCTION])
    answer = await call(transport, request, channel(number, case))
    assert await whole(answer) == json.dumps(RESPONSE, indent=2).encode()
    assert answer.usage is not None
    assert (answer.usage.prompt, answer.usage.completion) == (3, 4)
    [found] = transport.requests
    assert found.url == case.url + "?beta=true"
    assert found.body == request.body
    headers = dict(found.headers)
    assert headers[case.auth[0]] == case.auth[1]
    assert headers["openai-beta"] == "responses_multi_agent=v1"


@EVERY
async def test_events_pass(number: int, case: Case) -> None:
    transport = MockTransport()
    transport.answer(200, EVENTS, *STREAM)
    answer = await call(transport, asking(case.model, stream=True), channel(number, case))
    assert await whole(answer) + answer.end_marker == b"".join(STREAM)
    assert answer.usage is not None
    assert (answer.usage.prompt, answer.usage.completion) == (3, 4)


@EVERY
async def test_clients_of_chat_are_served_as_before(number: int, case: Case) -> None:
    fields = {"model": case.model, "messages": [{"role": "user", "content": "hi"}]}
    to = channel(number, case, config={"api_version": "2025-01-01"})
    found = await sent(asked(fields=fields, model=case.model), to)
    assert "/chat/completions" in found.url
    assert "openai-beta" not in dict(found.headers)


@EVERY
async def test_at_another_base_url_the_operator_has_to_say_so(number: int, case: Case) -> None:
    own = channel(number, case, base_url="https://proxy.example/x", config={"api_version": "2025-01-01"})
    assert "/chat/completions" in (await sent(asking(case.model), own)).url
    if number in (1, 3):
        opened = evolve(own, config={**own.config, NAME: " Yes "})
        path = case.url.partition(".com")[2]
        assert (await sent(asking(case.model), opened)).url == f"https://proxy.example/x{path}?beta=true"


@pytest.mark.parametrize(
    ("number", "base_url", "url"),
    [
        (1, "https://api.openai.com/v1/", "https://api.openai.com/v1/responses"),
        (1, "https://eu.api.openai.com", "https://eu.api.openai.com/v1/responses"),
        (1, "https://api.openai.com.evil.example", ""),
        (1, "https://a.b.api.openai.com", ""),
        (3, "https://me.services.ai.azure.com", "https://me.services.ai.azure.com/openai/v1/responses"),
        (8, "https://llm.example", ""),
        (50, "https://llm.example/v1", ""),
    ],
)
async def test_where_it_stands(number: int, base_url: str, url: str) -> None:
    to = Channel(7, number, "sk-1", 1, "c", base_url=base_url, config={"api_version": "2025-01-01"})
    found = (await sent(asking(), to)).url
    assert found == url + "?beta=true" if url else "/chat/completions" in found


@pytest.mark.parametrize("number", [8, 50])
async def test_other_servers_that_speak_it(number: int) -> None:
    to = Channel(7, number, "sk-1", 1, "c", base_url="http://127.0.0.1:8000/v1", config={NAME: "yes"})
    assert (await sent(asking(), to)).url == "http://127.0.0.1:8000/v1/responses?beta=true"


async def test_the_model_and_the_prompt_of_a_channel() -> None:
    to = evolve(OPENAI, model_mapping={"gpt-4o": "gpt-5"}, system_prompt="Be brief.")
    found = body_of(await sent(asking(instructions="Be long.", unknown=1), to))
    assert found == {"model": "gpt-5", "input": "hi", "instructions": "Be brief.", "unknown": 1}


async def test_a_provider_that_knows_functions_only_gets_other_tools_as_functions() -> None:
    to = channel(45, CASES[45])
    assert body_of(await sent(asking("grok-4", tools=[CUSTOM]), to))["tools"][0]["type"] == "function"
    assert body_of(await sent(asking("grok-4", tools=[FUNCTION]), to))["tools"] == [FUNCTION]


async def test_tokens_are_counted_by_openai() -> None:
    transport = MockTransport()
    transport.answer(200, JSON, b'{"object":"response.input_tokens","input_tokens":11}')
    request = asking(work=Work.COUNT)
    answer = await call(transport, request, OPENAI)
    assert json.loads(await whole(answer))["input_tokens"] == 11
    assert transport.requests[0].url == "https://api.openai.com/v1/responses/input_tokens?beta=true"
    assert transport.requests[0].body == request.body


class TestOnlyHere:
    """Models that no other API serves."""

    @pytest.mark.parametrize("model", ["o3-pro", "gpt-5-codex", "gpt-5.1-codex-max", "o1-pro-2025-03-19"])
    async def test_are_asked_here_for_clients_of_chat(self, model: str) -> None:
        fields = {"model": model, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 64}
        for base_url in ("", "https://proxy.example"):
            to = evolve(OPENAI, base_url=base_url)
            found = await sent(asked(fields=fields, model=model), to)
            assert found.url == f"{base_url or 'https://api.openai.com'}/v1/responses"
            body = body_of(found)
            assert (body["store"], body["max_output_tokens"]) == (False, 64)
            assert body["include"] == ["reasoning.encrypted_content"]

    async def test_others_are_not(self) -> None:
        transport = MockTransport()
        transport.answer(200, JSON, REPLY)
        await call(transport, asked(), OPENAI)
        assert transport.requests[0].url == "https://api.openai.com/v1/chat/completions"


class TestKeptHere:
    """``store``: the gateway reports whether it stores an answer, and the upstream stores none."""

    async def test_the_upstream_keeps_nothing_and_the_client_reads_what_is_true(self) -> None:
        transport = MockTransport()
        told = {**RESPONSE, "store": False, "previous_response_id": None}
        transport.answer(200, JSON, json.dumps(told).encode())
        request = asking(store=True, previous_response_id="resp_before")
        answer = json.loads(await whole(await call(transport, request, OPENAI)))
        assert answer == {**told, "store": True, "previous_response_id": "resp_before"}
        assert body_of(transport.requests[0])["store"] is False

    @pytest.mark.parametrize(
        ("model", "given", "asked_for"),
        [
            ("gpt-5", None, ["reasoning.encrypted_content"]),
            ("o3", ["x"], ["x", "reasoning.encrypted_content"]),
            ("gpt-4o", None, None),
            ("gpt-5-chat-latest", None, None),
        ],
    )
    async def test_thoughts_come_so_that_they_can_come_back(
        self, model: str, given: list[str] | None, asked_for: list[str] | None
    ) -> None:
        fields: dict[str, Any] = {"include": given} if given else {}
        assert body_of(await sent(asking(model, store=True, **fields), OPENAI)).get("include") == asked_for
        assert body_of(await sent(asking(model, store=False, **fields), OPENAI)).get("include") == given

    async def test_in_every_event_of_its_life(self) -> None:
        transport = MockTransport()
        transport.answer(200, EVENTS, *STREAM)
        text = (await whole(await call(transport, asking(store=True, stream=True), OPENAI))).decode()
        events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
        assert [event["response"]["store"] for event in events if "response" in event] == [True, True]

    async def test_nothing_changes_where_the_client_wants_nothing_kept(self) -> None:
        request = asking(store=False)
        assert (await sent(request, OPENAI)).body == request.body


class TestEncrypted:
    """``encrypted_content`` is returned only to the account that made it."""

    MARK = f"{NAME}-{OPENAI.account_mark}."
    OTHER = evolve(OPENAI, key="sk-2")

    async def test_is_marked_on_its_way_to_the_client(self) -> None:
        transport = MockTransport()
        of_a_kind_unknown = {"type": "new", "content": SAID["content"]}
        response = {**RESPONSE, "output": [THOUGHT, of_a_kind_unknown]}
        done = {"type": "response.output_item.done", "item": THOUGHT}
        end = {"type": "response.completed", "response": response}
        transport.answer(200, EVENTS, *(b"data: %b\n\n" % json.dumps(each).encode() for each in (done, end)))
        streamed = (await whole(await call(transport, asking(stream=True), OPENAI))).decode()
        assert streamed.count(f'"{self.MARK}gAA"') == 2
        transport.answer(200, JSON, json.dumps(response).encode())
        answer = json.loads(await whole(await call(transport, asking(), OPENAI)))
        assert answer["output"] == [
            {**THOUGHT, "encrypted_content": self.MARK + "gAA"},
            of_a_kind_unknown,
        ]
        assert OPENAI.key not in streamed

    async def test_goes_back_as_it_came(self) -> None:
        items = [SAID, {**THOUGHT, "encrypted_content": self.MARK + "gAA"}, CALL]
        found = await sent(asking(input=items), OPENAI)
        assert body_of(found)["input"] == [SAID, THOUGHT, CALL]

    async def test_is_left_out_of_what_goes_elsewhere_and_said_so(self) -> None:
        items = [SAID, {**THOUGHT, "encrypted_content": self.MARK + "gAA"}, CALL, SAID]
        transport = MockTransport()
        transport.answer(200, JSON, json.dumps(RESPONSE).encode())
        answer = await call(transport, asking(input=items), self.OTHER)
        call_without_id = {name: value for name, value in CALL.items() if name != "id"}
        assert body_of(transport.requests[0])["input"] == [SAID, call_without_id, SAID]
        assert answer.left_out == ("reasoning of another account",)

    @pytest.mark.parametrize("content", ["signed.gemini.x", "hidden.x", ""])
    async def test_so_are_thoughts_of_other_providers_and_those_that_were_kept_nowhere(
        self, content: str
    ) -> None:
        found = await sent(asking(input=[SAID, {**THOUGHT, "encrypted_content": content}]), OPENAI)
        assert body_of(found)["input"] == [SAID]

    async def test_what_the_client_had_from_elsewhere_passes(self) -> None:
        request = asking(input=[SAID, THOUGHT])
        assert (await sent(request, OPENAI)).body == request.body

    async def test_a_conversation_that_is_nothing_else_goes_to_its_account_only(self) -> None:
        compacted = {"type": "compaction", "encrypted_content": self.MARK + "gAA"}
        request = asking(input=[compacted, SAID])
        found = await sent(request, OPENAI)
        assert body_of(found)["input"] == [{**compacted, "encrypted_content": "gAA"}, SAID]
        with pytest.raises(EncryptedElsewhere):
            await call(MockTransport(), request, self.OTHER)

    async def test_for_clients_of_other_formats_too(self) -> None:
        transport = MockTransport()
        answer = {**RESPONSE, "output": [THOUGHT, CALL]}
        transport.answer(200, JSON, json.dumps(answer).encode())
        fields = {"model": "o3-pro", "max_tokens": 99, "messages": [{"role": "user", "content": "hi"}]}
        request = RelayRequest(
            Work.CONVERSE, "anthropic", "o3-pro", json.dumps(fields).encode(), fields=fields
        )
        message = json.loads(await whole(await call(transport, request, OPENAI)))
        assert message["content"][0]["signature"] == f"{self.MARK}rs_1.gAA"
        turns = [
            *fields["messages"],  # type: ignore[misc]  # a list
            {"role": "assistant", "content": message["content"]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "4"}]},
        ]
        again = evolve(request, fields={**fields, "messages": turns})
        assert "gAA" in json.dumps(body_of(await sent(again, OPENAI)))
        assert "gAA" not in json.dumps(body_of(await sent(again, self.OTHER)))


async def test_what_a_failed_response_reports_has_its_price() -> None:
    transport = MockTransport()
    failed = {
        "id": "resp_up",
        "status": "failed",
        "error": {"code": "server_error", "message": "no"},
        "usage": USAGE,
    }
    end = b"data: %b\n\n" % json.dumps({"type": "response.failed", "response": failed}).encode()
    transport.answer(200, EVENTS, *STREAM[:2], end)
    answer = await call(transport, asking(stream=True), OPENAI)
    with pytest.raises(UpstreamRefusal):
        await answer.read()
    assert answer.usage is not None
    assert (answer.usage.prompt, answer.usage.completion) == (3, 4)


async def test_a_limit_that_left_no_room_is_an_answer() -> None:
    transport = MockTransport()
    cut = {**RESPONSE, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    transport.answer(200, JSON, json.dumps(cut).encode())
    answer = await call(transport, asking(), OPENAI)
    assert json.loads(await whole(answer)) == cut
    assert answer.usage is not None
    assert answer.usage.completion == 4
