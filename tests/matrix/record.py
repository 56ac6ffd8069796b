"""Write the expectations that are missing: ``python -m tests.matrix.record [--all] [ROW ...]``; ``--all``: anew."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from tests.matrix.cells import World
from tests.matrix.clients import CLIENTS
from tests.matrix.expectations import difference, fault_cell, whole_cell
from tests.matrix.rows import DIRECTORY, FAULTS, FEATURES, ROWS, load

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Members that are written on one line, however long; nothing is broken below this depth.
LEAVES, DEEPEST = ("channel", "whole", "sent", "got", "billed", "streamed", "error before"), 3


async def record(name: str, *, anew: bool) -> None:
    row = load(name)
    expected = {} if anew else row.given.get("expected", {})
    for client in CLIENTS:
        cells = expected.setdefault(client.name, {})
        for feature in FEATURES:
            if feature not in cells and row.has(feature) and feature not in client.lacks:
                _, cells[feature] = await whole_cell(row, client, feature)
        for fault in FAULTS:
            if fault not in cells and row.has(fault):
                _, cells[fault] = await fault_cell(row, client, fault)
        if "streamed" not in cells:
            asks = [client.asks("text", row.model, stream=stream) for stream in (False, True)]
            whole = await World(row).ask(client, asks[0], row.whole("text"))
            stream = await World(row).ask(client, asks[1], row.stream("text"))
            cells["addresses"] = [whole.address, stream.address]
            cells["streamed"] = difference(whole.body, stream.body)
    written = "".join(lines({**row.given, "expected": expected}))
    (DIRECTORY / f"{name}.json").write_text(f"{written}\n", encoding="utf-8")


def lines(value: Any, depth: int = 0, within: str = "") -> Iterator[str]:
    """JSON with one message per line."""
    if not isinstance(value, dict | list) or not value or within in LEAVES or depth > DEEPEST:
        yield json.dumps(value, ensure_ascii=False)
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    items = value.items() if isinstance(value, dict) else (("", item) for item in value)
    yield opening
    for number, (name, item) in enumerate(items):
        yield ("," if number else "") + "\n" + " " * (depth + 1)
        yield f"{json.dumps(name)}: " if isinstance(value, dict) else ""
        yield from lines(item, depth + 1, name)
    yield "\n" + " " * depth + closing


async def main(arguments: list[str]) -> None:
    for name in [name for name in arguments if name != "--all"] or ROWS:
        await record(name, anew="--all" in arguments)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
