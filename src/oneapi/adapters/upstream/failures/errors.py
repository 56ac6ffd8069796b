"""What an upstream's error means: its text for the caller, and whether to retry elsewhere or disable the channel.

The only place that reads an upstream's words; everything else asks the attributes of UpstreamRefusal.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.providers.error_codes import NO_CODES
from oneapi.adapters.upstream.failures.faults import judge
from oneapi.adapters.upstream.failures.masking import Secrets, masked, secrets_of
from oneapi.domain.errors import Told, UpstreamGarbage, UpstreamRefusal
from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from oneapi.adapters.providers.quirks import Quirk
    from oneapi.domain.errors import Fault
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

ERRORS = range(400, 600)
#: The most seconds that a client is asked to wait, whatever an upstream says.
LONGEST_WAIT = 3600.0

#: The status that belongs to a ``type`` or ``code``, for errors hidden in a successful response.
STATUS_OF: Mapping[str, int] = {
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "content_policy_violation": 400,
    "content_filter": 400,
    "invalid_api_key": 401,
    "authentication_error": 401,
    "invalid_authentication_error": 401,
    "permission_error": 403,
    "forbidden": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "insufficient_quota": 429,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "rate_limit_reached_error": 429,
    "exceeded_current_quota_error": 429,
    "requests": 429,
    "tokens": 429,
    "server_error": 500,
    "api_error": 500,
    "internal_server_error": 500,
    "overloaded_error": 529,
}


_NULL = msgspec.Raw(b"null")
_FAILED = msgspec.Raw(b'"error"')


class _Choice(msgspec.Struct):
    message: msgspec.Raw = _NULL
    text: msgspec.Raw = _NULL
    finish_reason: msgspec.Raw = _NULL
    error: msgspec.Raw = _NULL

    @property
    def good(self) -> bool:
        told = self.message is not _NULL or self.text is not _NULL
        return told and self.error == _NULL and self.finish_reason != _FAILED


class _Item(msgspec.Struct):
    error: msgspec.Raw = _NULL

    @property
    def good(self) -> bool:
        return self.error == _NULL


class _Result(msgspec.Struct):
    flagged: msgspec.Raw = _NULL

    @property
    def good(self) -> bool:
        return self.flagged is not _NULL


class _Object(msgspec.Struct):
    pass


class _Choices(msgspec.Struct):
    choices: list[_Choice]
    error: msgspec.Raw = _NULL


class _Data(msgspec.Struct):
    data: list[_Item]
    error: msgspec.Raw = _NULL


class _Results(msgspec.Struct):
    results: list[_Result]
    error: msgspec.Raw = _NULL


#: Decoders of usual answers by the list that they must contain; they check it without building objects.
_USUAL: Mapping[str, Callable[[bytes], Any]] = {
    "": msgspec.json.Decoder(_Object).decode,
    "choices": msgspec.json.Decoder(_Choices).decode,
    "data": msgspec.json.Decoder(_Data).decode,
    "results": msgspec.json.Decoder(_Results).decode,
}
_THREE_DIGITS = re.compile(r"[0-9]{3}")
_LONGEST_MESSAGE = 4096
#: The most characters of ``type``, ``param`` and ``code``.
_LONGEST_FIELD = 256
#: Larger integers are sent as strings, because not every client can read them.
_LARGEST_CODE = 2**53
#: Members that name an error, in lower case.
_NAMES = ("code", "type", "status", "reason", "error_code", "errorcode", "errcode", "__type")
_MOST_DETAILS = 16


@record
class Judge:
    """Reads the response to one call, and decides what it means if it is an error."""

    channel: Channel
    request: RelayRequest
    #: The offer's quirks that can detect an error in an answer.
    quirks: Sequence[Quirk] = ()
    #: The provider's own error codes.
    codes: Mapping[str, Fault] = NO_CODES.meanings

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamRefusal:
        """The refusal in an answer whose status is not a success."""
        counted = status if status in ERRORS else HTTPStatus.BAD_GATEWAY.value
        return self._read(counted, _parsed(body), status, headers)

    def judged(self, refusal: UpstreamRefusal, data: bytes = b"") -> UpstreamRefusal:
        """An error that a dialect read from ``data``, masked and with a verdict."""
        said, told = refusal.said, refusal.told
        if said == HTTPStatus.BAD_GATEWAY:  # a dialect's default
            said = status_of({"code": told.code, "type": told.type})
        words = [told.type, _text(told.code), str(said)]
        if data:
            answer = _first(_parsed(data))
            words += _words(answer, _lowered(answer.get("error")))
        return self._verdict(said, refusal.cause, told, words, refusal.retry_after)

    def check_json(self, body: bytes, headers: Mapping[str, str], essential: str) -> None:
        """Raise UpstreamError unless the body of a successful response is JSON and not an error.

        ``essential`` names the list that a valid answer must contain, and not empty. If it is "", any JSON is valid.
        """
        if self.quirks:
            self.check_event(body)
        if _is_usual(body, essential):
            if not essential:
                self.check_answer(body, headers)
            return  # a usual answer; anything else is examined more closely
        parsed = _parsed(body)
        error = error_in(parsed)
        if error is not None:
            raise self._refused(error, parsed, headers)
        if not isinstance(parsed, dict):
            raise UpstreamGarbage("the answer is not a JSON object")
        answer = _lowered(parsed)
        found = answer.get(essential)
        if isinstance(found, list) and any(map(_lowered, found)):
            return
        if not _first_text(answer):
            raise UpstreamGarbage(f"the answer has no {essential}")
        raise self._refused(answer, answer, headers)

    def check_answer(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raise UpstreamRefusal if the body of a successful response is an error. Other texts are ignored."""
        if b'"error"' not in body and b'"Error"' not in body:
            return
        answer = _parsed(body)
        error = error_in(answer)
        if error is not None:
            raise self._refused(error, answer, headers)

    def _refused(
        self, error: Mapping[str, Any], answer: object, headers: Mapping[str, str]
    ) -> UpstreamRefusal:
        status = status_of(error)
        # An error inside a choice or an item is read like a top-level one.
        alone = error is not answer and not _first(answer).get("error")
        return self._read(status, {"error": error} if alone else answer, status, headers)

    def _read(self, status: int, parsed: object, said: int, headers: Mapping[str, str]) -> UpstreamRefusal:
        """The refusal in a parsed body; ``status`` is the effective status, ``said`` the one that the upstream sent."""
        answer = _first(parsed)
        error = _lowered(answer.get("error"))
        words = [*_words(answer, error), str(said)]
        # https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
        amazon = headers.get("x-amzn-errortype", "").partition(":")[0]
        message = _text(error.get("message"))
        if message:
            told = Told(_text(error.get("type")), _text(error.get("param")), error.get("code"))
        else:
            plain = parsed if isinstance(parsed, str) else ""
            message = _first_text(answer) or plain.strip() or f"bad response status code {said}"
            # An error object without a message still has a type or code.
            kind, code = _text(error.get("type")) or "upstream_error", error.get("code")
            told = (
                Told(kind, "", amazon)
                if amazon
                else Told(kind, str(said), code or "bad_response_status_code")
            )
        wait = retry_after(headers)
        return self._verdict(
            status, message, told, [*words, amazon], _retry_delay(error) if wait is None else wait
        )

    def _verdict(
        self, status: int, message: str, told: Told, words: Iterable[str], wait: float | None
    ) -> UpstreamRefusal:
        """The refusal with secrets masked, its length bounded, and the table's verdict."""
        secrets = secrets_of(self.channel)
        message = message[: 2 * _LONGEST_MESSAGE]
        fault, by_structure = judge(status, words, message, codes=self.codes, request=self.request)
        return UpstreamRefusal(
            status,
            _shown(message, secrets, _LONGEST_MESSAGE),
            type=_shown(told.type, secrets, _LONGEST_FIELD),
            param=_shown(told.param or "", secrets, _LONGEST_FIELD),
            code=_shown_code(told.code, secrets),
            fault=fault,
            from_phrase=not by_structure,
            retry_after=None if wait is None else min(wait, LONGEST_WAIT),
        )

    def check_event(self, data: bytes) -> None:
        """Raise UpstreamRefusal if a quirk finds an error in a body or in the data of an event."""
        for quirk in self.quirks:
            if quirk.mark in data:
                answer = _parsed(data)
                refused = quirk.refusal(answer) if isinstance(answer, dict) else None
                if refused is not None:
                    message = refused.message or f"bad response status code {refused.status}"
                    raise self.judged(UpstreamRefusal(refused.status, message, code=refused.code))


