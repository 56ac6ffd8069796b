"""Whose fault an upstream's refusal is: its structure decides first, then whole phrases, then its status.

Only tables and their lookup. Each entry links to the page that documents it, or to a report of it.
"""

from __future__ import annotations

import base64
import html
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from oneapi.domain.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from oneapi.domain.requests import RelayRequest

_OPENAI = "https://platform.openai.com/docs/guides/error-codes"
_ANTHROPIC = "https://docs.anthropic.com/en/api/errors"
_GOOGLE = (
    "https://cloud.google.com/dotnet/docs/reference/Google.Api.CommonProtos/latest/Google.Api.ErrorReason"
)
_GEMINI = "https://ai.google.dev/gemini-api/docs/troubleshooting"
_AWS = "https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html"
_BEDROCK = "https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html"
_DASHSCOPE = "https://www.alibabacloud.com/help/en/model-studio/error-code"
_ARK = "https://www.volcengine.com/docs/82379/1299023"
_HUNYUAN = "https://cloud.tencent.com/document/api/1729/101843"
_AZURE = "https://learn.microsoft.com/azure/ai-services/openai/reference"
_GROQ = "https://console.groq.com/docs/errors"
_MISTRAL = "https://docs.mistral.ai/api"
_MOONSHOT = "https://platform.moonshot.cn/docs/api/chat"
_ONE_API = "https://github.com/songquanpeng/one-api/blob/main/monitor/manage.go"
_XAI = "https://docs.x.ai/docs/key-information/debugging"
_ZHIPU = "https://open.bigmodel.cn/dev/api/error-code"
_OAUTH = "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"

