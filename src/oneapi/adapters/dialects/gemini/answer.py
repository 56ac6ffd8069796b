"""Writing answers for clients: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
from attrs import define, field

from oneapi.adapters.dialects.gemini import signatures
from oneapi.adapters.dialects.gemini.grounding import Length
from oneapi.adapters.dialects.gemini.wire import PCM, PCM16, encode, event
from oneapi.domain.chat import (
    Audio,
    AudioDelta,
    Citation,
    Cited,
    Finished,
    FinishReason,
    Image,
    ImageMade,
    ModelRefusal,
    RefusalDelta,
    Started,
    Text,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from oneapi.domain.chat import ChatEvent, ChatReply, Choice, TokenLogprob
    from oneapi.domain.usage import Usage

#: The format's finish reasons; it has none for tool calls.
REASONS = {
    FinishReason.STOP: "STOP",
    FinishReason.TOOL_CALLS: "STOP",
    FinishReason.LENGTH: "MAX_TOKENS",
    FinishReason.CONTENT_FILTER: "SAFETY",
}
#: google.rpc.Code by HTTP status: https://ai.google.dev/api/generate-content.
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
CLIENT_ERRORS = range(400, 500)


def write_reply(reply: ChatReply, *, shows_thoughts: bool) -> bytes:
    fields = {
        "candidates": [_candidate(choice, shows_thoughts=shows_thoughts) for choice in reply.choices],
        "usageMetadata": usage_fields(reply.usage),
        "modelVersion": reply.model,
        "responseId": reply.id,
    }
    return encode(fields)


def _candidate(choice: Choice, *, shows_thoughts: bool) -> dict[str, Any]:
    finish = choice.finish or FinishReason.STOP
    said = _Said(shows_thoughts=shows_thoughts)
    parts = [written for part in choice.parts for written in said.part(part, finish)]
    if signature := said.signature():
        if parts:
            parts[-1]["thoughtSignature"] = signature
        else:
            parts.append({"text": "", "thoughtSignature": signature})
    fields: dict[str, Any] = {
        "content": {"role": "model", "parts": parts},
        "finishReason": REASONS[finish],
        "index": choice.index,
    }
    return fields | said.cited() | _logprobs(choice.logprobs)


@define
class _Said:
    """The state of one candidate while its parts are written."""

    shows_thoughts: bool
    #: Thoughts whose signature has not been written on a part yet.
    thoughts: list[Thinking] = field(factory=list)
    length: Length = field(factory=Length)
    pages: list[dict[str, Any]] = field(factory=list)

    def part(self, part: Any, finish: FinishReason) -> Iterable[dict[str, Any]]:
        match part:
            case Text(text=text) | ModelRefusal(text=text):
                self.length.add(text)
                yield {"text": text}
            case Thinking(text=text):
                self.thoughts.append(part)
                if text and self.shows_thoughts:
                    yield {"text": text, "thought": True}
            case ToolCall():
                yield from self.call(part, finish)
            case Image():
                yield _picture(part)
            case Audio() if part.data:
                yield _sound(part)
            case Audio(transcript=text) if text:
                yield {"text": text}
            case Citation():
                self.pages.append(self._source(part))

    def call(self, call: ToolCall, finish: FinishReason) -> Iterable[dict[str, Any]]:
        """Write a call, or nothing if the token limit cut it off. Raises UpstreamGarbage for other broken arguments."""
        arguments = _arguments(call.arguments)
        if arguments is None:
            if finish is FinishReason.LENGTH:
                return
            raise UpstreamGarbage("the arguments of a tool call are not a JSON object")
        fields: dict[str, Any] = {"functionCall": {"id": call.id, "name": call.name, "args": arguments}}
        if signature := self.signature():
            fields["thoughtSignature"] = signature
        yield fields

    def signature(self) -> str:
        """The signature of the thoughts before the next part, which are then done; empty if they are not signed."""
        thoughts, self.thoughts = self.thoughts, []
        return signatures.packed(thoughts)

    def cited(self) -> dict[str, Any]:
        return {"citationMetadata": {"citationSources": self.pages}} if self.pages else {}

    def _source(self, citation: Citation) -> dict[str, Any]:
        """A citation's source. Its positions count bytes, which can be derived from characters only for plain text."""
        source: dict[str, Any] = {"uri": citation.url}
        if citation.title:
            source["title"] = citation.title
        if self.length.is_plain and citation.end:
            source |= {"startIndex": citation.start, "endIndex": citation.end}
        return source


def _picture(image: Image) -> dict[str, Any]:
    if image.url:
        return {"fileData": {"mimeType": image.media_type or "image/png", "fileUri": image.url}}
    return {"inlineData": {"mimeType": image.media_type, "data": image.data}}


def _sound(audio: Audio) -> dict[str, Any]:
    """The part for ``audio``. Other providers do not report its format, which is the one that was requested."""
    form = audio.format or PCM16
    return {"inlineData": {"mimeType": PCM if form == PCM16 else f"audio/{form}", "data": audio.data}}


