"""Audio through the real ``openai`` SDK: transcripts in every form and speech, passed on as they come, billed once."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from oneapi.adapters.multipart import read_form
from tests.e2e.conftest import Site, eventually
from tests.support.providers.upstream import Ending, head, json_reply, raw, reply, sse

if TYPE_CHECKING:
    from tests.support.providers.upstream import Answer

HEARD, ENGLISH, SPOKEN = "/v1/audio/transcriptions", "/v1/audio/translations", "/v1/audio/speech"
#: Dollars per million tokens: 2.5 in and 10 out for SCRIBE; 0.6 in and 12 out for VOICE, or 10 for text.
SCRIBE, VOICE, WHISPER, TTS = "gpt-4o-transcribe", "gpt-4o-mini-tts-2025-12-15", "whisper-1", "tts-1"
RECORDING = ("a.mp3", b"sound of words")
TOKENS = {
    "type": "tokens",
    "input_tokens": 100,
    "input_token_details": {"audio_tokens": 90, "text_tokens": 10},
    "output_tokens": 20,
    "total_tokens": 120,
}
SOUND = b"\xff\xfb\x90" + bytes(range(256)) * 4


@pytest.fixture(scope="session")
def shared_sound(shared_site: Site) -> Site:
    shared_site.admin.add_channel(shared_site.upstream.url, f"{SCRIBE},{VOICE}", name="sound")
    return shared_site


@pytest.fixture
def sound(shared_sound: Site) -> Site:
    shared_sound.upstream.forget()
    return shared_sound


def events(*values: dict[str, Any], delay: float = 0.0) -> Answer:
    lines = [f"event: {value['type']}\ndata: {json.dumps(value)}\n\n" for value in values]
    return sse(lines, done=False, delay=delay)


def pieces(*given: bytes, delay: float) -> Answer:
    """Audio in chunks, with a pause before each."""
    headers = {"Content-Type": "audio/mpeg", "Transfer-Encoding": "chunked"}
    chunks = [step for piece in given for step in (delay, b"%x\r\n%b\r\n" % (len(piece), piece))]
    return raw(head(200, headers), *chunks, b"0\r\n\r\n")


def sent(site: Site) -> list[tuple[str, bytes]]:
    form = read_form(site.last.body, site.last.header("content-type") or "")
    return [(part.name, form.body[part.start : part.end]) for part in form.parts]


def charged(site: Site) -> tuple[int, str]:
    row = site.newest_charge()
    return row["quota"], row["end_cause"]


# --- transcripts -------------------------------------------------------------------------------


async def test_a_transcript_is_streamed_word_by_word(sound: Site) -> None:
    done = {"type": "transcript.text.done", "text": "Hello world", "usage": TOKENS}
    deltas = [{"type": "transcript.text.delta", "delta": word} for word in ("Hello", " world")]
    sound.upstream.always(HEARD, events(*deltas, done, delay=0.3))
    seen = []
    async with sound.async_client() as client:
        stream = await client.audio.transcriptions.create(model=SCRIBE, file=RECORDING, stream=True)
        async for event in stream:
            seen.append((event.type, time.monotonic()))
            if len(seen) == 1:
                assert sound.last.answered_at is None, "the first word came before the last was said"
    assert [kind for kind, _ in seen] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    assert seen[-1][1] - seen[0][1] > 0.4
    assert ("stream", b"true") in sent(sound)
    assert charged(sound) == (100 * 1.25 + 20 * 5, "delivered")
    assert sound.newest_charge()["is_stream"]


def test_speakers_are_distinguished(sound: Site) -> None:
    answer = {
        "task": "transcribe",
        "duration": 60.0,
        "text": "Hello.",
        "segments": [
            {
                "id": "s",
                "type": "transcript.text.segment",
                "speaker": "A",
                "start": 0,
                "end": 1,
                "text": "Hello.",
            }
        ],
        "usage": {"type": "duration", "seconds": 60},
    }
    sound.upstream.always(HEARD, json_reply(answer))
    got = sound.client.audio.transcriptions.create(
        model=SCRIBE,
        file=RECORDING,
        response_format="diarized_json",
        chunking_strategy={"type": "server_vad", "threshold": 0.5},
        known_speaker_names=["Ann", "Bob"],
        known_speaker_references=["data:audio/wav;base64,AAAA", "data:audio/wav;base64,BBBB"],
        include=["logprobs"],
        timestamp_granularities=["word", "segment"],
    )
    assert got.segments[0].speaker == "A"
    assert [part for part in sent(sound) if part[0] != "file"] == [
        ("model", SCRIBE.encode()),
        ("chunking_strategy[type]", b"server_vad"),
        ("chunking_strategy[threshold]", b"0.5"),
        ("include[]", b"logprobs"),
        ("known_speaker_names[]", b"Ann"),
        ("known_speaker_names[]", b"Bob"),
        ("known_speaker_references[]", b"data:audio/wav;base64,AAAA"),
        ("known_speaker_references[]", b"data:audio/wav;base64,BBBB"),
        ("response_format", b"diarized_json"),
        ("timestamp_granularities[]", b"word"),
        ("timestamp_granularities[]", b"segment"),
    ]
    assert charged(sound) == (750, "delivered"), "600 tokens of sound a minute"


@pytest.mark.parametrize(
    ("form", "kind", "body"),
    [
        ("text", "text/plain; charset=utf-8", "Hello world\n"),
        ("srt", "text/plain; charset=utf-8", "1\n00:00:00,000 --> 00:00:01,000\nHello world\n"),
        ("vtt", "text/plain; charset=utf-8", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello world\n"),
        ("json", "application/json", '{"text": "Hello world"}'),
        (
            "verbose_json",
            "application/json",
            '{"task":"transcribe","language":"english","duration":1.0,"text":"Hello world","words":[]}',
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the SDK's translations
@pytest.mark.parametrize("path", [HEARD, ENGLISH])
def test_every_form_of_a_transcript_passes_byte_for_byte(
    sound: Site, path: str, form: str, kind: str, body: str
) -> None:
    sound.upstream.always(path, reply(body.encode(), headers={"Content-Type": kind}))
    resource = getattr(sound.client.audio, path.rpartition("/")[2]).with_raw_response
    got = resource.create(model=WHISPER, file=RECORDING, response_format=form)
    assert (got.text, got.headers["content-type"]) == (body, kind)
    assert charged(sound) == (2 * 15, "delivered"), "two tokens of the transcript"


def test_reported_seconds_are_billed_by_the_minute(sound: Site) -> None:
    sound.upstream.always(HEARD, json_reply({"text": "Hi", "usage": {"type": "duration", "seconds": 60}}))
    sound.client.audio.transcriptions.create(model=WHISPER, file=RECORDING)
    assert charged(sound) == (3000, "delivered"), "0.006 dollars"


# --- speech ------------------------------------------------------------------------------------


async def test_speech_arrives_while_it_is_made(sound: Site) -> None:
    sound.upstream.always(SPOKEN, pieces(SOUND, SOUND[::-1], SOUND, delay=0.3))
    fields: dict[str, Any] = {
        "voice": "coral",
        "input": "Hello there",
        "instructions": "Whisper.",
        "response_format": "opus",
        "speed": 1.5,
    }
    got, times = b"", []
    async with (
        sound.async_client() as client,
        client.audio.speech.with_streaming_response.create(model=VOICE, **fields) as answer,
    ):
        assert answer.headers["content-type"] == "audio/mpeg"
        async for piece in answer.iter_bytes():
            got += piece
            times.append(time.monotonic())
    assert got == SOUND + SOUND[::-1] + SOUND
    assert times[-1] - times[0] > 0.4, "it came in pieces"
    assert sound.last.json() == {"model": VOICE, **fields}
    quota, cause = charged(sound)
    assert (quota > 0, cause) == (True, "delivered")
    assert not sound.newest_charge()["is_stream"]


def test_speech_as_events_is_billed_by_its_last_event(sound: Site) -> None:
    audio = base64.b64encode(SOUND).decode()
    usage = {"input_tokens": 7, "output_tokens": 40, "total_tokens": 47}
    said: list[dict[str, Any]] = [
        {"type": "speech.audio.delta", "audio": audio},
        {"type": "speech.audio.done", "usage": usage},
    ]
    sound.upstream.always(SPOKEN, events(*said, delay=0.2))
    with sound.client.audio.speech.with_streaming_response.create(
        model=VOICE, voice="coral", input="Hello", stream_format="sse"
    ) as answer:
        lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
    assert [json.loads(line[6:]) for line in lines] == said
    assert charged(sound) == (-(-(7 * 3 + 40 * 60) // 10), "delivered")


def test_speech_that_breaks_off_is_free_and_not_a_complete_answer(sound: Site) -> None:
    before = sound.charges()
    sound.upstream.always(SPOKEN, pieces(SOUND, SOUND, delay=0.1).stopped(Ending.RESET, after_events=1))
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(
            sound.gateway.url + SPOKEN,
            json={"model": TTS, "input": "Hello", "voice": "coral"},
            headers={"authorization": f"Bearer {sound.key}"},
            timeout=20,
        )
    eventually(lambda: sound.upstream.active == 0)
    assert sound.charges() == before


async def test_a_client_that_leaves_cancels_its_speech_and_pays_once(sound: Site) -> None:
    before = sound.charges()
    sound.upstream.always(SPOKEN, pieces(*[SOUND] * 50, delay=0.1))
    async with (
        sound.async_client() as client,
        client.audio.speech.with_streaming_response.create(
            model=TTS, voice="coral", input="12345678"
        ) as answer,
    ):
        async for _ in answer.iter_bytes():
            break
    await sound.last.abandoned()
    eventually(lambda: sound.charges() == before + 1)
    assert charged(sound) == (60, "client_left")
