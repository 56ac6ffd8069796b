"""How a response is kept, what clients read of it again, and the items that go in front of what continues it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from attrs import evolve

from oneapi.adapters.dialects.narrow import items_of, text
from oneapi.adapters.dialects.patch import patch
from oneapi.adapters.dialects.responses.marks import account_mark_in
from oneapi.adapters.dialects.responses.output import item_id
from oneapi.adapters.dialects.responses.wire import CUSTOM_CALL, FUNCTION_CALL, PREVIOUS
from oneapi.domain.errors import InvalidParameter
from oneapi.domain.stored_responses import References

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.requests import RelayRequest

    Item = dict[str, Any]

#: Events that end an answer that can be continued.
_ENDS = (b"event: response.completed\n", b"event: response.incomplete\n")
_DATA = b"data: "
#: Digits of an item's place at the end of its id, and the first place of what was asked.
_PLACE, _ASKED = 4, 0x8000
_PREFIXES = {
    FUNCTION_CALL: "fc",
    CUSTOM_CALL: "ctc",
    "function_call_output": "fco",
    "custom_tool_call_output": "ctco",
    "reasoning": "rs",
}
#: Ids of items that this gateway made: they hold that of their response.
_OWN = re.compile(r"[a-z]+_[0-9a-f]{36}")
#: Items of a response from elsewhere that can be named, each of which is a row.
_MOST_ITEMS = 256
#: Bytes of what the user says first by which a conversation is known.
_BEGINNING = 4096
REFERENCE = "item_reference"
#: What a list of items shows, https://platform.openai.com/docs/api-reference/responses/input-items.
USUAL_PAGE, LARGEST_PAGE = 20, 100


class _Content(msgspec.Struct):
    """What is kept: the items of the request alone, and the response as the client got it."""

    input: list[dict[str, Any]]
    response: msgspec.Raw


class _Ended(msgspec.Struct):
    response: msgspec.Raw


class _Response(msgspec.Struct):
    id: str
    output: list[dict[str, Any]]


_read_content = msgspec.json.Decoder(_Content).decode
_read_ended = msgspec.json.Decoder(_Ended).decode
_read_response = msgspec.json.Decoder(_Response).decode


class StoredForm:
    """Implements ``ResponseForm``."""

    def asks_to_keep(self, request: RelayRequest) -> bool:
        return request.fields.get("store") is not False

    def refers(self, request: RelayRequest) -> References:
        named = [text(item.get("id")) for item in _items(request.fields) if _is_reference(item)]
        own = dict.fromkeys(_response_of(item) for item in named if _OWN.fullmatch(item))
        others = dict.fromkeys(item for item in named if not _OWN.fullmatch(item))
        return References(text(request.fields.get(PREVIOUS)), tuple(own), tuple(others))

    def affinity(self, request: RelayRequest) -> str:
        """The client's own word for it, else how the conversation begins: caches hold beginnings."""
        if key := text(request.fields.get("prompt_cache_key")):
            return key
        asked = (item for item in _items(request.fields) if item.get("role") == "user")
        return msgspec.json.encode(next(asked, {}).get("content"))[:_BEGINNING].decode(errors="replace")

    def account_mark(self, request: RelayRequest) -> str:
        return account_mark_in(request.fields)

    def continued(
        self,
        request: RelayRequest,
        turns: Sequence[bytes],
        referenced: Sequence[bytes],
        *,
        keeps: bool | None,
    ) -> RelayRequest:
        fields, body = request.fields, request.body
        if keeps is not None:
            if not keeps and self.asks_to_keep(request):  # nor shall anybody else keep it
                body = patch(body, {"store": False})
            fields = {**fields, "store": keeps}
        items = _items(fields)
        if not turns and not any(map(_is_reference, items)):
            return evolve(request, fields=fields, body=body)
        fields = dict(fields)
        known = {item["id"]: item for content in referenced for item in _said(content) if "id" in item}
        history = [item for content in turns for item in _said(content)]
        fields["input"] = [*history, *(_found(number, item, known) for number, item in enumerate(items))]
        whole = {name: value for name, value in fields.items() if name != PREVIOUS}
        return evolve(request, fields=fields, body=msgspec.json.encode(whole))

    def answer_in(self, piece: bytes) -> bytes:
        start = max(piece.rfind(end) for end in _ENDS)
        if start < 0:
            return b""
        data = piece.index(_DATA, start) + len(_DATA)
        return bytes(_read_ended(piece[data : piece.index(b"\n", data)]).response)

    def content(self, request: RelayRequest, answer: bytes) -> tuple[str, bytes, tuple[str, ...]]:
        response = _read_response(answer)
        given = response.id
        items = [
            {**item, "id": text(item.get("id")) or item_id(_prefix(item), given, _ASKED + number)}
            for number, item in enumerate(_items(request.fields))
        ]
        named = (text(item.get("id")) for item in response.output)
        others = tuple(item for item in named if item and not _OWN.fullmatch(item))
        return given, msgspec.json.encode(_Content(items, msgspec.Raw(answer))), others[:_MOST_ITEMS]


def shown(content: bytes) -> bytes:
    """The response as the client got it."""
    return bytes(_read_content(content).response)


def asked_page(content: bytes, *, after: str, limit: int, descending: bool) -> dict[str, Any]:
    """A page of the request's items. Raises InvalidParameter if ``after`` is not the id of one of them."""
    items = _read_content(content).input
    if descending:
        items.reverse()
    if after:
        places = [number for number, item in enumerate(items) if item.get("id") == after]
        if not places:
            raise InvalidParameter("after", f"Item with id {after!r} not found.")
        items = items[places[0] + 1 :]
    page = items[:limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": len(items) > len(page),
    }


def _said(content: bytes) -> list[Item]:
    """What was asked and what was answered."""
    kept = _read_content(content)
    return [*kept.input, *_read_response(kept.response).output]


def _items(fields: Mapping[str, Any]) -> list[Item]:
    given = fields.get("input")
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": given}]}]
    return items_of(given)


def _is_reference(item: Item) -> bool:
    return item.get("type") == REFERENCE or item.keys() == {"id"}


def _response_of(item: str) -> str:
    """The response that has an item of this id."""
    return f"resp_{item.partition('_')[2][:-_PLACE]}"


def _found(number: int, item: Item, known: Mapping[str, Item]) -> Item:
    if not _is_reference(item):
        return item
    found = known.get(text(item.get("id")))
    if found is None:
        missing = text(item.get("id"))
        raise InvalidParameter(f"input.{number}.id", f"Item with id {missing!r} not found.", "item_not_found")
    return found


def _prefix(item: Item) -> str:
    return _PREFIXES.get(text(item.get("type")), "msg")
