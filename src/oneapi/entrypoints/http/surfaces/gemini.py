"""Google's Gemini API, as Gemini CLI and Google's SDKs call it.

https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/troubleshooting
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.dialects.embeddings.gemini import BATCH, NEEDED, PREDICT, SINGLE
from oneapi.adapters.dialects.gemini.answer import error_fields
from oneapi.adapters.dialects.gemini.wire import NAME, either, snake
from oneapi.domain.errors import (
    GatewayError,
    InvalidParameter,
    NoChannel,
    QuotaError,
    TokenExhausted,
    TokenSpent,
    UnpricedModel,
    UnsupportedFeature,
)
from oneapi.domain.requests import RelayRequest
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import event_fields, status_of, text_of
from oneapi.entrypoints.http.bodies import decoded
from oneapi.entrypoints.http.relay.bodies import MOST_MESSAGES, MOST_TOKENS
from oneapi.entrypoints.http.relay.members import scan
from oneapi.entrypoints.http.surfaces.interface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sanic import Request

    from oneapi.application.relay.authentication import Caller
    from oneapi.application.relay.serving import Admission
    from oneapi.entrypoints.http.surfaces.interface import Admits

#: Prefixes of models: each version of the API, the alias of other gateways, and Google's cloud.
VERSIONS = ("v1beta", "v1", "v1alpha")
ALIAS = "/gemini"
ADDRESSES = tuple(f"{before}/{version}" for before in ("", ALIAS) for version in VERSIONS)
CLOUD = tuple(
    f"/{version}/{before}publishers/google"
    for version in ("v1beta1", "v1")
    for before in ("", "projects/<project>/locations/<location>/")
)
STREAM, COUNT = "streamGenerateContent", "countTokens"
VERBS = {
    "generateContent": Work.CONVERSE,
    STREAM: Work.CONVERSE,
    COUNT: Work.COUNT,
    BATCH: Work.EMBED,
    SINGLE: Work.EMBED,
}
#: Google's cloud has a different method for embeddings. It also makes images, which is not served here.
CLOUD_VERBS = {**VERBS, PREDICT: Work.EMBED}
#: Verb -> the field that may contain the actual request.
WRAPPERS = {COUNT: "generateContentRequest"}
#: Blank lines, because the SDK for Python fails on comments.
HEARTBEAT = b"\n\n"
_FIELDS = (
    "cachedContent content contents continuationToken embedContentConfig generateContentRequest generationConfig"
    " instances labels model modelArmorConfig outputDimensionality parameters requests safetySettings serviceTier store"
    " systemInstruction taskType title toolConfig tools"
).split()
#: Every field that the gateway reads or limits, and those that change what an upstream does, in both spellings.
FIELDS = frozenset((*_FIELDS, *map(snake, _FIELDS), *(name.lower() for name in _FIELDS)))
PASSED_HEADERS = ("content-type", "accept")
#: Fields refused because their data belongs to the provider's account, which all users of the channel share.
REFUSED = ("cachedContent", "continuationToken")


def credential(request: Request) -> str:
    """The key in ``x-goog-api-key``, in the query, or in ``Authorization``; the first that is present."""
    headers = request.headers
    given = headers.get("x-goog-api-key") or request.args.get("key") or headers.get("authorization")
    return str(given or "")


def wants_array(request: Request) -> bool:
    """Whether the client wants its stream as one JSON array instead of events."""
    return str(request.args.get("alt")) != "sse"


def read(
    relay: Admits, caller: Caller, request: Request, work: Work, body: bytes, in_path: str
) -> tuple[Admission, RelayRequest]:
    """Read a request. The query is not passed on: it contains only the key and the format of the answer."""
    scanned = scan(body, FIELDS)
    admission = relay.admit(caller, in_path)
    fields = decoded(scanned.body)
    path = request.path
    verb = unquote(path).rpartition(":")[2]
    CHECKS[work](fields, verb, in_path)
    return admission, RelayRequest(
        work=work,
        dialect=NAME,
        model=in_path,
        body=scanned.body,
        fields=fields,
        stream=verb == STREAM,
        include_usage=True,
        model_in_path=True,
        method=request.method,
        path=path,
        headers={name: request.headers[name] for name in PASSED_HEADERS if name in request.headers},
        user_id=caller.account.user.id,
    )


def check(fields: Mapping[str, Any], verb: str, _model: str) -> None:
    """Raise InvalidParameter for an invalid request, UnsupportedFeature for fields that may be another user's."""
    if wrapper := WRAPPERS.get(verb):
        fields = _object(fields, wrapper) or fields
    contents = fields.get("contents")
    if not contents:
        raise InvalidParameter("contents", "contents is required", "missing_required_parameter")
    if not isinstance(contents, list | dict):
        raise InvalidParameter("contents", "contents must be an array", "invalid_type")
    for name in REFUSED:
        if either(fields, name):
            raise UnsupportedFeature(feature=name)
    for name in ("systemInstruction", "toolConfig"):
        _object(fields, name)
    limit = either(_object(fields, "generationConfig"), "maxOutputTokens")
    if isinstance(limit, int | float) and not 0 <= limit <= MOST_TOKENS:
        raise InvalidParameter("maxOutputTokens", "maxOutputTokens is invalid")
    turns = contents if isinstance(contents, list) else [contents]
    parts = (turn.get("parts") for turn in turns if isinstance(turn, dict))
    if len(turns) + sum(len(each) for each in parts if isinstance(each, list)) > MOST_MESSAGES:
        raise InvalidParameter("contents", f"contents holds more than {MOST_MESSAGES} contents and parts")


