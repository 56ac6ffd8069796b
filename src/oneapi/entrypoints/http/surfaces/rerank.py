"""Rerankings, for clients of Cohere, Jina, vLLM and others, whose formats hardly differ.

https://docs.cohere.com/reference/rerank, https://api.jina.ai/redoc
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.reranking import RERANKINGS
from oneapi.adapters.dialects.reranking.clients import RERANK_V1, RERANK_V2
from oneapi.domain.requests import RelayRequest
from oneapi.domain.work import Work
from oneapi.entrypoints.http.bodies import decoded
from oneapi.entrypoints.http.relay.bodies import read_model
from oneapi.entrypoints.http.relay.members import scan
from oneapi.entrypoints.http.request import credential
from oneapi.entrypoints.http.surfaces.interface import Surface
from oneapi.entrypoints.http.surfaces.openai import OPENAI, PASSED_HEADERS

if TYPE_CHECKING:
    from sanic import Request

    from oneapi.application.relay.authentication import Caller
    from oneapi.application.relay.serving import Admission
    from oneapi.domain.errors import GatewayError
    from oneapi.entrypoints.http.surfaces.interface import Admits

#: Clients of Cohere's put the version behind the base URL themselves, also behind one that ends with ``/v1``.
DIALECTS = {
    "/rerank": RERANK_V1,
    "/v1/rerank": RERANK_V1,
    "/v1/v1/rerank": RERANK_V1,
    "/v2/rerank": RERANK_V2,
    "/v1/v2/rerank": RERANK_V2,
}
#: Every field that the gateway reads, and those that change what a provider does.
FIELDS = frozenset(
    """
    documents max_chunks_per_doc max_tokens_per_doc model priority query rank_fields return_documents top_n truncate
    truncate_prompt_tokens truncation
    """.split()
)


def read(
    relay: Admits, caller: Caller, request: Request, work: Work, body: bytes, _in_path: str
) -> tuple[Admission, RelayRequest]:
    scanned = scan(body, FIELDS)
    model = read_model(scanned.members.get("model"))
    admission = relay.admit(caller, model)
    fields: dict[str, Any] = decoded(scanned.body)
    dialect = DIALECTS[request.path]
    RERANKINGS[dialect].read_request(fields)
    return admission, RelayRequest(
        work=work,
        dialect=dialect,
        model=model,
        body=scanned.body,
        fields=fields,
        method=request.method,
        path=request.path,
        headers={name: request.headers[name] for name in PASSED_HEADERS if name in request.headers},
        user_id=caller.account.user.id,
    )


def error(error: GatewayError, language: str, request_id: str) -> tuple[int, bytes]:
    """The error in OpenAI's format, with the message also in the place where Cohere's clients look for it."""
    status, body = OPENAI.error(error, language, request_id)
    told = msgspec.json.decode(body)
    return status, msgspec.json.encode({"message": told["error"]["message"], **told})


RERANK = Surface(
    routes=dict.fromkeys(DIALECTS, Work.RERANK),
    credential=credential,
    read=read,
    error=error,
    error_event=OPENAI.error_event,
    heartbeat=OPENAI.heartbeat,
)
