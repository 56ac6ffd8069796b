"""Bodies and query strings of the admin API, read as leniently as the original reads them, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from oneapi.application.refusals import Refusal
from oneapi.domain.errors import InvalidParameter
from oneapi.entrypoints.http.relay.bodies import parse_object

if TYPE_CHECKING:
    from sanic import Request

T = TypeVar("T", bound=msgspec.Struct)

PAGE_SIZE = 10
LARGEST_PAGE = 100
LARGEST = 2**53


def read_body(request: Request, kind: type[T]) -> T:
    """The JSON body whatever its content type; keys match without regard to case, unknown ones do not count, null is
    the same as absent. Raises InvalidParameter that names the field."""
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    values = {
        key.lower(): value
        for key, value in parse_object(request.body).items()
        if value is not None and key.lower() in known
    }
    _refuse_nul(values)
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise InvalidParameter("", str(error)) from None


def path_id(text: str) -> int:
    """The number in a path. Raises Refusal."""
    if not text.isascii() or not text.removeprefix("-").isdigit() or abs(int(text[:20])) > LARGEST:
        raise Refusal("invalid_parameter")
    return int(text)


def query_text(request: Request, name: str) -> str:
    """Empty where it is not given."""
    value = str(request.args.get(name) or "")
    return value.replace("\x00", "").encode(errors="replace").decode()


def query_int(request: Request, name: str) -> int:
    """0 where it is not given or no number."""
    text = query_text(request, name).strip()
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    if not digits.isascii() or not digits.isdigit() or len(digits) > len(str(LARGEST)):
        return 0
    return sign * min(int(digits), LARGEST)


def query_page(request: Request) -> dict[str, int]:
    """``offset`` and ``limit`` of the page that is asked for."""
    size = query_int(request, "page_size") or PAGE_SIZE
    limit = min(max(size, 1), LARGEST_PAGE)
    return {"offset": min(max(query_int(request, "p"), 0), LARGEST // LARGEST_PAGE) * limit, "limit": limit}


def _refuse_nul(value: Any) -> None:
    """No database product takes NUL in a text, and none says so well."""
    if isinstance(value, str) and "\x00" in value:
        raise Refusal("invalid_parameter")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_nul(item)
