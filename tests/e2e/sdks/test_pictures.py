"""Images through the real ``openai`` SDK: drawn, retouched and varied, whole and streamed, billed by their tokens."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

from oneapi.adapters.multipart import read_form
from tests.e2e.conftest import Site, eventually
from tests.support.providers.upstream import Ending, json_reply, sse

if TYPE_CHECKING:
    from tests.support.providers.upstream import Answer, ReceivedRequest

EDITS, VARIATIONS, GENERATIONS = "/v1/images/edits", "/v1/images/variations", "/v1/images/generations"
#: Dollars per million tokens: 5 for text, 8 for images in, 30 for images out.
MODEL, RENAMED, TEXT, SEEN, MADE = "gpt-image-2", "our-pictures", 2.5, 4, 15
#: A channel type without edits.
OLLAMA, LLAVA = 30, "llava-draws"
USAGE = {
    "input_tokens": 300,
    "input_tokens_details": {"text_tokens": 20, "image_tokens": 280},
    "output_tokens": 1056,
    "total_tokens": 1356,
}
COST = 20 * TEXT + 280 * SEEN + 1056 * MADE
PICTURE: dict[str, Any] = {"created": 1, "data": [{"b64_json": "AAAA"}], "size": "1024x1024", "usage": USAGE}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture(scope="session")
def shared_pictures(shared_site: Site) -> Site:
    url, admin = shared_site.upstream.url, shared_site.admin
    mapping = json.dumps({RENAMED: MODEL})
    admin.add_channel(url, f"{MODEL},{RENAMED}", name="pictures", model_mapping=mapping)
    admin.add_channel(url, LLAVA, name="no edits", type=OLLAMA)
    return shared_site


@pytest.fixture
def pictures(shared_pictures: Site) -> Site:
    shared_pictures.upstream.forget()
    return shared_pictures


def events(kind: str, *, delay: float = 0.0) -> Answer:
    previews = [
        {"type": f"{kind}.partial_image", "b64_json": f"PP{number}=", "partial_image_index": number}
        for number in range(2)
    ]
    finished = {"type": f"{kind}.completed", "b64_json": "AAAA", "created_at": 1, "usage": USAGE}
    lines = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in (*previews, finished)]
    return sse(lines, done=False, delay=delay)


def parts(request: ReceivedRequest) -> list[tuple[str, bytes]]:
    form = read_form(request.body, request.header("content-type") or "")
    return [(part.name, form.body[part.start : part.end]) for part in form.parts]


def charged(site: Site) -> tuple[int, int, int, str]:
    row = site.newest_charge()
    return row["quota"], row["prompt_tokens"], row["completion_tokens"], row["end_cause"]


# --- edits -------------------------------------------------------------------------------------


def test_pictures_are_retouched_and_billed_by_their_tokens(pictures: Site) -> None:
    pictures.upstream.always(EDITS, json_reply(PICTURE))
    other = PNG[::-1]
    answer = pictures.client.images.edit(
        model=RENAMED,
        image=[("a.png", PNG), ("b.png", other)],
        mask=("m.png", PNG[:9]),
        prompt="make it snow",
        size="1536x864",
        quality="medium",
        n=1,
    )
    assert answer.data
    assert answer.data[0].b64_json == "AAAA"
    sent = parts(pictures.last)
    assert [content for name, content in sent if name == "image[]"] == [PNG, other]
    assert {name: content for name, content in sent if name != "image[]"} == {
        "mask": PNG[:9],
        "model": MODEL.encode(),
        "prompt": b"make it snow",
        "size": b"1536x864",
        "quality": b"medium",
        "n": b"1",
    }
    assert charged(pictures) == (COST, 300, 1056, "delivered")


def test_a_form_is_passed_on_unchanged_if_nothing_has_to_change(pictures: Site) -> None:
    pictures.upstream.always(EDITS, json_reply(PICTURE))
    body = b"".join(
        b'--B\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % part
        for part in (
            (b"image", b'; filename="a.png"', PNG),
            (b"prompt", b"", "雪".encode()),
            (b"model", b"", MODEL.encode()),
        )
    )
    body += b"--B--\r\n"
    headers = {
        "authorization": f"Bearer {pictures.key}",
        "content-type": "multipart/form-data; boundary=B",
    }
    answer = httpx.post(pictures.gateway.url + EDITS, content=body, headers=headers, timeout=20)
    assert (answer.status_code, answer.json()) == (200, PICTURE)
    assert pictures.last.body == body
    assert pictures.last.header("content-type") == headers["content-type"]


async def test_an_edit_is_streamed_event_by_event(pictures: Site) -> None:
    pictures.upstream.always(EDITS, events("image_edit", delay=0.3))
    async with pictures.async_client() as client:
        stream = await client.images.edit(
            model=MODEL, image=("a.png", PNG), prompt="snow", stream=True, partial_images=2
        )
        seen = [(event.type, time.monotonic()) async for event in stream]
    assert [kind for kind, _ in seen] == ["image_edit.partial_image"] * 2 + ["image_edit.completed"]
    assert seen[-1][1] - seen[0][1] > 0.4, "they came one by one"
    assert charged(pictures) == (COST, 300, 1056, "delivered")


def test_a_whole_answer_becomes_the_requested_events(pictures: Site) -> None:
    pictures.upstream.always(EDITS, json_reply(PICTURE))
    stream = pictures.client.images.edit(model=MODEL, image=("a.png", PNG), prompt="snow", stream=True)
    [event] = stream
    assert (event.type, event.b64_json) == ("image_edit.completed", "AAAA")
    assert charged(pictures)[0] == COST


def test_an_edit_in_json_refers_to_its_pictures(pictures: Site) -> None:
    pictures.upstream.always(EDITS, json_reply(PICTURE))
    body = {
        "model": RENAMED,
        "prompt": "snow",
        "images": [
            {"image_url": "https://pictures.example/a.png"},
            {"image_url": "data:image/png;base64,AAAA"},
        ],
    }
    headers = {"authorization": f"Bearer {pictures.key}"}
    answer = httpx.post(pictures.gateway.url + EDITS, json=body, headers=headers, timeout=20)
    assert answer.json() == PICTURE
    assert pictures.last.json() == {**body, "model": MODEL}
    assert charged(pictures)[0] == COST


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"images": None}, "images"),
        ({"images": []}, "images"),
        ({"images": [{"image_url": "https://a.example"}] * 19}, "image"),
        ({"images": [{"file_id": "file-1"}]}, "images"),
        ({"mask": {"file_id": "file-1"}}, "images"),
        ({"prompt": ""}, "prompt"),
        ({"n": "2"}, "n"),
        ({"partial_images": 4}, "partial_images"),
        ({"svg": {"model": "gpt-4o"}}, "svg"),
        ({"output_format": "svg"}, "output_format"),
        ({"output_format": "gif", "frame_count": 99}, "frame_count"),
        ({"model": None}, "model"),
    ],
)
def test_an_invalid_edit_is_refused_with_the_field(
    pictures: Site, fields: dict[str, Any], param: str
) -> None:
    before = pictures.charges()
    body = {"model": MODEL, "prompt": "snow", "images": [{"image_url": "https://a.example"}], **fields}
    headers = {"authorization": f"Bearer {pictures.key}"}
    answer = httpx.post(pictures.gateway.url + EDITS, json=body, headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert answer.headers["x-should-retry"] == "false"
    assert (pictures.upstream.requests, pictures.charges()) == ([], before)


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"prompt": "snow", "model": MODEL}, "image"),
        ({"prompt": "snow", "model": MODEL, "n": "many"}, "n"),
        ({"prompt": "snow", "model": MODEL, "svg[model]": "gpt-4o"}, "svg"),
        ({"prompt": "snow"}, "model"),
        ({"model": MODEL}, "prompt"),
    ],
)
def test_an_invalid_form_is_refused_with_the_field(pictures: Site, form: dict[str, str], param: str) -> None:
    files = {"file" if param == "image" else "image": ("a.png", PNG)}
    headers = {"authorization": f"Bearer {pictures.key}"}
    answer = httpx.post(pictures.gateway.url + EDITS, data=form, files=files, headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert pictures.upstream.requests == []


# --- streams of drawings ------------------------------------------------------------------------


def test_a_drawing_shows_its_previews_as_they_come(pictures: Site) -> None:
    pictures.upstream.always(GENERATIONS, events("image_generation", delay=0.3))
    fields: dict[str, Any] = {
        "quality": "low",
        "size": "auto",
        "background": "transparent",
        "output_format": "webp",
        "output_compression": 50,
        "moderation": "low",
        "partial_images": 2,
        "stream": True,
    }
    seen = [
        (event.type, time.monotonic())
        for event in pictures.client.images.generate(model=MODEL, prompt="a cat", **fields)
    ]
    assert [kind for kind, _ in seen] == ["image_generation.partial_image"] * 2 + [
        "image_generation.completed"
    ]
    assert seen[-1][1] - seen[0][1] > 0.4
    assert pictures.last.json() == {"model": MODEL, "prompt": "a cat", **fields}
    assert charged(pictures) == (COST, 300, 1056, "delivered")


def test_there_is_no_default_model_for_pictures(pictures: Site) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        pictures.client.images.generate(prompt="a cat")
    assert caught.value.param == "model"
    assert pictures.upstream.requests == []


@pytest.mark.parametrize("path", [GENERATIONS, EDITS])
async def test_a_client_that_leaves_cancels_its_picture(pictures: Site, path: str) -> None:
    pictures.upstream.always(path, json_reply(PICTURE).after(30))
    before = pictures.charges()
    async with pictures.async_client() as client:
        slow = client.with_options(timeout=0.5)
        asked: dict[str, Any] = {"model": MODEL, "prompt": "snow"}
        with pytest.raises(openai.APITimeoutError):
            await (
                slow.images.generate(**asked)
                if path == GENERATIONS
                else slow.images.edit(image=("a.png", PNG), **asked)
            )
    await pictures.last.abandoned()
    assert pictures.charges() == before


def test_a_stream_that_breaks_off_after_a_preview_ends_in_an_error(pictures: Site) -> None:
    pictures.upstream.always(EDITS, events("image_edit").stopped(Ending.RESET, after_events=1))
    before = pictures.charges()
    with pytest.raises(openai.APIError):
        list(pictures.client.images.edit(model=MODEL, image=("a.png", PNG), prompt="snow", stream=True))
    eventually(lambda: pictures.charges() == before + 1)
    assert pictures.newest_charge()["end_cause"] == "upstream_failed"


# --- variations --------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the SDK's variations
def test_variations_pass_to_channels_that_offer_them(pictures: Site) -> None:
    pictures.upstream.always(VARIATIONS, json_reply({"created": 1, "data": [{"url": "https://a.example"}]}))
    answer = pictures.client.images.create_variation(
        model="dall-e-2", image=("a.png", PNG), n=2, size="512x512"
    )
    assert answer.data
    assert ("image", PNG) in parts(pictures.last)
    assert charged(pictures)[0] == 2 * 10 * 1.125 * 1000


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the SDK's variations
@pytest.mark.parametrize("varied", [False, True])
def test_variations_on_channels_without_them_get_501(pictures: Site, *, varied: bool) -> None:
    images: Any = pictures.client.with_options(max_retries=2).images
    ask = images.create_variation if varied else partial(images.edit, prompt="snow")
    before = pictures.charges()
    with pytest.raises(openai.InternalServerError) as caught:
        ask(model=LLAVA, image=("a.png", PNG))
    assert caught.value.status_code == 501
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert (pictures.upstream.requests, pictures.charges()) == ([], before)
