"""Bug reports as data: reads ``cases/*.json``, answers as their scripted upstream, and checks their expectations.

The form of a case: ``setting`` (options, databases, tokens), ``channel`` by label, then steps by name: ``request``,
the ``upstream`` answers from that step on, and what is ``expected``. An expectation in words stands for several
behaviours that would do; ``words.py`` holds a check for each.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from tests.support.providers.answers import Answer, chunk, head, json_reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.providers.upstream import ReceivedRequest

CASES = Path(__file__).parent / "cases"


@frozen
class Case:
    """One bug report."""

    id: str
    setting: dict[str, Any]
    channels: dict[str, dict[str, Any]]
    requests: dict[str, dict[str, Any]]
    answers: dict[str, dict[str, list[dict[str, Any]]]]
    expected: dict[str, dict[str, Any]]


def cases() -> list[Case]:
    """All cases, in the order of their ids."""
    return [_read(path) for path in sorted(CASES.glob("*.json"))]


def _read(path: Path) -> Case:
    found = json.loads(path.read_text())
    return Case(
        found["id"],
        found["setting"],
        found["channel"],
        found["request"],
        found["upstream"],
        found["expected"],
    )


def answer_of(answers: Sequence[dict[str, Any]], request: ReceivedRequest) -> Answer:
    """The first of ``answers`` whose conditions hold for ``request``."""
    whole = {"method": request.method, "path": request.path, "body": _body(request)}
    for answer in answers:
        if all(_holds(condition, whole) for condition in answer.get("when", ())):
            return _written(answer, whole)
    raise AssertionError(f"the case has no answer to {request.method} {request.target} {request.body!r}")


def _body(request: ReceivedRequest) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def _holds(condition: dict[str, Any], request: dict[str, Any]) -> bool:
    found = list(at(request, condition["at"]))
    if "matches" in condition:
        results = [re.search(condition["matches"], str(value)) is not None for value in found]
    else:
        results = [value == condition["is"] and type(value) is type(condition["is"]) for value in found]
    return bool(results) and (any(results) if condition.get("some") else all(results))


def at(value: Any, place: str) -> Iterator[Any]:
    """The values at ``place`` in ``value``: ``/a/*/b``, where ``*`` is every element and ``a|b`` either name."""
    name, _, rest = place.removeprefix("/").partition("/")
    if not name:
        yield value
    elif name == "*" and isinstance(value, list):
        for element in value:
            yield from at(element, rest)
    elif isinstance(value, dict):
        for key in name.split("|"):
            if key in value:
                yield from at(value[key], rest)


def _written(answer: dict[str, Any], request: dict[str, Any]) -> Answer:
    status = answer.get("status", 200)
    if "json" in answer:
        return json_reply(_filled(answer["json"], request), status=status)
    steps: list[bytes | float] = [
        head(status, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
    ]
    for event in answer["events"]:
        if isinstance(event, int | float):
            steps.append(float(event))
        else:
            text = event if isinstance(event, str) else json.dumps(_filled(event, request))
            steps.append(chunk(f"data: {text}\n\n".encode()))
    return Answer((*steps, b"0\r\n\r\n"))


def _filled(value: Any, request: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if "$sent" in value:
            return next(at(request, value["$sent"]))
        return {name: _filled(inner, request) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, request) for inner in value]
    return value


def contains(whole: Any, part: Any) -> bool:
    """Whether ``part`` is a subset of ``whole``; it may lack members of objects, but not elements of lists."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and contains(whole[name], value) for name, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part) and isinstance(whole, bool) == isinstance(part, bool)


def everywhere(value: Any) -> Iterator[Any]:
    """``value`` and everything inside it."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for element in inner:
        yield from everywhere(element)


def texts_of(value: Any) -> Iterator[str]:
    """Every ``text`` and every string ``content`` inside ``value``."""
    for found in everywhere(value):
        if isinstance(found, dict):
            for name in ("text", "content"):
                if isinstance(found.get(name), str):
                    yield found[name]
