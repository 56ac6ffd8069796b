"""What an upstream's refusal means: its text for the caller, and whether to try elsewhere or to give the channel up.

The only place that reads an upstream's words; everything else asks the attributes of UpstreamRefusal.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal
from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from oneapi.adapters.upstream.quirks import Quirk
    from oneapi.domain.channels import Channel
    from oneapi.domain.requests import RelayRequest

#: Of ``type`` or ``code``: the account behind the channel cannot be used. Each with where it is documented or was seen.
FATAL_WORDS: Mapping[str, str] = {
    "insufficient_quota": "https://platform.openai.com/docs/guides/error-codes",
    "billing_not_active": "https://platform.openai.com/docs/guides/error-codes",
    "billing_hard_limit_reached": "https://platform.openai.com/docs/guides/error-codes",
    "invalid_api_key": "https://platform.openai.com/docs/guides/error-codes",
    "account_deactivated": "https://platform.openai.com/docs/guides/error-codes",
    "authentication_error": "https://docs.anthropic.com/en/api/errors",
    "permission_error": "https://docs.anthropic.com/en/api/errors",
    "billing_error": "https://docs.anthropic.com/en/api/errors",
    "forbidden": "https://github.com/songquanpeng/one-api/blob/main/monitor/manage.go",
    "organization_restricted": "https://console.groq.com/docs/errors",
    "exceeded_current_quota_error": "https://platform.moonshot.cn/docs/api/chat",
    "arrearage": "https://help.aliyun.com/zh/model-studio/error-code",
    "unrecognizedclientexception": "https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html",
    "invalidsignatureexception": "https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html",
    "accountoverdueerror": "https://www.volcengine.com/docs/82379/1299023",
}
#: Parts of a message, lower case, that say the same. Whole phrases of known upstreams only: single words such as
#: "balance" also stand in the texts of load balancers.
FATAL_PHRASES: Mapping[str, str] = {
    "your access was terminated": "https://platform.openai.com/docs/guides/error-codes",
    "violation of our policies": "https://platform.openai.com/docs/guides/error-codes",
    "your credit balance is too low": "https://docs.anthropic.com/en/api/errors",
    "organization has been disabled": "https://docs.anthropic.com/en/api/errors",
    "organization has been restricted": "https://console.groq.com/docs/errors",
    "permission denied": "https://ai.google.dev/gemini-api/docs/troubleshooting",
    "api key not valid": "https://ai.google.dev/gemini-api/docs/troubleshooting",
    "api key expired": "https://ai.google.dev/gemini-api/docs/troubleshooting",
    "api key was reported as leaked": "https://github.com/continuedev/continue/issues/10513",
    "api has not been used in project": "https://cloud.google.com/service-usage/docs/reference/error-codes",
    "'aiplatform.endpoints.predict' denied": "https://cloud.google.com/vertex-ai/docs/general/access-control",
    "insufficient balance": "https://api-docs.deepseek.com/quick_start/error_codes",
    "insufficient credits": "https://openrouter.ai/docs/api-reference/errors",
    "account balance is insufficient": "https://docs.siliconflow.cn/cn/faqs/error-code",
    "has either used all available credits": "https://docs.x.ai/docs/key-information/debugging",
    "已欠费": "https://help.aliyun.com/zh/model-studio/error-code",
    "余额不足": "https://open.bigmodel.cn/dev/api/error-code",
}
ERRORS = range(400, 600)
#: The fault of the request itself: no other channel would take it.
CALLER_FAULTS = frozenset({400, 413, 422})

#: The status that upstreams use for a ``type`` or ``code``, where they hid it in a success.
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


#: Answers as they usually are, by the list that they hold; of nothing in them an object is made.
_USUAL: Mapping[str, Callable[[bytes], Any]] = {
    "": msgspec.json.Decoder(_Object).decode,
    "choices": msgspec.json.Decoder(_Choices).decode,
    "data": msgspec.json.Decoder(_Data).decode,
    "results": msgspec.json.Decoder(_Results).decode,
}
_THREE_DIGITS = re.compile(r"[0-9]{3}")
#: Shorter texts than these are words and not secrets: regions, versions, parts of a key's form.
_SHORTEST_SECRET, _SHORTEST_SETTING = 6, 12
_LONGEST_MESSAGE = 4096
_HIDDEN = "***"
#: Keys of well-known forms, which some upstreams echo half-masked, and whatever stands where a key is expected.
_KEY_LIKE = re.compile(
    r"\b(?:sk|gsk|xai|pplx)[-_][\w*.-]{6,}|\bAIza[\w*-]{10,}|(?<=Bearer )[^\s\"',]+"
    r"|(?<=[?&]key=)[^&\s\"']+|(?<=[?&]access_token=)[^&\s\"']+|(?<=[?&]token=)[^&\s\"']+"
    r"|(?<=[?&]api_key=)[^&\s\"']+|(?<=[?&]client_secret=)[^&\s\"']+|(?<=[?&]signature=)[^&\s\"']+"
    r"|\borg-\w{8,}",
    re.IGNORECASE,
)


@record
class Judge:
    """Reads what one call got for an answer, and says what it means if it is a refusal."""

    channel: Channel
    request: RelayRequest
    #: Those of the row that may find an error in an answer.
    quirks: Sequence[Quirk] = ()

    @classmethod
    def of(cls, quirks: Sequence[Quirk], channel: Channel, request: RelayRequest) -> Judge:
        """With those of a row's ``quirks`` that look into answers."""
        return cls(channel, request, tuple(quirk for quirk in quirks if quirk.mark) if quirks else ())

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamRefusal:
        """The refusal in an answer whose status is not a success."""
        return read_refusal(status, headers, body, secrets=secrets_of(self.channel), request=self.request)

    def judged(self, refusal: UpstreamRefusal) -> UpstreamRefusal:
        """A dialect's reading of an error, masked and with a verdict."""
        if refusal.status == HTTPStatus.BAD_GATEWAY:  # what a dialect says that knows nothing better
            refusal.status = status_of({"code": refusal.code, "type": refusal.type})
        return judged(refusal, secrets=secrets_of(self.channel), request=self.request)

    def check_json(self, body: bytes, headers: Mapping[str, str], essential: str) -> None:
        """Raise UpstreamError unless a body that came with a success status is JSON and no error.

        ``essential`` is the list without which, or with nothing in it, it is no answer; empty: any JSON will do.
        """
        self.check_event(body)
        if _is_usual(body, essential):
            if not essential:
                self.check_answer(body, headers)
            return  # an answer; others get a closer look
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
        """Raise UpstreamRefusal if a body that came with a success status is an error. Other texts are left alone."""
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
        secrets = secrets_of(self.channel)
        told = answer if error is answer else {"error": error}
        return refusal_of(status, told, said=status, headers=headers, secrets=secrets, request=self.request)

    def check_event(self, data: bytes) -> None:
        """Raise UpstreamRefusal if a quirk finds an error in a body or in the data of an event."""
        for quirk in self.quirks:
            if quirk.mark in data:
                answer = _parsed(data)
                refused = quirk.refusal(answer) if isinstance(answer, dict) else None
                if refused is not None:
                    message = refused.message or f"bad response status code {refused.status}"
                    raise self.judged(UpstreamRefusal(refused.status, message, code=refused.code))


