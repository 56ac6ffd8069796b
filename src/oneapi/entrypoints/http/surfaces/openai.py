"""OpenAI's API, for its clients and those of Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.dialects.openai_chat.wire import NAME
from oneapi.adapters.multipart import is_form, read_form
from oneapi.data import usual_models
from oneapi.domain.errors import (
    AccessDenied,
    NoChannel,
    NotImplementedHere,
    PinnedChannelDisabled,
    PinnedChannelUnknown,
    TokenRefused,
    UnknownModel,
    UnknownRoute,
)
from oneapi.domain.media import read_image, read_speech
from oneapi.domain.requests import RelayRequest
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import event_fields, name_of, status_of, text_of
from oneapi.entrypoints.http.bodies import decoded
from oneapi.entrypoints.http.relay.bodies import (
    PICTURE,
    RECORDING,
    check_text,
    pictures_in,
    read_model,
)
from oneapi.entrypoints.http.relay.members import scan
from oneapi.entrypoints.http.request import credential
from oneapi.entrypoints.http.surfaces.interface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sanic import Request

    from oneapi.application.relay.authentication import Caller
    from oneapi.application.relay.serving import Admission
    from oneapi.domain.errors import GatewayError
    from oneapi.entrypoints.http.relay.bodies import FormFields
    from oneapi.entrypoints.http.surfaces.interface import Admits

#: Client headers that may reach a provider; ``adapters/upstream/headers.py`` decides which do.
PASSED_HEADERS = ("content-type", "accept")
RARE_HEADERS = frozenset({"openai-beta", "anthropic-version", "anthropic-beta", "idempotency-key"})

#: Default models if the client names none, as in the original, whose model for images is no longer served.
DEFAULT_MODELS = {
    work: usual_models()[work.value] for work in (Work.MODERATE, Work.TRANSCRIBE, Work.TRANSLATE)
}
#: Paths with a model, which takes precedence over the body: those of early OpenAI clients, and Azure's
#: (https://learn.microsoft.com/azure/ai-services/openai/reference).
ENGINES = "/v1/engines/"
DEPLOYMENTS = "/openai/deployments/"
MODEL_IN_PATH = (ENGINES, DEPLOYMENTS)
#: Errors without the request id in their text, as in the original.
WITHOUT_SUFFIX = (UnknownRoute, UnknownModel, NotImplementedHere)
#: Errors without ``param`` and ``code``, as in the original.
BARE = (TokenRefused, AccessDenied, NoChannel, PinnedChannelUnknown, PinnedChannelDisabled)
HEARTBEAT = b": keep-alive\n\n"


class Asked(NamedTuple):
    """Whether a client asked for a stream, and for usage in it; the number of files that it refers to."""

    stream: bool = False
    include_usage: bool = False
    files: int = 0


def _routes() -> Iterator[tuple[str, Work]]:
    for work, path in PATHS.items():
        yield f"/v1{path}", work
        for prefix in MODEL_IN_PATH:
            yield f"{prefix}<model>{path}", work


def read(
    relay: Admits, caller: Caller, request: Request, work: Work, body: bytes, in_path: str
) -> tuple[Admission, RelayRequest]:
    form: Mapping[str, str] = {}
    expected = FORMS.get(work)
    if expected is not None and (work not in CHECKS or is_form(request.headers.get("content-type", ""))):
        read = read_form(body, request.headers.get("content-type", ""))
        texts = expected.read(read)
        model = in_path or texts.get("model", "") or DEFAULT_MODELS.get(work, "")
        admission = relay.admit(caller, model)
        fields, form = expected.typed(texts), {"model": model, **texts}
        stream = texts.get("stream", "").strip().lower() in ("true", "1")
        asked = Asked(stream, files=sum(part.is_file for part in read.parts))
    else:
        scanned = scan(body)
        body = scanned.body
        model = in_path or read_model(scanned.members.get("model")) or DEFAULT_MODELS.get(work, "")
        admission = relay.admit(caller, model)
        fields = decoded(body)
        asked = CHECKS[work](fields, work, len(body))
    path = request.path
    return admission, RelayRequest(
        work=work,
        dialect=NAME,
        model=model,
        body=body,
        fields=fields,
        form=form,
        files=asked.files,
        stream=asked.stream,
        include_usage=asked.include_usage,
        model_in_path=bool(in_path),
        method=request.method,
        path=path,
        query="" if path.startswith(DEPLOYMENTS) else request.query_string,  # Azure's api-version
        headers=_passed(request),
        user_id=caller.account.user.id,
    )


def _text(fields: dict[str, Any], work: Work, size: int) -> Asked:
    known = check_text(fields, work, size)
    return Asked(bool(known.stream), bool(known.stream_options and known.stream_options.include_usage))


def _unstreamed_text(fields: dict[str, Any], work: Work, size: int) -> Asked:
    return _text(fields, work, size)._replace(stream=False)


def _drawing(fields: dict[str, Any], _work: Work, _size: int) -> Asked:
    read_image(fields)
    return Asked(fields.get("stream") is True)


def _retouching(fields: dict[str, Any], _work: Work, _size: int) -> Asked:
    files = pictures_in(fields)
    read_image(fields, files)
    return Asked(fields.get("stream") is True, files=files)


def _speech(fields: dict[str, Any], _work: Work, _size: int) -> Asked:
    read_speech(fields)
    return Asked(fields.get("stream_format") == "sse")


#: The checks of a JSON request for each kind of work; they also report whether it asks for a stream.
CHECKS: Mapping[Work, Callable[[dict[str, Any], Work, int], Asked]] = {
    Work.CONVERSE: _text,
    Work.COMPLETE: _text,
    Work.EMBED: _unstreamed_text,
    Work.EDIT: _unstreamed_text,
    Work.MODERATE: _unstreamed_text,
    Work.DRAW: _drawing,
    Work.RETOUCH: _retouching,
    Work.SPEAK: _speech,
}
#: Kinds of work whose requests are, or may be, forms.
FORMS: Mapping[Work, FormFields] = {
    Work.TRANSCRIBE: RECORDING,
    Work.TRANSLATE: RECORDING,
    Work.RETOUCH: PICTURE,
    Work.VARY: PICTURE,
}


def _passed(request: Request) -> dict[str, str]:
    given = request.headers
    names: Iterable[str] = PASSED_HEADERS
    if not RARE_HEADERS.isdisjoint(given):
        names = (*PASSED_HEADERS, *RARE_HEADERS)
    return {name: given[name] for name in names if name in given}  # of duplicates the first counts


def error(error: GatewayError, language: str, request_id: str) -> tuple[int, bytes]:
    message = text_of(error, language)
    if not isinstance(error, WITHOUT_SUFFIX):
        message = f"{message} (request id: {request_id})"
    told = name_of(error)
    body: dict[str, Any] = {"message": message, "type": told.type}
    if not isinstance(error, BARE):
        body |= {"param": told.param or "", "code": told.code}
    return status_of(error), msgspec.json.encode({"error": body})


def error_event(error: GatewayError, request_id: str) -> bytes:
    return SURFACES[NAME].render_error(event_fields(error, request_id), status_of(error))


OPENAI = Surface(
    routes=dict(_routes()),
    credential=credential,
    read=read,
    error=error,
    error_event=error_event,
    heartbeat=HEARTBEAT,
)
