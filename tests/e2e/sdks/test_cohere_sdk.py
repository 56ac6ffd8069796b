"""Cohere's own SDK, both of its versions, over channels of several formats; and clients of the other formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cohere
import httpx
import pytest
from cohere.core.api_error import ApiError

from tests.support.providers.upstream import json_reply

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

V1, V2 = "/v1/rerank", "/v2/rerank"
OTHERS, COHERES, TEI = "bge-reranker-v2-m3", "rerank-v3.5", "tei-reranker"
COHERE_TYPE, CUSTOM_TYPE = 35, 8
FIRST, SECOND = cohere.Client, cohere.ClientV2
DOCUMENTS = ["one", "two"]
RESULTS = [{"index": 1, "relevance_score": 0.75}, {"index": 0, "relevance_score": 0.25}]
JINA = {"model": OTHERS, "results": RESULTS, "usage": {"total_tokens": 40}}
SEARCH = {
    "id": "r",
    "results": RESULTS,
    "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
}


@pytest.fixture(scope="session")
def shared_rerankers(shared_site: Site) -> Site:
    """The site with additional channels to servers of three formats."""
    admin, url = shared_site.admin, shared_site.upstream.url
    admin.add_channel(url, OTHERS, name="vllm")
    admin.add_channel(url, COHERES, type=COHERE_TYPE, name="cohere")
    admin.add_channel(url, TEI, type=CUSTOM_TYPE, name="tei", config='{"rerank_format": "tei"}')
    return shared_site


@pytest.fixture
def rerankers(site: Site, shared_rerankers: Site) -> Site:  # noqa: ARG001  # it forgets earlier requests
    return shared_rerankers


def rerank(kind: type[cohere.Client], site: Site, below: str = "", key: str = "", **asked: Any) -> Any:
    """The answer to a client of one version. The SDK's types do not say which members it has."""
    with httpx.Client(timeout=20) as http:
        client = kind(api_key=key or site.key, base_url=site.gateway.url + below, httpx_client=http)
        return client.rerank(
            query=asked.pop("query", "q"), documents=asked.pop("documents", DOCUMENTS), **asked
        )


def ranking(answer: Any) -> list[tuple[int, float]]:
    return [(each.index, each.relevance_score) for each in answer.results]


