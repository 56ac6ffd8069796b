"""The reference page of translations: what became of each feature in the tests of the matrix (``tests/matrix``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROWS = Path(__file__).parents[1] / "tests" / "matrix" / "rows"
INTRODUCTION = """\
If the client and the provider speak the same API, bytes pass unchanged. For any other pair, requests and answers are
translated through one canonical conversation. These tables say what arrives, for each client API and each provider's
format. Every cell is a test of what is sent on the wire, whole and streamed, on both sides (`tests/matrix`).

- **as it is**: the provider speaks the client's API, and bytes pass in both directions.
- **carried**: the feature is translated to the provider's format, and the answer to the client's.
- **refused**: the client gets the error `unsupported_feature` with this name, and nothing is sent, because the answer
  would be different without the feature.
- **dropped**: the provider's format has no place for the feature, and the request is served without it.

*Tools* and *parallel tools* include calls and results in the history. *Thinking* is the request to think and the
thoughts in the answer. *Allowed tools* restrict the calls to some of the tools, and a *custom tool* takes a text
instead of JSON. *Citations* are the web pages on which an answer is based, *picture* is one that the model made, and a
*cache breakpoint* marks the end of the part of the prompt to cache. *Stop reason* is a stop sequence in the request, if
the API has them, and the reason in the answer. An empty cell: the client's API does not have the feature, or no
provider of this format shows it.

Errors before the answer, errors within a stream, streams that are cut off and clients that leave are tested for every
pair too. The error reaches the client in the form of its own API, and what was produced until then is billed."""
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
