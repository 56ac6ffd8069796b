"""The reference page of translations: what became of each feature in the tests of the matrix (``tests/matrix``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROWS = Path(__file__).parents[1] / "tests" / "matrix" / "rows"
INTRODUCTION = """\
Clients speak one API, providers another. Where both are the same the bytes pass as they are; any other pair goes
through one canonical conversation. These tables say what arrives, for each client API and each provider's format. Every
cell is a test that looks at what left on the wire, whole and streamed, on both sides (`tests/matrix`).

- **as it is**: the provider speaks the client's API, and bytes pass in both directions.
- **carried**: it arrives in the provider's words, and what comes back arrives in the client's.
- **refused**: the client gets the error `unsupported_feature` with this name, and nothing is sent: without the feature
  the answer would be another one.
- **dropped**: the provider has no place for this, and the request is served without it.

*Tools* and *parallel tools* include calls and results in the history; *thinking* is the wish to think and the thoughts
in the answer; *allowed tools* are some of many that may be called, and a *custom tool* takes one text; *citations* are
the pages on the web that an answer rests on, *picture* is one that the model made, and a *cache breakpoint* ends what
the client asks to keep of its prompt; *stop reason* is a stop sequence in the request, where the API knows any, and the
reason in the answer. An empty cell: the API has no words for it, or no provider of this format shows any.

An error before the answer, one within a stream, a stream that is cut off and a client that leaves are tested for every
pair as well: they reach the client in the form of its own API, and what had been produced until then is billed."""
CLIENTS = {
    "openai_chat": "OpenAI chat completions",
    "anthropic": "Anthropic Messages",
    "responses": "OpenAI Responses",
    "gemini": "Gemini generateContent",
}
FEATURES = (
    *("text", "tools", "parallel tools", "allowed tools", "custom tool", "image", "document", "thinking"),
    *("citations", "picture", "stop reason", "cache breakpoint"),
)


#: For a feature that a provider does not have.
NOTHING = {"verdict": ""}


def translation_page(note: str) -> str:
    rows = sorted((json.loads(path.read_text(encoding="utf-8")) for path in ROWS.glob("*.json")), key=_name)
    lines = ["# Translation", "", note, INTRODUCTION]
    for client, name in CLIENTS.items():
        lines += ["", f"## {name}", ""]
        lines += [f"| provider's format | {' | '.join(FEATURES)} |", "|---" * (len(FEATURES) + 1) + "|"]
        for row in rows:
            cells = row["expected"][client]
            verdicts = (cells.get(feature, NOTHING)["verdict"] for feature in FEATURES)
            lines.append(f"| {_name(row)} | {' | '.join(verdicts)} |")
    return "\n".join(lines) + "\n"


def _name(row: dict[str, Any]) -> str:
    return str(row["name"])
