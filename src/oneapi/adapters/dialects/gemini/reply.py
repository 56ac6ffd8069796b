"""Answers, whole or streamed: a stream event has the form of a whole answer."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from attrs import evolve

from oneapi.adapters.dialects.gemini import signatures
from oneapi.adapters.dialects.gemini.grounding import Length, citations_of
from oneapi.adapters.dialects.gemini.wire import sound_format
from oneapi.adapters.dialects.narrow import count, decoded, fields_of, items_of, text, usage_told
from oneapi.adapters.dialects.openai_chat.beside_text import logarithm
from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.chat import (
    Audio,
    ChatReply,
    Choice,
    FinishReason,
    Image,
    Text,
    Thinking,
    TokenLogprob,
    ToolCall,
    finish_of,
    text_of,
)
from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from oneapi.domain.chat import Part

#: https://ai.google.dev/api/generate-content#FinishReason; any other value means that the answer failed.
FINISH = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "SAFETY": FinishReason.CONTENT_FILTER,
    "RECITATION": FinishReason.CONTENT_FILTER,
    "BLOCKLIST": FinishReason.CONTENT_FILTER,
    "PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
    "SPII": FinishReason.CONTENT_FILTER,
    "MODEL_ARMOR": FinishReason.CONTENT_FILTER,
    "IMAGE_SAFETY": FinishReason.CONTENT_FILTER,
    "IMAGE_PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
    "IMAGE_RECITATION": FinishReason.CONTENT_FILTER,
}
UNFINISHED = ("", "FINISH_REASON_UNSPECIFIED")
ERRORS = range(400, 600)


def read_reply(body: bytes) -> ChatReply:
    answer = checked(decoded(body))
    candidates = items_of(answer.get("candidates"))
    if not candidates:
        raise UpstreamGarbage("an answer without candidates")
    seed = text(answer.get("responseId"))
    choices = []
    for number, candidate in enumerate(candidates):
        index = count(candidate.get("index")) or number
        said = tuple(_joined(parts_of(candidate, 0)))
        length = Length()
        length.add(text_of(said))
        parts = (*said, *citations_of(candidate, length))
        reason = reason_of(candidate, produced=bool(said))
        choices.append(
            Choice(
                parts,
                finish_of(reason, parts) if reason else None,
                index,
                logprobs=_logprobs(fields_of(candidate.get("logprobsResult"))),
            )
        )
    return ChatReply(seed, text(answer.get("modelVersion")), tuple(choices), usage=usage_of(answer))


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """``answer``. Raises UpstreamRefusal if it is an error, or reports that the prompt was refused."""
    refuse_error(answer)
    feedback = fields_of(answer.get("promptFeedback"))
    reason = text(feedback.get("blockReason"))
    if reason and not answer.get("candidates"):
        said = text(feedback.get("blockReasonMessage"))
        message = f"Prompt blocked: {reason}: {said}" if said else f"Prompt blocked: {reason}"
        raise UpstreamRefusal(400, message, type="gemini_error", code="content_filter")
    return answer


def refuse_error(answer: Mapping[str, Any]) -> None:
    """Raise UpstreamRefusal for an answer that is an error."""
    if error := fields_of(answer.get("error")):
        code = error.get("code")
        status = code if isinstance(code, int) and code in ERRORS else 502
        message = text(error.get("message")) or "the upstream reported an error"
        raise UpstreamRefusal(status, message, type="gemini_error", code=code)


def parts_of(candidate: Mapping[str, Any], calls: int) -> Iterator[Part]:
    """The parts of a candidate, with signatures beside theirs; ``calls`` is the number of calls in earlier events."""
    for part in items_of(fields_of(candidate.get("content")).get("parts")):
        signature = text(part.get("thoughtSignature"))
        call = fields_of(part.get("functionCall"))
        if call:
            if signature:
                yield signatures.marked(signature, signatures.of_call(calls))
            yield ToolCall(
                text(call.get("id")),
                text(call.get("name")),
                as_json(fields_of(call.get("args"))),
            )
            calls += 1
            continue
        yield from _shown(part)
        if signature:
            yield signatures.marked(signature, signatures.TEXT)


def _shown(part: Mapping[str, Any]) -> Iterator[Part]:
    """One part, or none for tools that run at the provider: the text contains their results."""
    told, blob = text(part.get("text")), fields_of(part.get("inlineData"))
    kind, data = text(blob.get("mimeType")), text(blob.get("data"))
    if part.get("thought"):
        if told:
            yield Thinking(told)
    elif told:
        yield Text(told)
    elif kind.startswith("image/") and data:
        yield Image(data=data, media_type=kind)
    elif kind.startswith("audio/") and data:
        yield Audio(data=data, format=sound_format(kind))


def reason_of(candidate: Mapping[str, Any], *, produced: bool) -> FinishReason | None:
    """The finish reason; None if there is none yet. Raises UpstreamRefusal if the answer failed without content."""
    reason = text(candidate.get("finishReason"))
    if reason in UNFINISHED:
        return None
    if reason not in FINISH and not produced:
        said = text(candidate.get("finishMessage"))
        message = f"the model gave up with {reason}" + (f": {said}" if said else "")
        raise UpstreamRefusal(502, message, type="gemini_error", code=reason)
    return FINISH.get(reason, FinishReason.STOP)


def usage_of(answer: Mapping[str, Any]) -> Usage | None:
    """Read https://ai.google.dev/api/generate-content#UsageMetadata.

    The candidates' tokens usually exclude those of thoughts, but sometimes include them; the total shows which.
    """
    reported = fields_of(answer.get("usageMetadata"))
    prompt = count(reported.get("promptTokenCount")) + count(reported.get("toolUsePromptTokenCount"))
    thoughts = count(reported.get("thoughtsTokenCount"))
    completion, total = count(reported.get("candidatesTokenCount")), count(reported.get("totalTokenCount"))
    if not total:
        completion += thoughts
    usage = usage_told(Usage(prompt, completion), total, reported)
    if usage is None or not usage.total:
        return usage
    given, made = _media(reported, "promptTokensDetails"), _media(reported, "candidatesTokensDetails")
    for medium, tokens in _media(reported, "toolUsePromptTokensDetails").items():
        given[medium] = given.get(medium, 0) + tokens
    for medium, tokens in _media(reported, "cacheTokensDetails").items():
        given[medium] = max(0, given.get(medium, 0) - tokens)
    return evolve(
        usage,
        cached=min(count(reported.get("cachedContentTokenCount")), usage.prompt),
        reasoning=min(thoughts, usage.completion),
        audio_in=min(given.get("AUDIO", 0), usage.prompt),
        image_in=min(given.get("IMAGE", 0), usage.prompt),
        audio_out=min(made.get("AUDIO", 0), usage.completion),
        image_out=min(made.get("IMAGE", 0), usage.completion),
    )


def _media(reported: Mapping[str, Any], details: str) -> dict[str, int]:
    """Tokens by modality, except text: https://ai.google.dev/api/generate-content#ModalityTokenCount."""
    tokens: dict[str, int] = {}
    for item in items_of(reported.get(details)):
        medium = text(item.get("modality"))
        if medium != "TEXT":
            tokens[medium] = tokens.get(medium, 0) + count(item.get("tokenCount"))
    return tokens


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """``parts`` with each signature on the thought before it, if there is one."""
    thought: Thinking | None = None
    for part in parts:
        if isinstance(part, Thinking) and thought is not None:
            thought = evolve(thought, text=thought.text + part.text, signature=part.signature)
        elif isinstance(part, Thinking):
            thought = part
        else:
            if thought is not None:
                yield thought
            thought = None
            yield part
            continue
        if thought.signature:
            yield thought
            thought = None
    if thought is not None:
        yield thought


def _logprobs(result: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    chosen = items_of(result.get("chosenCandidates"))
    steps = [items_of(step.get("candidates")) for step in items_of(result.get("topCandidates"))]
    return tuple(
        evolve(_token(token), others=tuple(map(_token, others)))
        for token, others in zip(chosen, chain(steps, repeat(())), strict=False)
    )


def _token(candidate: Mapping[str, Any]) -> TokenLogprob:
    return TokenLogprob(text(candidate.get("token")), logarithm(candidate.get("logProbability")))