def _arguments(told: str) -> dict[str, Any] | None:
    """The arguments of a call as an object; None if they are not one."""
    if not told.strip():
        return {}
    try:
        value = msgspec.json.decode(told)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def usage_fields(usage: Usage | None) -> dict[str, Any]:
    """The usage object, in which tokens of thoughts are not included in the candidates' tokens."""
    if usage is None:
        return {"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0}
    fields = {
        "promptTokenCount": usage.prompt,
        "candidatesTokenCount": usage.completion - usage.reasoning,
        "totalTokenCount": usage.prompt + usage.completion,
    }
    others = {"cachedContentTokenCount": usage.cached, "thoughtsTokenCount": usage.reasoning}
    return fields | {name: tokens for name, tokens in others.items() if tokens}


def _logprobs(tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
    if not tokens:
        return {}
    top = [{"candidates": [_token(each) for each in token.others]} for token in tokens]
    return {"logprobsResult": {"topCandidates": top, "chosenCandidates": [_token(token) for token in tokens]}}


def _token(token: TokenLogprob) -> dict[str, Any]:
    return {"token": token.token, "logProbability": token.logprob}


# --- streams -----------------------------------------------------------------------------------


class Writer:
    """Implements ``EventWriter``; every event has fragments of the parts, and calls are written whole at the end."""

    def __init__(self, *, reply_id: str, model: str, shows_thoughts: bool) -> None:
        self._id = reply_id
        self._model = model
        self._shows_thoughts = shows_thoughts
        self._usage: Usage | None = None
        self._candidates: defaultdict[int, _Growing] = defaultdict(self._growing)

    def feed(self, event: ChatEvent) -> bytes:
        match event:
            case Started(id=given):
                self._id = given or self._id
                return b""
            case UsageReported(usage=usage):
                self._usage = usage
                return b""
        candidate = self._candidates[event.choice]
        part = candidate.take(event)
        if part is None:
            return b""
        return self._event([{"content": {"role": "model", "parts": [part]}, "index": event.choice}])

    def finish(self) -> bytes:
        ended = [self._candidates[index].ended(index) for index in sorted(self._candidates or (0,))]
        return self._event(ended, {"usageMetadata": usage_fields(self._usage)})

    def _growing(self) -> _Growing:
        return _Growing(_Said(shows_thoughts=self._shows_thoughts))

    def _event(self, candidates: Sequence[Mapping[str, Any]], more: Mapping[str, Any] | None = None) -> bytes:
        fields = {
            "candidates": candidates,
            **(more or {}),
            "modelVersion": self._model,
            "responseId": self._id,
        }
        return event(fields)


@define
class _Growing:
    """One candidate while its fragments arrive."""

    said: _Said
    #: Calls by index: the start, fragments of the arguments, and the signed thoughts before the call.
    calls: dict[int, tuple[ToolCallStarted, list[str], list[Thinking]]] = field(factory=dict)
    finish: FinishReason | None = None

    def take(self, event: ChatEvent) -> dict[str, Any] | None:
        """Record ``event``; return the part that can be written at once, if any."""
        match event:
            case TextDelta(text=text) | RefusalDelta(text=text) if text:
                self.said.length.add(text)
                return {"text": text}
            case ThinkingDelta(text=text):
                self._think(event)
                return {"text": text, "thought": True} if text and self.said.shows_thoughts else None
            case ToolCallStarted(index=index):
                thoughts, self.said.thoughts = self.said.thoughts, []
                self.calls[index] = (event, [], thoughts)
            case ToolCallDelta(index=index, arguments=arguments) if index in self.calls:
                self.calls[index][1].append(arguments)
            case ImageMade(image=image):
                return _picture(image)
            case AudioDelta(audio=audio) if audio.data:
                return _sound(audio)
            case Cited(citation=citation):
                list(self.said.part(citation, FinishReason.STOP))
            case Finished(reason=reason):
                self.finish = self.finish or reason
        return None

    def ended(self, index: int) -> dict[str, Any]:
        """The candidate's last event. Raises UpstreamGarbage for calls with broken arguments."""
        finish = self.finish or FinishReason.STOP
        left = self.said.thoughts
        parts: list[dict[str, Any]] = []
        for started, pieces, thoughts in self.calls.values():
            self.said.thoughts = thoughts
            parts += self.said.call(ToolCall(started.id, started.name, "".join(pieces)), finish)
        self.said.thoughts = left
        if signature := self.said.signature():
            parts.append({"text": "", "thoughtSignature": signature})
        content = {"content": {"role": "model", "parts": parts}} if parts else {}
        return {**content, "finishReason": REASONS[finish], "index": index, **self.said.cited()}

    def _think(self, event: ThinkingDelta) -> None:
        last = self.said.thoughts[-1] if self.said.thoughts else None
        if last is None or event.redacted or last.redacted or last.signature:
            self.said.thoughts.append(Thinking(event.text, event.signature, event.redacted))
        else:
            self.said.thoughts[-1] = Thinking(last.text + event.text, event.signature)


# --- errors ------------------------------------------------------------------------------------


def error_fields(message: str, status: int, details: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The error object; clients recognise it by its first member: https://google.aip.dev/193."""
    fallback = "INVALID_ARGUMENT" if status in CLIENT_ERRORS else "INTERNAL"
    error = {"code": status, "message": message, "status": STATUSES.get(status, fallback)}
    return {"error": {**error, "details": details} if details else error}