_WORDS: tuple[tuple[Fault, str, str], ...] = (
    # --- the key or the account ---
    (
        Fault.ACCOUNT,
        _OPENAI,
        (
            "insufficient_quota billing_not_active billing_hard_limit_reached invalid_api_key account_deactivated"
            " invalid_organization mismatched_organization mismatched_project ip_not_authorized access_terminated"
        ),
    ),
    (Fault.ACCOUNT, _ANTHROPIC, "authentication_error permission_error billing_error"),
    (Fault.ACCOUNT, _ONE_API, "forbidden"),
    (Fault.ACCOUNT, _GROQ, "organization_restricted"),
    (Fault.ACCOUNT, "https://console.groq.com/docs/spend-limits", "blocked_api_access"),
    (
        Fault.ACCOUNT,
        _MOONSHOT,
        "exceeded_current_quota_error invalid_authentication_error incorrect_api_key_error",
    ),
    (Fault.ACCOUNT, _OAUTH, "invalid_grant invalid_client unauthorized_client"),
    (
        Fault.ACCOUNT,
        _GOOGLE,
        (
            "api_key_invalid api_key_expired service_disabled billing_disabled consumer_suspended consumer_invalid"
            " api_key_service_blocked api_key_http_referrer_blocked api_key_ip_address_blocked"
            " api_key_android_app_blocked api_key_ios_app_blocked access_token_scope_insufficient"
            " access_token_type_unsupported account_state_invalid credentials_missing resource_project_invalid"
            " user_project_denied user_blocked_by_admin gcp_suspended service_not_visible iam_permission_denied"
            " org_restriction_violation unauthenticated"
        ),
    ),
    # The older form, in ``error.errors[].reason``.
    (
        Fault.ACCOUNT,
        "https://cloud.google.com/storage/docs/json_api/v1/status-codes",
        "keyinvalid keyexpired accessnotconfigured iprefererblocked autherror accountdisabled",
    ),
    (
        Fault.ACCOUNT,
        _AWS,
        (
            "unrecognizedclientexception invalidsignatureexception invalidclienttokenid incompletesignature"
            " missingauthenticationtoken missingauthenticationtokenexception expiredtoken expiredtokenexception"
            " optinrequired signaturedoesnotmatch subscriptionrequiredexception notauthorized"
        ),
    ),
    (
        Fault.ACCOUNT,
        _DASHSCOPE,
        (
            "invalidapikey arrearage accessdenied.unpurchased commoditynotpurchased prepaidbilloverdue"
            " postpaidbilloverdue"
        ),
    ),
    (
        Fault.ACCOUNT,
        _ARK,
        (
            "accountoverdueerror authenticationerror operationdenied.serviceoverdue invalidaccountstatus"
            " invalidsubscription"
        ),
    ),
    (
        Fault.ACCOUNT,
        _HUNYUAN,
        (
            "authfailure unauthorizedoperation failedoperation.resourcepackexhausted"
            " failedoperation.freeresourcepackexhausted failedoperation.servicenotactivated"
            " failedoperation.servicestop failedoperation.servicestoparrears failedoperation.userunauthingerror"
            " resourceunavailable.inarrears resourceunavailable.lowbalance"
            " resourceinsufficient.chargeresourceexhaust"
        ),
    ),
    (
        Fault.ACCOUNT,
        "https://cloud.baidu.com/doc/qianfan-api/s/Om9b4yj3w",
        "invalid_iam_token account_overdue",
    ),
    # --- what the channel cannot serve ---
    (
        Fault.SETUP,
        _OPENAI,
        (
            "model_not_found unsupported_country_region_territory deployment_not_found model_not_available"
            " model_not_supported"
        ),
    ),
    (Fault.SETUP, _GEMINI, "failed_precondition permission_denied"),
    # The gateway's token has expired; the next request obtains a new one.
    (Fault.SETUP, _GOOGLE, "access_token_expired location_policy_violated location_tax_policy_violated"),
    (
        Fault.SETUP,
        _BEDROCK,
        "accessdeniedexception resourcenotfoundexception modelnotreadyexception",
    ),
    (
        Fault.SETUP,
        _DASHSCOPE,
        (
            "accessdenied model.accessdenied workspace.accessdenied modelnotfound access_denied"
            " allocationquota.freetieronly workspacenotauthorized"
        ),
    ),
    (
        Fault.SETUP,
        _ARK,
        (
            "modelnotopen invalidendpointormodel invalidendpoint operationdenied.servicenotopen unsupportedmodel"
            " setlimitexceeded"
        ),
    ),
    (
        Fault.SETUP,
        _AZURE,
        (
            "deploymentnotfound operationnotsupported unavailable_model invalidapiversionparameter"
            " unsupportedapiversion deploymentmodelnotsupported"
        ),
    ),
    (
        Fault.SETUP,
        _GROQ,
        "model_decommissioned model_permission_blocked_org model_permission_blocked_project",
    ),
    (Fault.SETUP, _MISTRAL, "invalid_model"),
    (Fault.SETUP, _MOONSHOT, "permission_denied_error"),
    # From gateways like this one behind a channel: a large request may fail where a small one succeeds.
    (
        Fault.SETUP,
        "https://github.com/songquanpeng/one-api/blob/main/relay/controller/helper.go",
        "insufficient_user_quota pre_consume_token_quota_failed",
    ),
    # --- what was asked for ---
    (
        Fault.REQUEST,
        _OPENAI,
        (
            "content_policy_violation content_filter moderation_blocked context_length_exceeded invalid_prompt"
            " image_generation_user_error responsibleaipolicyviolation string_above_max_length request_too_large"
        ),
    ),
    (Fault.REQUEST, _DASHSCOPE, "datainspectionfailed data_inspection_failed"),
    # --- load ---
    (Fault.SERVICE, _OPENAI, "rate_limit_exceeded rate_limit_error overloaded_error"),
    (Fault.SERVICE, _MOONSHOT, "rate_limit_reached_error engine_overloaded_error"),
    (Fault.SERVICE, _GOOGLE, "rate_limit_exceeded resource_quota_exceeded resource_exhausted unavailable"),
    (Fault.SERVICE, _DASHSCOPE, "throttling limit_requests limit_burst_rate modelservingerror internalerror"),
    (
        Fault.SERVICE,
        _BEDROCK,
        (
            "throttlingexception serviceunavailableexception servicequotaexceededexception modeltimeoutexception"
            " internalserverexception modelstreamerrorexception"
        ),
    ),
    (
        Fault.SERVICE,
        _HUNYUAN,
        (
            "limitexceeded requestlimitexceeded failedoperation.engineservererror"
            " failedoperation.engineserverlimitexceeded failedoperation.enginerequesttimeout"
        ),
    ),
)
#: Lower-case ``code``, ``type``, ``status`` or ``reason`` -> whose fault; dotted words also match by prefix.
WORDS: Mapping[str, Fault] = {word: fault for fault, _, words in _WORDS for word in words.split()}

