"""What answers cost on a new installation, from the provider's bytes to the log row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import frozen

from tests.support.gateway.server import NO_TLS, Administrator, running
from tests.support.providers.upstream import json_reply, running_upstream, sse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.providers.upstream import ProgrammableUpstream

HELLO = [{"role": "user", "content": "hello"}]
MODELS = "gpt-4o,nobodys-model,gpt-image-1,gpt-5-2031-08-07,acme/brand-new:free"


@frozen
class Site:
    url: str
    upstream: ProgrammableUpstream
    admin: Administrator
    key: str

    def ask(self, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": self.key, "Accept-Language": "en"}
        return httpx.post(self.url + path, json=body, headers=headers, timeout=15, verify=NO_TLS)

    def bill(self, usage: Any, content: str = "hi", *, model: str = "gpt-4o", **body: Any) -> dict[str, Any]:
        """The log row of one chat whose answer reports ``usage``."""
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = {"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}
        self.upstream.enqueue(json_reply(answer))
        assert self.ask("/v1/chat/completions", model=model, messages=HELLO, **body).status_code == 200
        return self.admin.consumed()[0]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_upstream() as upstream, running(tmp_path_factory.mktemp("gateway")) as gateway:
        admin = Administrator(gateway.url, any_model=False)
        admin.add_channel(upstream.url, MODELS)
        yield Site(gateway.url, upstream, admin, admin.add_token())


def test_a_model_without_a_price_is_refused_before_the_provider_is_asked(site: Site) -> None:
    site.upstream.forget()
    rows = len(site.admin.consumed())
    answer = site.ask("/v1/chat/completions", model="nobodys-model", messages=HELLO)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_not_priced")
    assert "ask the root administrator to set its ratio" in answer.json()["error"]["message"]
    assert not site.upstream.requests
    assert len(site.admin.consumed()) == rows


def test_a_model_is_served_as_soon_as_the_operator_has_priced_it(site: Site) -> None:
    site.admin.set_option("ModelRatio", '{"nobodys-model": 2}')
    try:
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        assert site.bill(usage, model="nobodys-model")["quota"] == 30
    finally:
        site.admin.set_option("ModelRatio", "{}")


def test_free_variants_and_dated_names_are_priced(site: Site) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 0, "total_tokens": 1000}
    assert site.bill(usage, model="acme/brand-new:free")["quota"] == 0
    assert site.bill(usage, model="gpt-5-2031-08-07")["quota"] == 625, "1.25 dollars a million"


def test_usage_with_only_a_total_is_split_by_the_counted_prompt(site: Site) -> None:
    row = site.bill({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 100})
    assert row["prompt_tokens"] + row["completion_tokens"] == 100
    assert 0 < row["prompt_tokens"] < 20
    expected = (row["prompt_tokens"] + 4 * row["completion_tokens"]) * 2.5
    assert abs(row["quota"] - expected) <= 1


def test_an_empty_answer_with_zero_usage_is_free(site: Site) -> None:
    zeros = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    assert site.bill(zeros, "")["quota"] == 0
    assert site.bill(zeros, "some words")["quota"] > 0
    assert site.bill(None, "")["quota"] > 0


def test_an_image_is_billed_by_its_tokens(site: Site) -> None:
    usage = {
        "input_tokens": 50,
        "output_tokens": 1056,
        "total_tokens": 1106,
        "input_tokens_details": {"text_tokens": 10, "image_tokens": 40},
    }
    site.upstream.enqueue(json_reply({"created": 1, "data": [{"b64_json": "AAAA"}], "usage": usage}))
    answer = site.ask("/v1/images/generations", model="gpt-image-1", prompt="a cat")
    assert answer.status_code == 200
    row = site.admin.consumed()[0]
    assert (row["prompt_tokens"], row["completion_tokens"]) == (50, 1056)
    assert row["quota"] == 10 * 2.5 + 40 * 5 + 1056 * 20


def test_a_stream_is_billed_by_the_usage_of_its_last_choice(site: Site) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
    first = {"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}]}
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage}]}
    site.upstream.enqueue(sse([first, last]))
    assert site.ask("/v1/chat/completions", model="gpt-4o", messages=HELLO, stream=True).status_code == 200
    row = site.admin.consumed()[0]
    assert (row["prompt_tokens"], row["completion_tokens"], row["quota"]) == (1000, 200, 4500)