def read_refusal(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Sequence[str] = (),
    request: RelayRequest | None = None,
) -> UpstreamRefusal:
    """The refusal in an answer whose status is not a success; any body will do.

    ``request`` is what was asked: words that the upstream only repeats from it do not give the channel up.
    """
    shown = status if status in ERRORS else HTTPStatus.BAD_GATEWAY.value
    return refusal_of(shown, _parsed(body), said=status, headers=headers, secrets=secrets, request=request)


def refusal_of(
    status: int,
    parsed: object,
    *,
    said: int,
    headers: Mapping[str, str] | None = None,
    secrets: Sequence[str] = (),
    request: RelayRequest | None = None,
) -> UpstreamRefusal:
    """The refusal that a parsed body means; ``status`` is to be shown, ``said`` is what the upstream sent."""
    answer = _lowered(parsed[0] if isinstance(parsed, list) and parsed else parsed)
    error = _lowered(answer.get("error"))
    message = _text(error.get("message"))
    if message:
        kind, param, code = _text(error.get("type")), _text(error.get("param")), error.get("code")
    else:
        kind, param, code = "upstream_error", str(said), "bad_response_status_code"
        plain = parsed if isinstance(parsed, str) else ""
        message = _first_text(answer) or plain.strip() or f"bad response status code {said}"
        # An error object without a message still says of which kind it is, and so does this header of one cloud's:
        # https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
        kind, code = _text(error.get("type")) or kind, error.get("code") or code
        if amazon := (headers or {}).get("x-amzn-errortype", "").partition(":")[0]:
            param, code = "", amazon
    return judged(
        UpstreamRefusal(status, message, type=kind, param=param, code=code, retry_after=_retry_delay(error)),
        headers=headers,
        secrets=secrets,
        request=request,
    )


