"""How responses are stored and shown to clients again, and the items that precede a request continuing one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from attrs import evolve

from oneapi.adapters.dialects.narrow import items_of, text
from oneapi.adapters.dialects.patch import patch
from oneapi.adapters.dialects.responses.marks import account_mark_in
from oneapi.adapters.dialects.responses.output import item_id, response_fields
from oneapi.adapters.dialects.responses.stream import RATE_LIMITED, rendered
from oneapi.adapters.dialects.responses.wire import CUSTOM_CALL, FAILED, FUNCTION_CALL, IN_PROGRESS, PREVIOUS
from oneapi.domain.errors import InvalidParameter
from oneapi.domain.stored_responses import References

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.domain.errors import GatewayError
    from oneapi.domain.requests import RelayRequest

    Item = dict[str, Any]

#: Events that end an answer which can be continued.
_ENDS = (b"event: response.completed\n", b"event: response.incomplete\n")
_OUTCOMES = (*_ENDS, b"event: response.failed\n")
#: Statuses of a response that is being made.
_OPEN = frozenset({"queued", IN_PROGRESS})
_DATA = b"data: "
#: Digits of an item's place at the end of its id, and the first place of the request's items.
_PLACE, _ASKED = 4, 0x8000
_PREFIXES = {
    FUNCTION_CALL: "fc",
    CUSTOM_CALL: "ctc",
    "function_call_output": "fco",
    "custom_tool_call_output": "ctco",
    "reasoning": "rs",
}
#: Ids of items made by this gateway: they contain their response's id.
_OWN = re.compile(r"[a-z]+_[0-9a-f]{36}")
#: The most items of a response from elsewhere that can be referred to; each is a database row.
_MOST_ITEMS = 256
#: Bytes of the first user message that identify a conversation.
_BEGINNING = 4096
REFERENCE = "item_reference"
#: Page sizes of a list of items: https://platform.openai.com/docs/api-reference/responses/input-items.
USUAL_PAGE, LARGEST_PAGE = 20, 100


class _Content(msgspec.Struct):
    """The stored content: the items of the request alone, and the response as the client received it."""

    input: list[dict[str, Any]]
    response: msgspec.Raw
    #: Only for background responses: when their maker last renewed the entry, and the events of the stream.
    seen: int = 0
    events: str = ""


class _State(msgspec.Struct):
    id: str = ""
    status: str = ""
    background: bool | None = None


class _Ended(msgspec.Struct):
    response: msgspec.Raw


class _Numbered(msgspec.Struct):
    sequence_number: int = 0


class _Response(msgspec.Struct):
    id: str
    output: list[dict[str, Any]]


_read_content = msgspec.json.Decoder(_Content).decode
_read_ended = msgspec.json.Decoder(_Ended).decode
_read_response = msgspec.json.Decoder(_Response).decode
_read_state = msgspec.json.Decoder(_State).decode
_read_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_read_number = msgspec.json.Decoder(_Numbered).decode


class StoredForm:
    """Implements ``ResponseForm``; ``explain`` returns the part of an error that clients may read."""

    def __init__(self, explain: Callable[[GatewayError], str] = repr) -> None:
        self._explain = explain

    def asks_to_keep(self, request: RelayRequest) -> bool:
        return request.fields.get("store") is not False

    def refers(self, request: RelayRequest) -> References:
        named = [text(item.get("id")) for item in _items(request.fields) if _is_reference(item)]
        own = dict.fromkeys(_response_of(item) for item in named if _OWN.fullmatch(item))
        others = dict.fromkeys(item for item in named if not _OWN.fullmatch(item))
        return References(text(request.fields.get(PREVIOUS)), tuple(own), tuple(others))

    def affinity(self, request: RelayRequest) -> str:
        """The client's own key, else one from the start of the conversation: caches hold prefixes."""
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
            if not keeps and self.asks_to_keep(request):  # nor may the provider store it
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
        return _response_in(piece, _ENDS)

    def outcome_in(self, piece: bytes) -> bytes:
        return _response_in(piece, _OUTCOMES)

    def content(
        self, request: RelayRequest, answer: bytes, events: bytes, now: int
    ) -> tuple[str, bytes, tuple[str, ...]]:
        response = _read_response(answer)
        given = response.id
        items = [
            {**item, "id": text(item.get("id")) or item_id(_prefix(item), given, _ASKED + number)}
            for number, item in enumerate(_items(request.fields))
        ]
        named = (text(item.get("id")) for item in response.output)
        others = tuple(
            item for item in named if item and not (_OWN.fullmatch(item) and _response_of(item) == given)
        )
        content = _Content(items, msgspec.Raw(answer))
        if self.asks_for_background(request):
            content.seen, content.events = now, events.decode(errors="replace")
        return given, msgspec.json.encode(content), others[:_MOST_ITEMS]

    # --- in the background -------------------------------------------------------------------------

    def asks_for_background(self, request: RelayRequest) -> bool:
        return request.fields.get("background") is True

    def in_background(self, request: RelayRequest) -> RelayRequest:
        body = patch(request.body, {"background": msgspec.UNSET, "stream": True})
        return evolve(request, body=body, fields={**request.fields, "stream": True}, stream=True)

    def under_way(
        self, request: RelayRequest, response_id: str, now: int, failure: GatewayError | None
    ) -> bytes:
        fields = {**request.fields, "store": True}
        status = "queued" if failure is None else FAILED
        response = response_fields(
            fields, response_id=response_id, model=request.model, created=now, status=status
        )
        return msgspec.json.encode({**response, **(self.failed(failure) if failure else {})})

    def was_in_background(self, content: bytes) -> bool:
        return _state_of(content).background is True

    def is_over(self, content: bytes) -> bool:
        return _state_of(content).status not in _OPEN

    def id_of(self, content: bytes) -> str:
        return _state_of(content).id

    def seen_at(self, content: bytes) -> int:
        return _read_content(content).seen

    def failed(self, error: GatewayError) -> Mapping[str, object]:
        code = RATE_LIMITED if getattr(error, "busy", False) else "server_error"
        return {"status": FAILED, "error": {"code": code, "message": self._explain(error)}}

    def cancelled(self) -> Mapping[str, object]:
        return {"status": "cancelled"}

    def ended(self, content: bytes, outcome: Mapping[str, object]) -> bytes:
        kept = _read_content(content)
        kept.response = msgspec.Raw(patch(bytes(kept.response), outcome))
        return msgspec.json.encode(kept)

    def named(self, piece: bytes, response_id: str) -> bytes:
        if b'"response":' not in piece:
            return piece
        return b"\n\n".join(_with_id(event, response_id) for event in piece.split(b"\n\n"))

    def renamed(self, answer: bytes, response_id: str) -> bytes:
        return patch(answer, {"id": response_id, "background": True})

    def after(self, events: bytes, number: int) -> tuple[bytes, int]:
        later = [each for each in events.split(b"\n\n") if each and _number_of(each) > number]
        return b"".join(each + b"\n\n" for each in later), _number_of(later[-1]) if later else number

    def told_again(self, content: bytes, number: int) -> bytes:
        kept = _read_content(content)
        if kept.events:
            return self.after(kept.events.encode(), number)[0]
        name = f"response.{_read_state(kept.response).status}"
        return rendered(name, {"sequence_number": number + 1, "response": kept.response})


def _response_in(piece: bytes, ends: Sequence[bytes]) -> bytes:
    start = max(piece.rfind(end) for end in ends)
    if start < 0:
        return b""
    data = piece.index(_DATA, start) + len(_DATA)
    return bytes(_read_ended(piece[data : piece.index(b"\n", data)]).response)


def _state_of(content: bytes) -> _State:
    return _read_state(_read_content(content).response)


def _with_id(event: bytes, response_id: str) -> bytes:
    head, data, told = event.partition(_DATA)
    if not data or b'"response":' not in told:
        return event
    members = _read_members(told)
    if "response" not in members:
        return event
    response = patch(bytes(members["response"]), {"id": response_id, "background": True})
    return head + data + patch(told, {"response": msgspec.Raw(response)})


def _number_of(event: bytes) -> int:
    return _read_number(event.partition(_DATA)[2]).sequence_number


def shown(content: bytes) -> bytes:
    """The response as the client received it."""
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
    """The items of the request and of the answer."""
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
    """The id of the response that contains an item with this id."""
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
