"""All clients of the matrix, and the client of Google's API, whose paths name the model and the stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.entrypoints.http.surfaces import GEMINI
from tests.matrix.surfaces import (
    ABOUT_FILE,
    BUDGET,
    CALLED,
    LIMIT,
    PDF,
    PICTURE,
    QUESTION,
    ROME,
    SCHEMA,
    STOP_AT,
    SYSTEM,
    TIME,
    WEATHER,
    WHAT_IT_DOES,
    ChatCompletions,
    Fields,
    Messages,
    Responses,
    Said,
)

if TYPE_CHECKING:
    from oneapi.entrypoints.http.surfaces.interface import Surface
    from tests.matrix.surfaces import Client


#: With one name alone that may be called, this API says the same as that this one is to be called.
NONE_SUCH = "get_tide"


@frozen
class GenerateContent:
    """Implements ``Client``."""

    name: str = "gemini"
    surface: Surface = GEMINI
    lacks: tuple[str, ...] = ("cache breakpoint", "custom tool")

    def posted(self, fields: Fields) -> tuple[str, str, Fields]:
        body = dict(fields)
        model, stream = body.pop("model"), body.pop("stream")
        verb = "streamGenerateContent" if stream else "generateContent"
        return f"/v1beta/models/{model}:{verb}", model, body

    def asks(self, feature: str, model: str, *, stream: bool) -> Fields:
        system = {"role": "user", "parts": [{"text": SYSTEM}]}
        contents: list[Fields] = [self._user({"text": QUESTION})]
        fields: Fields = {"model": model, "stream": stream, "systemInstruction": system, "contents": contents}
        thinking = {"includeThoughts": True, "thinkingBudget": BUDGET}
        match feature:
            case "tools":
                contents += self._called(CALLED[:1])
                fields["tools"] = [self._tool()]
            case "parallel tools":
                contents += self._called(CALLED)
                fields |= {"tools": [self._tool()], "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}}
            case "allowed tools":
                calling = {"mode": "ANY", "allowedFunctionNames": [WEATHER, NONE_SUCH]}
                fields |= {
                    "tools": [self._tool(WEATHER, TIME)],
                    "toolConfig": {"functionCallingConfig": calling},
                }
            case "picture":
                fields["generationConfig"] = {"responseModalities": ["TEXT", "IMAGE"]}
            case "image":
                contents[:] = [self._about("image/png", PICTURE)]
            case "document":
                contents[:] = [self._about("application/pdf", PDF)]
            case "thinking" | "thinking and tools":
                fields["generationConfig"] = {"thinkingConfig": thinking, "maxOutputTokens": LIMIT}
                if feature != "thinking":
                    fields["tools"] = [self._tool()]
            case "stop reason":
                fields["generationConfig"] = {"stopSequences": [STOP_AT], "maxOutputTokens": LIMIT}
        return fields

    @staticmethod
    def _user(*parts: Fields) -> Fields:
        return {"role": "user", "parts": list(parts)}

    def _about(self, kind: str, data: str) -> Fields:
        return self._user({"text": ABOUT_FILE}, {"inlineData": {"mimeType": kind, "data": data}})

    @staticmethod
    def _tool(*names: str) -> Fields:
        about = {"description": WHAT_IT_DOES, "parametersJsonSchema": SCHEMA}
        return {"functionDeclarations": [{"name": name, **about} for name in names or (WEATHER,)]}

    def _called(self, calls: tuple[tuple[str, str, str], ...]) -> list[Fields]:
        """Without ids, as Google's SDK for Python gives results of functions back."""
        made = [{"functionCall": {"name": WEATHER, "args": {"city": city}}} for _, city, _ in calls]
        results = [self._result(WEATHER, result) for _, _, result in calls]
        return [{"role": "model", "parts": made}, self._user(*results, {"text": ROME})]

    @staticmethod
    def _result(name: str, result: str) -> Fields:
        return {"functionResponse": {"name": name, "response": {"result": result}}}

    def joined(self, stream: bytes) -> Fields:
        assert stream.endswith(b"\r\n\r\n"), stream[-40:]
        whole: Fields = {}
        parts: list[Fields] = []
        candidate: Fields = {"content": {"role": "model", "parts": parts}}
        for line in stream.decode()[:-4].split("\r\n\r\n"):
            assert line.startswith("data: "), line
            chunk = json.loads(line[len("data: ") :])
            if "error" in chunk:
                assert list(chunk) == ["error"], "clients look at the first member only"
                return {"message": parts, **chunk}
            assert "finishReason" not in candidate, "nothing follows a finish reason"
            whole |= chunk
            [piece] = chunk["candidates"]
            _append(parts, piece.pop("content", {}).get("parts", ()))
            candidate |= piece
        assert candidate.get("finishReason"), "a stream says why it ends"
        return {**whole, "candidates": [candidate]}

    def said(self, message: Fields) -> Said:
        [candidate] = message["candidates"]
        parts, usage = candidate["content"]["parts"], message["usageMetadata"]
        called = [part["functionCall"] for part in parts if "functionCall" in part]
        calls = [(call.get("id", "none"), call["name"], call["args"]) for call in called]
        pages = [page["uri"] for page in candidate.get("citationMetadata", {}).get("citationSources", ())]
        grounds = candidate.get("groundingMetadata", {}).get("groundingChunks", ())
        pages += [found["web"]["uri"] for found in grounds]
        end = {"STOP": "tool_calls" if calls else "stop", "MAX_TOKENS": "length"}[candidate["finishReason"]]
        made = usage["candidatesTokenCount"] + usage.get("thoughtsTokenCount", 0)
        return Said(
            "".join(part["text"] for part in parts if "text" in part and not part.get("thought")),
            "".join(part["text"] for part in parts if part.get("thought")),
            tuple(calls),
            end,
            (usage["promptTokenCount"], usage.get("cachedContentTokenCount", 0), made),
            tuple(pages),
            tuple(part["inlineData"]["data"] for part in parts if "inlineData" in part),
        )

    def answered(self, request: Fields, message: Fields, result: str) -> Fields:
        """Like Gemini CLI, which sends back calls with their signatures, but not thoughts."""
        content = message["candidates"][0]["content"]
        kept = [part for part in content["parts"] if not part.get("thought")]
        results = [
            self._result(part["functionCall"]["name"], result) for part in kept if "functionCall" in part
        ]
        turns = [{"role": "model", "parts": kept}, self._user(*results)]
        return {**request, "contents": [*request["contents"], *turns]}


def _append(parts: list[Fields], pieces: list[Fields]) -> None:
    """Texts that follow each other are one; a signature beside an empty one is that of the part before it."""
    for piece in pieces:
        last = parts[-1] if parts else {}
        if piece.get("text") == "" and last:
            last |= {name: value for name, value in piece.items() if name == "thoughtSignature"}
        elif "text" in piece and "text" in last and piece.get("thought") == last.get("thought"):
            last |= {**piece, "text": last["text"] + piece["text"]}
        else:
            parts.append(piece)


CLIENTS: tuple[Client, ...] = (ChatCompletions(), Messages(), Responses(), GenerateContent())