#: Parts of a message, lower case. Only whole phrases of known upstreams: single words such as "balance" also occur in
#: the texts of load balancers.
_PHRASES: tuple[tuple[Fault, str, tuple[str, ...]], ...] = (
    (
        Fault.ACCOUNT,
        _OPENAI,
        ("your access was terminated", "violation of our policies", "incorrect api key"),
    ),
    (
        Fault.ACCOUNT,
        "https://platform.openai.com/docs/guides/error-codes/api-errors",
        ("you exceeded your current quota, please check your plan", "billing hard limit has been reached"),
    ),
    (Fault.ACCOUNT, _ANTHROPIC, ("your credit balance is too low", "organization has been disabled")),
    (
        Fault.ACCOUNT,
        "https://github.com/anthropics/claude-code/issues/2127",
        ("reached your specified api usage limits",),
    ),
    (
        Fault.ACCOUNT,
        "https://github.com/can1357/oh-my-pi/pull/5418",
        ("exceed your account's monthly spend limit",),
    ),
    (Fault.ACCOUNT, _GROQ, ("organization has been restricted",)),
    (
        Fault.ACCOUNT,
        _GEMINI,
        (
            "permission denied",
            "api key not valid",
            "api key not found",
            "api key expired",
            "unregistered callers",
        ),
    ),
    (
        Fault.ACCOUNT,
        "https://ai.google.dev/gemini-api/docs/billing",
        ("exceeded its monthly spending cap", "exceeded its spending cap", "prepayment credits are depleted"),
    ),
    (
        Fault.ACCOUNT,
        "https://github.com/continuedev/continue/issues/10513",
        ("api key was reported as leaked",),
    ),
    (
        Fault.ACCOUNT,
        "https://cloud.google.com/service-usage/docs/reference/error-codes",
        ("api has not been used in project", "requires billing to be enabled"),
    ),
    (
        Fault.ACCOUNT,
        "https://cloud.google.com/vertex-ai/docs/general/access-control",
        ("'aiplatform.endpoints.predict' denied",),
    ),
    (Fault.ACCOUNT, "https://api-docs.deepseek.com/quick_start/error_codes", ("insufficient balance",)),
    (Fault.ACCOUNT, "https://openrouter.ai/docs/api-reference/errors", ("insufficient credits",)),
    (Fault.ACCOUNT, "https://docs.siliconflow.cn/cn/faqs/error-code", ("account balance is insufficient",)),
    (
        Fault.ACCOUNT,
        _XAI,
        (
            "has either used all available credits",
            "reached its monthly spending limit",
            "doesn't have any credits",
        ),
    ),
    (
        Fault.ACCOUNT,
        _AWS,
        (
            "security token included in the request is invalid",
            "security token included in the request is expired",
        ),
    ),
    (Fault.ACCOUNT, _DASHSCOPE, ("已欠费", "account is in good standing", "invalid api-key provided")),
    (Fault.ACCOUNT, _ZHIPU, ("余额不足", "账户已欠费")),
    (Fault.ACCOUNT, "https://docs.cohere.com/reference/errors", ("invalid api token",)),
    (Fault.ACCOUNT, "https://replicate.com/docs/reference/http", ("insufficient credit to run this model",)),
    (
        Fault.SETUP,
        "https://openrouter.ai/docs/api-reference/errors",
        ("can only afford", "is not a valid model id", "no endpoints found"),
    ),
    (
        Fault.SETUP,
        _GEMINI,
        ("location is not supported", "is not available in your region", "is not available in your country"),
    ),
    (
        Fault.SETUP,
        "https://github.com/aws-samples/bedrock-access-gateway/issues/73",
        (
            "on-demand throughput isn't supported",
            "doesn't support on-demand throughput",
            "have access to the model with the specified model id",
            "the provided model identifier is invalid",
            "model access is denied",
            "is not available for this account",
            "operation not allowed",
            "this model version has reached the end of its life",
            "marked by provider as legacy",
        ),
    ),
    (
        Fault.SETUP,
        _OPENAI,
        (
            "does not exist or you do not have access to it",
            "must be verified to use the model",
            "must be verified to generate reasoning summaries",
            "country, region, or territory not supported",
        ),
    ),
    (Fault.SETUP, _MOONSHOT, ("not found the model",)),
    (Fault.SETUP, _AZURE, ("api deployment for this resource does not exist",)),
    (
        Fault.SETUP,
        "https://docs.siliconflow.cn/cn/faqs/error-code",
        ("model does not exist", "model disabled"),
    ),
    (Fault.SETUP, "https://api-docs.deepseek.com/quick_start/error_codes", ("model not exist",)),
    (
        Fault.SETUP,
        "https://github.com/songquanpeng/one-api/blob/main/middleware/distributor.go",
        ("无可用渠道", "用户额度不足", "预扣费额度失败", "该令牌无权使用模型"),
    ),
)
PHRASES: Mapping[str, Fault] = {phrase: fault for fault, _, found in _PHRASES for phrase in found}