def judged(
    refusal: UpstreamRefusal,
    *,
    headers: Mapping[str, str] | None = None,
    secrets: Sequence[str] = (),
    request: RelayRequest | None = None,
) -> UpstreamRefusal:
    """``refusal`` with its secrets masked, and with the table's verdict on retry and channel."""
    fatal = is_fatal(refusal.status, refusal.type, refusal.code, refusal.detail, request)
    wait = retry_after(headers) if headers else None
    return UpstreamRefusal(
        refusal.status,
        masked(refusal.detail[:_LONGEST_MESSAGE], secrets),
        type=masked(refusal.type, secrets),
        param=masked(refusal.param or "", secrets),
        code=masked(refusal.code, secrets) if isinstance(refusal.code, str) else refusal.code,
        retryable=fatal or refusal.status not in CALLER_FAULTS,
        fatal=fatal,
        retry_after=refusal.retry_after if wait is None else wait,
    )


def is_fatal(status: int, kind: str, code: object, message: str, request: RelayRequest | None = None) -> bool:
    """Whether this refusal says that the account behind the channel is unusable."""
    if (
        status == HTTPStatus.UNAUTHORIZED
        or kind.lower() in FATAL_WORDS
        or (isinstance(code, str) and code.lower() in FATAL_WORDS)
    ):
        return True
    text = message.lower()
    found = [phrase for phrase in FATAL_PHRASES if phrase in text]
    if not found or request is None:
        return bool(found)
    # Otherwise a client could switch channels off: upstreams repeat model names and prompts in their errors.
    asked = f"{request.model} {request.fields} {request.form}".lower()
    return any(phrase not in asked for phrase in found)


def status_of(error: Mapping[str, Any]) -> int:
    """The status that an error object would have come with, had its upstream been honest; 502 if it does not say."""
    for value in (error.get("status"), error.get("code"), error.get("type")):
        if isinstance(value, str):
            number = STATUS_OF.get(value.lower()) or (int(value) if _THREE_DIGITS.fullmatch(value) else 0)
        else:
            number = value if isinstance(value, int) else 0
        if number in ERRORS:
            return number
    return HTTPStatus.BAD_GATEWAY.value


def _is_usual(body: bytes, essential: str) -> bool:
    """Whether a body holds what it has to and no error; False leaves it open."""
    try:
        usual = _USUAL[essential](body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if not essential:
        return True
    items = getattr(usual, essential)
    return bool(items) and usual.error == _NULL and all(item.good for item in items)


def error_in(answer: object) -> Mapping[str, Any] | None:
    """The error in a body that came with a success status, if it is one.

    It may stand in a list (Google's OpenAI format), and in a choice that ended by it:
    https://openrouter.ai/docs/api-reference/errors. An error beside what was asked for is none: some resellers report
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
    """An error's object, or its text; None for what says nothing."""
    if isinstance(value, str):
        return {"message": value} if value else None
    error = _lowered(value)
    return error if any(error.get(name) for name in ("message", "type", "code")) else None


def _objects(value: object) -> list[dict[str, Any]]:
    return [_lowered(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as the upstream asked in any of the usual ways."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds
    try:  # a date is read against the upstream's own clock
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


def secrets_of(channel: Channel) -> tuple[str, ...]:
    """Every text of a channel that no client may read, longest first."""
    values = {channel.key.strip(), *re.split(r"[|\s]+", channel.key)}
    values |= {
        value
        for value in channel.config.values()
        if isinstance(value, str) and len(value) >= _SHORTEST_SETTING
    }
    values |= {str(channel.config.get(name) or "") for name in ("ak", "sk")}
    if channel.base_url:
        values |= {channel.base_url, urlsplit(channel.base_url).netloc}
    values |= {quote(value, safe="") for value in values}
    return tuple(sorted((value for value in values if len(value) >= _SHORTEST_SECRET), key=len, reverse=True))


def masked(text: str, secrets: Iterable[str]) -> str:
    """``text`` without the given secrets, and without whatever looks like one."""
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return _KEY_LIKE.sub(_HIDDEN, text)


def _parsed(body: bytes) -> Any:
    """``body`` as JSON; None if it is not."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _lowered(value: object) -> dict[str, Any]:
    """An object's members by lower-case name; upstreams write them in any case. Empty for anything else."""
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