def check_embedding(fields: Mapping[str, Any], verb: str, model: str) -> None:
    """Raise InvalidParameter unless this is a request for embeddings of ``model`` in the format of ``verb``."""
    needed = NEEDED[verb]
    for name in NEEDED.values():
        if name != needed and name in fields:
            raise InvalidParameter(name, f"{name} is not a field of a request to {verb}")
    asked = fields.get(needed)
    if not asked:
        raise InvalidParameter(needed, f"{needed} is required", "missing_required_parameter")
    kind, name = (dict, "object") if verb == SINGLE else (list, "array")
    if not isinstance(asked, kind):
        raise InvalidParameter(needed, f"{needed} must be an {name}", "invalid_type")
    each: Sequence[Any] = asked if isinstance(asked, list) else ()
    if len(each) > MOST_MESSAGES:
        raise InvalidParameter(needed, f"{needed} holds more than {MOST_MESSAGES} items")
    for number, item in enumerate(each):
        if not isinstance(item, dict):
            raise InvalidParameter(needed, f"{needed}.{number} must be an object", "invalid_type")
        named = item.get("model") or model
        if not isinstance(named, str) or named.rpartition("models/")[2] != model.removeprefix("models/"):
            raise InvalidParameter(needed, f"{needed}.{number}.model must be the model of the path")


def _object(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object in the field ``name``; empty if absent. Raises InvalidParameter."""
    value = either(fields, name)
    if not isinstance(value, dict | None):
        raise InvalidParameter(name, f"{name} must be an object", "invalid_type")
    return value or {}


CHECKS: Mapping[Work, Callable[[Mapping[str, Any], str, str], None]] = {
    Work.CONVERSE: check,
    Work.COUNT: check,
    Work.EMBED: check_embedding,
}


# --- errors ------------------------------------------------------------------------------------

FORBIDDEN, NOT_FOUND = 403, 404
#: Statuses that this API does not have -> those with the same effect on its clients.
STATUSES = {402: FORBIDDEN, 413: 400, 422: 400, 502: 503, 529: 503}
RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


def error(error: GatewayError, language: str, request_id: str) -> tuple[int, bytes]:
    status = _status(error)
    message = f"{text_of(error, language)} (request id: {request_id})"
    return status, msgspec.json.encode(error_fields(message, status, _details(error)))


def _status(error: GatewayError) -> int:
    """The HTTP status; not 429 for an exhausted quota, because Gemini CLI would keep retrying."""
    if isinstance(error, (QuotaError, TokenExhausted, TokenSpent)):
        return FORBIDDEN
    if isinstance(error, NoChannel | UnpricedModel) and not error.may_repeat:
        return NOT_FOUND
    return STATUSES.get(status := status_of(error), status)


def _details(error: GatewayError) -> list[dict[str, str]]:
    """The delay before a retry, in the format that Gemini CLI reads."""
    if error.retry_after is None:
        return []
    return [{"@type": RETRY_INFO, "retryDelay": f"{max(1, math.ceil(error.retry_after))}s"}]


def error_event(error: GatewayError, request_id: str) -> bytes:
    return SURFACES[NAME].render_error(event_fields(error, request_id), _status(error))


def _routes() -> Iterator[tuple[str, Mapping[str, Work]]]:
    for addresses, verbs in ((ADDRESSES, VERBS), (CLOUD, CLOUD_VERBS)):
        for address in addresses:
            yield f"{address}/models/<model:path>", verbs


GEMINI = Surface(
    routes=dict(_routes()),
    credential=credential,
    read=read,
    error=error,
    error_event=error_event,
    heartbeat=HEARTBEAT,
    wants_array=wants_array,
)