#: Statuses that decide where no word or phrase does.
REQUEST_STATUSES = frozenset({400, 413, 422})
SETUP_STATUSES = frozenset({404, 405, 410, 415})
ACCOUNT_STATUSES = frozenset({401, 402})
#: Words about the channel outrank words about the request: Google sends INVALID_ARGUMENT with API_KEY_INVALID.
_ORDER = (Fault.ACCOUNT, Fault.SETUP, Fault.REQUEST, Fault.SERVICE)

_LONGEST_WORD = 128
#: Typographic characters that upstreams use for an apostrophe: "isn’t supported".
_APOSTROPHES = str.maketrans("’‘`ʼ", "''''")
_UNESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NO_WORD = re.compile(r"[\W_]+")
_WORD = re.compile(r"\w+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
#: The most characters of a request that are compared with a message; longer ones count as possibly repeated.
_LONGEST_COMPARED = 65_536
#: The most times that an upstream may have decoded a text before repeating it.
_DECODINGS = 3


def judge(
    status: int, words: Iterable[str], message: str, *, codes: Mapping[str, Fault], request: RelayRequest
) -> tuple[Fault, bool]:
    """Whose fault a refusal is, and whether its structure alone says so.

    ``words`` are the texts and numbers of that structure, ``codes`` the own codes of the provider that answered.
    Phrases that the upstream may only have repeated from ``request`` never give the channel up.
    """
    meanings = [(word, fault) for word in words for fault in _meanings(word, codes)]
    fault = _fault_of(status, {fault for _, fault in meanings}, message, request)
    named = _first({fault for word, fault in meanings if word != str(status)})
    return fault, fault is (named or Fault.SERVICE)


def _first(found: Collection[Fault]) -> Fault | None:
    return next((fault for fault in _ORDER if fault in found), None)


def _fault_of(status: int, found: Collection[Fault], message: str, request: RelayRequest) -> Fault:
    fault = _first(found)
    if fault is Fault.ACCOUNT or fault is Fault.REQUEST:
        return fault
    sure, doubtful = _said(message, request)
    if sure is Fault.ACCOUNT or (sure is not None and fault is None):
        return sure
    if fault is None:
        fault = _by_status(status)
    return Fault.SETUP if doubtful and fault is Fault.REQUEST else fault


def _meanings(word: str, codes: Mapping[str, Fault]) -> Iterator[Fault]:
    """The meaning of the whole word if it is known, otherwise of its longest known prefix before a dot."""
    known = word.strip().lower() if len(word) <= _LONGEST_WORD else ""
    while known:
        fault = codes.get(known) or WORDS.get(known)
        if fault is not None:
            yield fault
            return
        known = known.rpartition(".")[0]


def _by_status(status: int) -> Fault:
    if status in REQUEST_STATUSES:
        return Fault.REQUEST
    if status in ACCOUNT_STATUSES:
        return Fault.ACCOUNT
    return Fault.SETUP if status in SETUP_STATUSES else Fault.SERVICE


def _said(message: str, request: RelayRequest) -> tuple[Fault | None, bool]:
    """The meaning of the message's phrases, and whether others in it may be the client's own words."""
    text = message.translate(_APOSTROPHES).lower()
    found = [(phrase, fault) for phrase, fault in PHRASES.items() if phrase in text]
    if not found:
        return None, False
    asked = _asked(request)
    if asked is None:
        return None, True
    forms = _forms(asked)
    own = [(phrase, fault) for phrase, fault in found if not _contains(forms, phrase)]
    # Upstreams also combine the client's words: "'credit balance' is not one of 'too low'".
    sure = {fault for phrase, fault in own if not _made_of(forms, phrase)}
    if not sure:
        return None, bool(own)
    # "You requested 65536 tokens, but can only afford 100" is no reason to give up the account.
    return (Fault.SETUP if Fault.SETUP in sure else Fault.ACCOUNT), False


def _asked(request: RelayRequest) -> str | None:
    """All texts of a request; None if they are too long to be compared."""
    texts = [request.model, request.path, request.query]
    left = _LONGEST_COMPARED
    for text in _texts([request.fields, request.form]):
        left -= len(text)
        if left < 0:
            return None
        texts.append(text)
    asked = " ".join(texts)
    return " ".join([asked, *(_from_base64(found[0]) for found in _BASE64.finditer(asked))])


def _from_base64(text: str) -> str:
    whole = text[: len(text) - (len(text) % 4 == 1)]  # encoded bytes never leave a single character over
    data = base64.urlsafe_b64decode(whole.replace("+", "-").replace("/", "_") + "==")
    return data.decode(errors="replace")


def _forms(asked: str) -> list[str]:
    """A request's texts in every form in which an upstream may repeat them."""
    forms = [asked.translate(_APOSTROPHES)]
    for _ in range(_DECODINGS):
        decoded = html.unescape(unquote_plus(_unescaped(forms[-1])))
        if decoded == forms[-1]:
            break
        forms.append(decoded)
    return [form.lower() for form in forms]


def _texts(value: Any) -> Iterator[str]:
    """All texts in a parsed body, including member names; not recursive, because clients choose the depth."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", _UNESCAPE.sub(lambda found: chr(int(found[1], 16)), text))


def _contains(forms: list[str], phrase: str) -> bool:
    """Whether the request contains ``phrase``, whatever separates its words."""
    plain = _NO_WORD.sub("", phrase)
    return any(phrase in form or plain in _NO_WORD.sub("", form) for form in forms)


def _made_of(forms: list[str], phrase: str) -> bool:
    """Whether every word of ``phrase`` occurs somewhere in the request."""
    words = _WORD.findall(phrase)
    return any(all(word in form for word in words) for form in forms)
