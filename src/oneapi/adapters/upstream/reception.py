"""Turns an upstream's response into the answer that the client asked for.

A valid answer passes byte for byte. An answer in another form than requested (a stream for a whole answer, a whole
answer for a stream, JSON for a text) is converted, because the provider charges for it; an empty answer, or one that
contains an error, is an error whatever its status.
"""

from __future__ import annotations

import time
import uuid
from functools import lru_cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
from attrs import evolve, frozen

from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.dialects.embeddings import EMBEDDINGS, OPENAI_EMBEDDINGS
from oneapi.adapters.dialects.embeddings.vectors import as_asked, vectors_of
from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.openai_chat.tally import reply_tally
from oneapi.adapters.dialects.openai_chat.tap import DONE
from oneapi.adapters.dialects.reranking import RERANKINGS
from oneapi.adapters.dialects.translation import Translation, tally_of
from oneapi.adapters.dialects.usage import read_usage
from oneapi.adapters.framing.detection import begins_document, begins_events, events_in, is_page
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.adapters.framing.lines import LineFramer
from oneapi.adapters.framing.sse import EVENT_STREAM, Framer
from oneapi.adapters.upstream.answer_forms.media_tap import MediaTap
from oneapi.adapters.upstream.answer_forms.shapes import SHAPES, asks_for_another_form, parts_of, streamed
from oneapi.adapters.upstream.answer_forms.speech import is_sound, joined_speech, sound_type, speech_events
from oneapi.adapters.upstream.answer_forms.transcripts import (
    AS_JSON,
    joined_transcript,
    read_transcript,
    transcript_events,
    transcript_of,
    written,
)
from oneapi.adapters.upstream.answer_forms.whole_and_stream import events_of, reply_of
from oneapi.adapters.upstream.answers import RawAnswer, StreamAnswer, WholeAnswer
from oneapi.adapters.upstream.conductor import SUCCESSES, beginning
from oneapi.adapters.upstream.headers import JSON, response_headers
from oneapi.data import traits_of
from oneapi.domain.counting import estimate_prompt
from oneapi.domain.embeddings import EmbeddingReply
from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal
from oneapi.domain.records import record
from oneapi.domain.usage import Usage, believed, settled
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.adapters.dialects.interface import Dialect, EventWriter, Pieces, StreamTranslator
    from oneapi.adapters.framing.events import Framer as EventFramer
    from oneapi.adapters.providers.calls import Headers, Made, PassedOn
    from oneapi.adapters.transport.interface import Response
    from oneapi.adapters.upstream.answer_forms.shapes import Fields
    from oneapi.adapters.upstream.exchange import Exchange
    from oneapi.adapters.upstream.remembering import Remembering
    from oneapi.application.ports.relay import TokenCounter, UpstreamAnswer
    from oneapi.domain.chat import ChatEvent, ChatReply
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.rerank import RerankReply

#: Matches no event: in some dialects a stream ends only with its last byte.
_NO_EVENT = ServerSentEvent(b"\0", b"\0")
#: Estimates the tokens of texts that are no longer available for counting.
CHARACTERS_PER_TOKEN = 4


@record
class _Body:
    """An answer read to its end; ``headers`` are the upstream's, ``events`` is None unless it is a stream."""

    status: int
    headers: Mapping[str, str]
    kind: str
    content: bytes
    events: Sequence[ServerSentEvent] | None

    @property
    def ended(self) -> bool:
        """Whether the stream contains an end marker."""
        return any(event.data.startswith(DONE) for event in self.events or ())

    def shown(self, kind: str | None) -> Headers:
        """The headers for the client; ``kind`` is the content type, None to keep the upstream's."""
        headers = response_headers(self.headers)
        if kind is None:
            return headers
        return [*(header for header in headers if header[0] != "content-type"), ("content-type", kind)]