def post(site: Site, path: str, body: Any, **headers: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {site.key}", **headers}
    return httpx.post(site.gateway.url + path, json=body, headers=headers, timeout=20)


class TestSecondVersion:
    def test_bytes_pass_to_cohere_and_searches_are_billed_once(self, rerankers: Site) -> None:
        rerankers.upstream.always(V2, json_reply(SEARCH))
        before, charges = rerankers.quota(), rerankers.charges()
        answer = rerank(SECOND, rerankers, model=COHERES, top_n=2, max_tokens_per_doc=512)
        assert ranking(answer) == [(1, 0.75), (0, 0.25)]
        assert answer.meta.billed_units.search_units == 1
        assert rerankers.last.json() == {
            "model": COHERES, "query": "q", "documents": DOCUMENTS, "top_n": 2, "max_tokens_per_doc": 512,
        }  # fmt: skip
        charge = rerankers.newest_charge()
        assert (charge["prompt_tokens"], charge["completion_tokens"]) == (1000, 0)
        assert charge["quota"] == 1000  # $0.002, as Cohere's list says
        assert (rerankers.quota(), rerankers.charges()) == (before - 1000, charges + 1)

    def test_translated_for_servers_of_jinas_format(self, rerankers: Site) -> None:
        rerankers.upstream.always(V1, json_reply(JINA))
        answer = rerank(SECOND, rerankers, model=OTHERS, top_n=1)
        assert ranking(answer) == [(1, 0.75)]
        assert rerankers.last.json() == {
            "model": OTHERS, "query": "q", "documents": DOCUMENTS, "top_n": 1, "return_documents": False,
        }  # fmt: skip
        assert rerankers.newest_charge()["prompt_tokens"] == 40

    async def test_asynchronously(self, rerankers: Site) -> None:
        rerankers.upstream.always(V1, json_reply(JINA))
        async with httpx.AsyncClient(timeout=20) as http:
            client = cohere.AsyncClientV2(
                api_key=rerankers.key, base_url=rerankers.gateway.url, httpx_client=http
            )
            answer = await client.rerank(model=OTHERS, query="q", documents=DOCUMENTS)
        assert ranking(answer) == [(1, 0.75), (0, 0.25)]

    def test_with_a_base_url_that_ends_like_openais(self, rerankers: Site) -> None:
        rerankers.upstream.always(V2, json_reply(SEARCH))
        assert len(rerank(SECOND, rerankers, "/v1", model=COHERES).results) == 2

    def test_tokens_are_counted_for_the_query_with_each_document_if_no_provider_counts(
        self, rerankers: Site
    ) -> None:
        rerankers.upstream.always(
            "/rerank", json_reply([{"index": 0, "score": 0.5}, {"index": 1, "score": 0.75}])
        )
        answer = rerank(SECOND, rerankers, model=TEI, query="red red red", documents=["blue", "blue blue"])
        assert ranking(answer) == [(1, 0.75), (0, 0.5)]
        assert rerankers.last.json() == {
            "query": "red red red", "texts": ["blue", "blue blue"], "truncate": True,
        }  # fmt: skip
        assert rerankers.newest_charge()["prompt_tokens"] == 2 * 3 + 1 + 2


class TestFirstVersion:
    @pytest.mark.parametrize("below", ["", "/v1"])
    def test_documents_come_back(self, rerankers: Site, below: str) -> None:
        rerankers.upstream.always(
            "/rerank", json_reply([{"index": 0, "score": 0.5}, {"index": 1, "score": 0.75}])
        )
        answer = rerank(
            FIRST,
            rerankers,
            below,
            model=TEI,
            query="q",
            documents=["one", {"text": "two", "of": "mine"}],
            return_documents=True,
        )
        assert answer.results[0].document.text == "two"
        assert answer.results[0].document.of == "mine"
        assert answer.results[1].document.text == "one"

    def test_ranks_fields_at_cohere(self, rerankers: Site) -> None:
        rerankers.upstream.always(V1, json_reply(SEARCH))
        rerank(
            FIRST,
            rerankers,
            model=COHERES,
            query="q",
            documents=[{"title": "a"}, {"title": "b"}],
            rank_fields=["title"],
        )
        assert rerankers.last.json()["rank_fields"] == ["title"]

    def test_ranks_fields_nowhere_else(self, rerankers: Site) -> None:
        with pytest.raises(ApiError) as caught:
            rerank(
                FIRST, rerankers, model=OTHERS, query="q", documents=[{"title": "a"}], rank_fields=["title"]
            )
        assert caught.value.status_code == 400
        assert "rank_fields" in caught.value.body["message"]
        assert not rerankers.upstream.requests


class TestOtherClients:
    """Clients of Jina, vLLM, Dify and LangChain send plain requests."""

    @pytest.mark.parametrize("path", ["/v1/rerank", "/rerank"])
    def test_bytes_pass(self, rerankers: Site, path: str) -> None:
        answer = {**JINA, "of": "tomorrow"}
        rerankers.upstream.always(V1, json_reply(answer))
        asked = {
            "model": OTHERS,
            "query": "q",
            "documents": [{"text": "a"}, {"image": "https://i"}],
            "late": 1,
        }
        told = post(rerankers, path, asked)
        assert (told.json(), rerankers.last.json()) == (answer, asked)

    def test_an_upstreams_refusal_keeps_its_status_and_costs_nothing(self, rerankers: Site) -> None:
        refusal = {"message": "top_n is too large"}
        rerankers.upstream.always(V2, json_reply(refusal, status=422))
        before = rerankers.quota()
        with pytest.raises(cohere.UnprocessableEntityError) as caught:
            rerank(SECOND, rerankers, model=COHERES)
        assert "top_n is too large" in str(caught.value.body)
        assert rerankers.quota() == before

    def test_an_answer_without_results_is_free(self, rerankers: Site) -> None:
        rerankers.upstream.always(V1, json_reply({"results": None}))
        before = rerankers.quota()
        told = post(rerankers, V1, {"model": OTHERS, "query": "q", "documents": DOCUMENTS})
        assert told.status_code == 502
        assert rerankers.quota() == before

    def test_a_wrong_key(self, rerankers: Site) -> None:
        with pytest.raises(cohere.UnauthorizedError):
            rerank(SECOND, rerankers, key="sk-wrong", model=OTHERS)

    @pytest.mark.parametrize(
        ("changes", "param"),
        [
            ({"query": ""}, "query"),
            ({"query": 1}, "query"),
            ({"documents": []}, "documents"),
            ({"documents": "one"}, "documents"),
            ({"documents": ["one", 2]}, "documents.1"),
            ({"documents": ["x"] * 10_001}, "documents"),
            ({"top_n": 0}, "top_n"),
            ({"top_n": "2"}, "top_n"),
            ({"return_documents": "yes"}, "return_documents"),
            ({"max_tokens_per_doc": -1}, "max_tokens_per_doc"),
            ({"max_chunks_per_doc": 1.5}, "max_chunks_per_doc"),
            ({"rank_fields": [1]}, "rank_fields"),
            ({"model": 1}, "model"),
        ],
    )
    @pytest.mark.parametrize("path", [V1, V2])
    def test_invalid_requests_are_refused_by_name_and_cost_nothing(
        self, rerankers: Site, path: str, changes: dict[str, Any], param: str
    ) -> None:
        before = rerankers.quota()
        told = post(rerankers, path, {"model": OTHERS, "query": "q", "documents": DOCUMENTS} | changes)
        assert told.status_code == 400, told.text
        body = told.json()
        assert body["error"]["param"] == param
        assert param.partition(".")[0] in body["message"] == body["error"]["message"]
        assert not rerankers.upstream.requests
        assert rerankers.quota() == before

    def test_a_model_that_no_channel_serves(self, rerankers: Site) -> None:
        told = post(rerankers, V2, {"model": "unknown", "query": "q", "documents": DOCUMENTS})
        assert told.status_code >= 400
        assert told.json()["message"]

    def test_a_channel_that_does_not_rerank_is_not_used(self, claude: Site) -> None:
        told = post(claude, V2, {"model": "claude-opus-5-5", "query": "q", "documents": DOCUMENTS})
        assert told.status_code == 400
        assert "rerank" in told.json()["message"]
