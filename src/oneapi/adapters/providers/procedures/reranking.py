"""Reranking in one call: with the client's own bytes for providers of its format, with a translation for all others."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import evolve

from oneapi.adapters.dialects.patch import patch
from oneapi.adapters.dialects.reranking import RERANKINGS
from oneapi.adapters.dialects.reranking.wire import read_usage
from oneapi.adapters.providers.calls import JSON, Outgoing, PassedOn
from oneapi.adapters.providers.offers import Offer
from oneapi.domain.errors import UnsupportedFeature, UpstreamGarbage
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from oneapi.adapters.dialects.reranking.wire import Reranker
    from oneapi.adapters.providers.calls import Job, Procedure

_VERSION, _VERSIONED = re.compile(r"/v\d+$"), re.compile(r"/v\d+/")
#: A path below the base URL, or a function that returns the whole URL.
Address = str | Callable[["Job"], str]


def reranking(reranker: Reranker, address: Address, *, ranks_fields: bool = False, **terms: Any) -> Offer:
    """An offer to rerank in the format of ``reranker``; ``terms`` are further fields of the offer.

    ``ranks_fields``: the provider ranks objects by the fields that ``rank_fields`` names.
    """

    def procedure(job: Job) -> Procedure:
        if not ranks_fields and job.fields.get("rank_fields"):
            raise UnsupportedFeature(feature="rank_fields")
        url = _below(job.base_url, address) if isinstance(address, str) else address(job)
        return _passed(job, url) if job.request.dialect == reranker.name else _translated(job, url, reranker)

    return Offer(Work.RERANK, reranker.name, procedure=procedure, **terms)


def _below(base_url: str, path: str) -> str:
    """The URL of ``path``; a version at the end of the base URL is not repeated."""
    return _VERSION.sub("", base_url) + path if _VERSIONED.match(path) else base_url + path


def _passed(job: Job, url: str) -> Procedure:
    request = job.request
    body = request.body if job.model == request.model else patch(request.body, {"model": job.model})
    heard = yield Outgoing("POST", url, JSON, body)
    answer = heard.json()
    if not isinstance(answer.get("results"), list):
        raise UpstreamGarbage("the answer has no results")
    return PassedOn(heard, read_usage(answer))


def _translated(job: Job, url: str, reranker: Reranker) -> Procedure:
    asked = RERANKINGS[job.request.dialect].read_request(job.fields)
    fields = reranker.write_request(asked, job.model)
    heard = yield evolve(job.post("", fields), url=url)
    left_out = tuple(name for name in asked.limits if name not in reranker.limits)
    return evolve(reranker.read_reply(heard.body, asked), left_out=left_out)