@frozen
class Reception:
    """Reads responses. ``limit`` is the most bytes of an answer that is not streamed.

    ``counter`` counts the tokens of translated answers whose upstream reports no usage, so that the client sees it.
    ``remembering`` stores reasoning for clients that do not send it back. ``now`` (unix seconds) and ``new_id``
    stamp answers that are assembled here.
    """

    limit: int
    counter: TokenCounter | None = None
    remembering: Remembering | None = None
    now: Callable[[], float] = time.time
    new_id: Callable[[], str] = lambda: f"chatcmpl-{uuid.uuid4().hex}"

    async def accept(self, exchange: Exchange, response: Response) -> UpstreamAnswer:
        """The upstream's answer. Raises UpstreamError if ``response`` is not a valid one."""
        if response.status not in SUCCESSES:
            raise exchange.call.judge.refused(response.status, response.headers, await beginning(response))
        kind = response.headers.get("content-type", "").lower()
        request = exchange.call.request
        if request.stream or SHAPES[request.work].passes_unread:
            content = await response.next()
            if request.stream and _is_stream(exchange, kind, content):
                return await self._stream(exchange, response, content)
            if not request.stream and is_sound(kind, content):
                headers = response_headers(response.headers)
                return RawAnswer(response.status, headers, response, first=content, limit=self.limit)
            if content:
                content += await response.read(self.limit)
        else:
            content = await response.read(self.limit)
        response.release()
        events: Sequence[ServerSentEvent] | None
        if exchange.call.offer.always_streams:
            framer = exchange.call.offer.framer()
            events = [*framer.feed(content), *framer.finish()]
        else:
            events = events_in(kind, content, exchange.call.offer.framer)
        body = _Body(response.status, response.headers, kind, content, events)
        if receive := _OF_OTHER_WORK.get(request.work):
            if body.events is None and asks_for_another_form(request):
                return _as_it_came(exchange, body)
            return receive(self, exchange, body)
        if events is None and exchange.same_format and not request.stream:
            return _passed(exchange, body)
        return await self._said(exchange, body)

    async def _said(self, exchange: Exchange, body: _Body) -> WholeAnswer:
        """Convert a chat answer whose form or format differs from what the client wants."""
        request = exchange.call.request
        reply = _reply_in(exchange, body)
        if exchange.same_format and exchange.client.pieces is not None:
            return await self._in_own_format(exchange, exchange.client.pieces, body)
        await self._remember(exchange)
        return await self.told(request, exchange.client, response_headers(body.headers), reply)

    async def _in_own_format(self, exchange: Exchange, pieces: Pieces, body: _Body) -> WholeAnswer:
        """A whole answer for a client that wants a stream, or a stream for one that wants a whole answer."""
        request, client = exchange.call.request, exchange.client
        if body.events is None:
            fields = msgspec.json.decode(body.content)
        else:
            fields = pieces.joined(exchange.parts(body.events))
        tally = exchange.read_tally(msgspec.json.encode(fields))
        usage = believed(tally.usage)
        if self.counter is not None and not (usage and usage.is_complete):
            tally.usage = await self._counted(self.counter, request, usage, "".join(tally.text))
            fields["usage"] = pieces.usage(tally.usage)
        if not request.stream:
            return WholeAnswer(body.status, body.shown(JSON), msgspec.json.encode(fields), tally)
        events = [("", chunk) for chunk in pieces.parted(fields) if chunk["choices"] or request.include_usage]
        shown = body.shown(EVENT_STREAM)
        return WholeAnswer(body.status, shown, streamed(events), tally, client, client.end_marker)

    async def told(
        self, request: RelayRequest, client: Dialect, headers: Headers, reply: ChatReply
    ) -> WholeAnswer:
        """A whole reply in the client's dialect, as a stream if it asked for one."""
        usage = believed(reply.usage)
        if self.counter is not None and not (usage and usage.is_complete):
            text = "".join(tally_of(reply).text)
            reply = evolve(reply, usage=await self._counted(self.counter, request, usage, text))
        reply = evolve(
            reply,
            id=self.new_id() if client.own_ids or not reply.id else reply.id,
            model=request.model,
            created=reply.created or int(self.now()),
        )
        kind = EVENT_STREAM if request.stream else JSON
        headers = [*(header for header in headers if header[0] != "content-type"), ("content-type", kind)]
        tally = tally_of(reply)
        if not request.stream:
            return WholeAnswer(HTTPStatus.OK.value, headers, client.write_reply(reply), tally)
        writer = self._writer(request, client, reply.id)
        made = b"".join(map(writer.feed, events_of(reply))) + writer.finish()
        return WholeAnswer(HTTPStatus.OK.value, headers, made, tally, client, client.end_marker)

    def made(self, request: RelayRequest, client: Dialect, made: Made) -> WholeAnswer:
        """An answer assembled here, as a stream if the client asked for one."""
        tally = _complete(made.usage)
        if request.stream:
            return self._pieces(request, client, [], dict(made.fields), tally)
        body = msgspec.json.encode(made.fields)
        return WholeAnswer(HTTPStatus.OK.value, [("content-type", JSON)], body, tally)

    async def written(self, request: RelayRequest, reply: EmbeddingReply | RerankReply) -> WholeAnswer:
        """An answer in the client's format; its tokens are counted if the upstream reports no usage."""
        if reply.usage is None and self.counter is not None:
            counted = await self.counter.count_prompt(request, request.model)
            reply = evolve(reply, usage=Usage(prompt=counted))
        dialect, fields, model = request.dialect, request.fields, request.model
        if isinstance(reply, EmbeddingReply):
            body = EMBEDDINGS[dialect].write_reply(reply, fields, model)
        else:
            body = RERANKINGS[dialect].write_reply(reply, fields, model)
        answer = WholeAnswer(HTTPStatus.OK.value, [("content-type", JSON)], body, _complete(reply.usage))
        answer.left_out = reply.left_out
        return answer

    @staticmethod
    def passed_on(passed: PassedOn) -> WholeAnswer:
        """An answer in the client's own format, unchanged."""
        heard = passed.heard
        headers = response_headers(heard.headers)
        return WholeAnswer(heard.status, headers, heard.body, _complete(passed.usage))

    # --- streams -----------------------------------------------------------------------------------

    async def _stream(self, exchange: Exchange, response: Response, first: bytes) -> StreamAnswer:
        chunked = SHAPES[exchange.call.request.work].chunked
        translator = self._translator(exchange) if chunked else MediaTap()
        before_end = None
        if isinstance(translator, Translation) and (self.counter is not None or exchange.turn is not None):
            before_end = partial(self._before_end, exchange, translator)
        answer = StreamAnswer(
            response_headers({**response.headers, "content-type": EVENT_STREAM}),
            response,
            translator,
            client=exchange.client,
            framer=_framer_for(exchange, first),
            end=_end_of(exchange.upstream.name),
            end_marker=exchange.client.end_marker if chunked else b"",
            judge=exchange.call.judge,
            before_end=before_end,
        )
        await answer.open(first)
        return answer

    def _translator(self, exchange: Exchange) -> StreamTranslator:
        request = exchange.call.request
        if exchange.same_format:
            # A body that was sent unchanged cannot have asked for more than the client did.
            untouched = exchange.body is request.body
            return exchange.client.tap(include_usage=request.include_usage or untouched)
        return Translation(
            exchange.upstream.event_reader(),
            self._writer(request, exchange.client, self.new_id()),
            partial(estimate_prompt, request, exchange.client, traits_of),
        )

    async def _before_end(self, exchange: Exchange, translation: Translation) -> None:
        if self.counter is not None:
            await self._count_missing(self.counter, exchange.call.request, translation)
        await self._remember(exchange)

    async def _remember(self, exchange: Exchange) -> None:
        """Store the reasoning before a tool call; the client may answer the call as soon as the stream ends."""
        if self.remembering is not None and exchange.turn is not None:
            await self.remembering.keep(exchange.turn, exchange.call.request.user_id)

    async def _count_missing(
        self, counter: TokenCounter, request: RelayRequest, translation: Translation
    ) -> None:
        """Count the tokens of a translated stream whose upstream reports no usage, so that the client sees it."""
        tally = translation.tally
        usage = believed(tally.usage) if translation.reported else None
        if usage and usage.is_complete:
            return
        counted = await self._counted(counter, request, usage, "".join(tally.text))
        if tally.taken:  # the relay has already counted and bills these
            counted = evolve(counted, completion=counted.completion + tally.taken // CHARACTERS_PER_TOKEN)
        else:
            tally.usage, translation.reported = counted, True
        translation.show(counted)

    @staticmethod
    async def _counted(counter: TokenCounter, request: RelayRequest, usage: Usage | None, text: str) -> Usage:
        """``usage``, completed by counting the tokens of the prompt and of the answer's ``text``."""
        prompt = await counter.count_prompt(request, request.model)
        return settled(usage, prompt, await counter.count_text(text, request.model))

    def _writer(self, request: RelayRequest, client: Dialect, reply_id: str) -> EventWriter:
        return client.event_writer(
            reply_id=reply_id,
            model=request.model,
            created=int(self.now()),
            include_usage=request.include_usage,
        )

    # --- whole answers -----------------------------------------------------------------------------

    def _shaped(self, exchange: Exchange, body: _Body) -> WholeAnswer:
        """Completions, edits, embeddings, moderations, images."""
        request, judge = exchange.call.request, exchange.call.judge
        shape = SHAPES[request.work]
        content, kind = body.content, None
        if body.events is not None:
            joined = shape.joined(exchange.parts(body.events), body.ended)
            content, kind = msgspec.json.encode(joined), JSON
        elif shape.of_picture is not None and body.kind.startswith("image/") and content:
            content, kind = msgspec.json.encode(shape.of_picture(content, int(self.now()))), JSON
        vectors = vectors_of(content) if shape.has_vectors else None
        if vectors is None or judge.quirks:
            judge.check_json(content, body.headers, shape.member)
            if not shape.holds(content):
                raise UpstreamGarbage(f"the answer has no {' or '.join(shape.needs)}")
        tally = reply_tally(content)
        if not exchange.same_format:
            reply = OPENAI_EMBEDDINGS.read_reply(content)
            content = EMBEDDINGS[request.dialect].write_reply(reply, request.fields, request.model)
            kind = JSON
        elif vectors is not None:
            content = as_asked(content, vectors, request.fields.get("encoding_format"))
        if request.stream:
            fields = msgspec.json.decode(content)
            return self._pieces(request, exchange.client, body.shown(None), fields, tally)
        return WholeAnswer(body.status, body.shown(kind), content, tally)

    def _pieces(
        self, request: RelayRequest, client: Dialect, headers: Headers, fields: Fields, tally: Tally
    ) -> WholeAnswer:
        """``fields`` as the events of a stream; a report of usage is for clients that asked for it."""
        shape = SHAPES[request.work]
        events = list(shape.pieces(fields))
        if shape.chunked and not request.include_usage:
            events = [event for event in events if event[1].get("choices")]
        shown = [
            *(header for header in headers if header[0] != "content-type"),
            ("content-type", EVENT_STREAM),
        ]
        marker = client.end_marker if shape.chunked else b""
        return WholeAnswer(HTTPStatus.OK.value, shown, streamed(events), tally, client, marker)

    def _heard(self, exchange: Exchange, body: _Body) -> WholeAnswer:
        request = exchange.call.request
        wanted = request.form.get("response_format") or "json"
        if body.events is not None:
            transcript = transcript_of(joined_transcript(exchange.parts(body.events)))
        else:
            exchange.call.judge.check_answer(body.content, body.headers)
            transcript = read_transcript(body.content, body.kind, wanted)
        tally = Tally()
        tally.produced = tally.finished = True
        tally.text.append(transcript.words)
        tally.usage = read_usage((transcript.fields or {}).get("usage"))
        if request.stream and (transcript.fields is not None or wanted in AS_JSON):
            made = streamed(transcript_events(transcript))
            return WholeAnswer(body.status, body.shown(EVENT_STREAM), made, tally, exchange.client)
        content, kind = written(transcript, wanted)
        return WholeAnswer(body.status, body.shown(kind or (JSON if body.events else None)), content, tally)

    def _spoken(self, exchange: Exchange, body: _Body) -> WholeAnswer:
        """Speech that did not come as bytes for a client that wants bytes."""
        request = exchange.call.request
        sound: bytes | None
        tally = Tally()
        tally.produced = tally.finished = True
        if body.events is not None:
            parts = exchange.parts(body.events)
            sound = joined_speech(parts, ended=body.ended)
            for part in parts:
                tally.usage = read_usage(part.get("usage")) or tally.usage
        elif is_sound(body.kind, body.content):
            sound = body.content
        else:
            exchange.call.judge.check_json(body.content, body.headers, "")
            sound = joined_speech(parts_of([body.content]), ended=True)
        if sound is None:
            raise UpstreamGarbage("the answer has no audio")
        if request.stream:
            made = streamed(speech_events(sound))
            return WholeAnswer(body.status, body.shown(EVENT_STREAM), made, tally, exchange.client)
        kind = sound_type(request.fields.get("response_format"))
        return WholeAnswer(body.status, body.shown(kind), sound, tally)


def _complete(usage: Usage | None) -> Tally:
    """The tally of a complete answer."""
    tally = Tally()
    tally.produced = tally.finished = True
    tally.usage = usage
    return tally


def _is_stream(exchange: Exchange, kind: str, first: bytes) -> bool:
    """Whether a body that begins with ``first`` is the stream that was asked for; some upstreams answer whole."""
    if exchange.call.offer.framer is LineFramer:
        return True
    if not SHAPES[exchange.call.request.work].chunked:
        return begins_events(first) or (EVENT_STREAM in kind and not begins_document(first))
    return not begins_document(first) and ("json" not in kind or begins_events(first))


def _framer_for(exchange: Exchange, first: bytes) -> EventFramer:
    """The framer for a stream that begins with ``first``."""
    usual = exchange.call.offer.framer
    if usual is Framer:
        return Framer(keeps_lines=True) if exchange.same_format and exchange.client.passes_lines else Framer()
    return Framer() if usual is LineFramer and begins_events(first) else usual()


def _as_it_came(exchange: Exchange, body: _Body) -> WholeAnswer:
    """An answer in a form that is unknown here. Raises UpstreamError for an error, a web page, or an empty body."""
    exchange.call.judge.check_answer(body.content, body.headers)
    if not body.content or is_page(body.kind, body.content):
        raise UpstreamGarbage("the answer is empty or a web page")
    tally = Tally()
    tally.produced = tally.finished = True
    return WholeAnswer(body.status, body.shown(None), body.content, tally)


def _passed(exchange: Exchange, body: _Body) -> WholeAnswer:
    """The answer to a conversation, passed on in the client's own format."""
    exchange.call.judge.check_json(body.content, body.headers, exchange.client.essential)
    tally = exchange.read_tally(body.content)
    content = exchange.client.passed(body.content)
    return WholeAnswer(body.status, response_headers(body.headers), content, tally)


def _reply_in(exchange: Exchange, body: _Body) -> ChatReply:
    """The answer to a conversation in canonical form. Raises UpstreamError."""
    if body.events is not None:
        return _joined_reply(exchange, body.events)
    essential = exchange.client.essential if exchange.same_format else ""
    exchange.call.judge.check_json(body.content, body.headers, essential)
    return exchange.read_reply(body.content)


def _joined_reply(exchange: Exchange, events: Sequence[ServerSentEvent]) -> ChatReply:
    """The whole answer that came as a stream. Raises UpstreamError as the stream would."""
    reader = exchange.upstream.event_reader()
    told: list[ChatEvent] = []
    data = b""
    try:
        for event in events:
            data = event.data
            exchange.call.judge.check_event(data)
            told += reader.feed(event)
        told += reader.finish()
    except UpstreamRefusal as refusal:
        raise exchange.call.judge.judged(refusal, data) from None
    reply = reply_of(told)
    if not reply.choices:
        raise UpstreamGarbage("the stream holds no answer")
    return reply


@lru_cache
def _end_of(dialect: str) -> ServerSentEvent:
    """The event that ends a stream of ``dialect``."""
    marker = DIALECTS[dialect].end_marker
    return Framer().feed(marker)[0] if marker else _NO_EVENT


#: What reads whole answers, by kind of work; conversations are read otherwise.
_OF_OTHER_WORK: Mapping[Work, Callable[[Reception, Exchange, _Body], WholeAnswer]] = {
    **dict.fromkeys(
        (
            Work.COMPLETE,
            Work.EDIT,
            Work.EMBED,
            Work.MODERATE,
            Work.DRAW,
            Work.RETOUCH,
            Work.VARY,
            Work.COUNT,
        ),
        Reception._shaped,  # noqa: SLF001  # the table of its own
    ),
    **dict.fromkeys((Work.TRANSCRIBE, Work.TRANSLATE), Reception._heard),  # noqa: SLF001  # as above
    Work.SPEAK: Reception._spoken,  # noqa: SLF001  # as above
}
