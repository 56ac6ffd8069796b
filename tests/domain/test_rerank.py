"""What a reranking is billed as if the provider reports no usage."""

from __future__ import annotations

import pytest

from oneapi.domain.rerank import searches


@pytest.mark.parametrize(("documents", "billed"), [(1, 1), (100, 1), (101, 2), (10_000, 100)])
def test_a_search_is_a_query_with_a_hundred_documents(documents: int, billed: int) -> None:
    assert searches(documents) == billed