def status_of(error: Mapping[str, Any]) -> int:
    """The HTTP status that matches an error object; 502 if it does not indicate one."""
    for value in (error.get("status"), error.get("code"), error.get("type")):
        if isinstance(value, str):
            number = STATUS_OF.get(value.lower()) or (int(value) if _THREE_DIGITS.fullmatch(value) else 0)
        else:
            number = value if isinstance(value, int) else 0
        if number in ERRORS:
            return number
    return HTTPStatus.BAD_GATEWAY.value


def _is_usual(body: bytes, essential: str) -> bool:
    """Whether a body has its essential list and no error; False if this is uncertain."""
    try:
        usual = _USUAL[essential](body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if not essential:
        return True
    items = getattr(usual, essential)
    for item in items:
        if not item.good:
            return False
    return bool(items) and usual.error == _NULL


def error_in(answer: object) -> Mapping[str, Any] | None:
    """The error in the body of a successful response, or None.

    It may be in a list (Google's OpenAI format), or in a choice that it ended:
    https://openrouter.ai/docs/api-reference/errors. An error beside a complete answer is ignored: some resellers report
    there which of their own sources failed.
    """
    if isinstance(answer, list):
        return error_in(answer[0]) if len(answer) == 1 else None
    fields = _lowered(answer)
    error = _error(fields.get("error"))
    choices, items = _objects(fields.get("choices")), _objects(fields.get("data"))
    for choice in choices:
        inner = _error(choice.get("error"))
        if inner is not None or choice.get("finish_reason") == "error":
            return inner or error or {"message": "the upstream reported an error"}
    if error is not None and not (choices or fields.get("data")):
        return error
    failures = [_error(item.get("error")) for item in items]
    return failures[0] if failures and all(failures) else None


def _error(value: object) -> Mapping[str, Any] | None:
    """The object of an error, made from a text if necessary; None if it is empty."""
    if isinstance(value, str):
        return {"message": value} if value else None
    error = _lowered(value)
    return error if any(error.get(name) for name in ("message", "type", "code")) else None


def _objects(value: object) -> list[dict[str, Any]]:
    return [_lowered(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from any of the usual headers."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds
    try:  # a date is relative to the upstream's own clock
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())


def _retry_delay(error: Mapping[str, Any]) -> float | None:
    """The same from the details of an error: https://google.aip.dev/193#errordetails (``RetryInfo``)."""
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        if delay := _text(_lowered(detail).get("retrydelay")):
            return _number(delay.removesuffix("s"))
    return None


def _shown(text: str, secrets: Secrets, longest: int) -> str:
    """``text`` in the form in which clients may see it: masked, then truncated."""
    return masked(text[: 2 * longest], secrets)[:longest]


def _shown_code(code: object, secrets: Secrets) -> object:
    """The upstream's code, unchanged if it is short and harmless, otherwise as a string."""
    if code is None or isinstance(code, bool):
        return code
    text = _shown(_text(code), secrets, _LONGEST_FIELD)
    if isinstance(code, int | float) and abs(code) <= _LARGEST_CODE and text == _text(code):
        return code
    return text


def _first(parsed: object) -> dict[str, Any]:
    """The object of an answer; some upstreams wrap it in a list.

    https://github.com/Wei-Shaw/sub2api/issues/1709 (Google's OpenAI format)
    """
    return _lowered(parsed[0] if isinstance(parsed, list) and parsed else parsed)


def _words(answer: Mapping[str, Any], error: Mapping[str, Any]) -> list[str]:
    """The names of an error in its structure, wherever upstreams put them; never from its message."""
    inner = _lowered(error.get("innererror"))
    places = [answer, error, inner, _lowered(_lowered(answer.get("response")).get("error"))]
    places += (_lowered(answer.get("header")), _lowered(answer.get("errormsg")))
    for several in (error.get("details"), error.get("errors"), answer.get("errors")):
        for each in several[:_MOST_DETAILS] if isinstance(several, list) else (several,):
            detail = _lowered(each)
            places.append(detail)
            chain = detail.get("error_chain")
            places += map(_lowered, chain[:_MOST_DETAILS] if isinstance(chain, list) else ())
    found = [place.get(name) for place in places for name in _NAMES]
    found += (_lowered(answer.get("base_resp")).get("status_code"), answer.get("error"))
    words = [str(word) for word in found if isinstance(word, str | int) and not isinstance(word, bool)]
    return [word.rpartition("#")[2] for word in words if len(word) <= _LONGEST_FIELD]


def _parsed(body: bytes) -> Any:
    """``body`` parsed as JSON; None if it is not JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _lowered(value: object) -> dict[str, Any]:
    """An object's members by lower-case name, because upstreams vary the case. Empty for anything but an object."""
    if not isinstance(value, dict):
        return {}
    return {name.lower(): member for name, member in value.items() if isinstance(name, str)}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else msgspec.json.encode(value).decode()


def _first_text(answer: Mapping[str, Any]) -> str:
    """The message in the places where upstreams without an error object put it."""
    header = _lowered(answer.get("header"))
    response = _lowered(_lowered(answer.get("response")).get("error"))
    status = _lowered(answer.get("base_resp"))
    errors = answer.get("errors")
    first = _lowered(errors[0]) if isinstance(errors, list) and errors else {}
    candidates = (
        *(answer.get(name) for name in ("message", "msg", "err", "error_msg", "detail")),
        answer.get("error") if isinstance(answer.get("error"), str) else None,
        header.get("message"),
        response.get("message"),
        status.get("status_msg"),
        first.get("message"),
    )
    return next((text for text in map(_text, candidates) if text), "")


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None
