"""Images that users link to: fetched from public addresses, within limits, and from nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, field

from oneapi.adapters.transport.public_addresses import is_public
from oneapi.adapters.upstream.fetcher import PublicFetcher
from oneapi.domain.errors import InvalidParameter
from oneapi.entrypoints.errors.answers import status_of, text_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # an address to refuse
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a00:1::",
        "192.0.0.8",
        "192.0.0.192",
        "192.88.99.1",
        "168.63.129.16",
        "198.18.0.1",
        "240.0.0.1",
        "64:ff9b:1::7f00:1",
        "::7f00:1",
        "fec0::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "4000::1",
    ],
)
def test_addresses_of_special_networks_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::", "168.63.129.17"],
)
def test_public_addresses(address: str) -> None:
    assert is_public(ip_address(address))


@define
class Site:
    """A web server on loopback, and a name server with scripted addresses."""

    port: int = 0
    answers: dict[str, bytes] = field(factory=dict)
    asked: list[str] = field(factory=list)
    names: dict[str, list[list[str]]] = field(factory=dict)
    go: asyncio.Event = field(factory=asyncio.Event)
    #: Connections that the gateway has not closed.
    open: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.decode())
        await self.go.wait()
        writer.write(self.answers.get(head.split(b" ")[1].decode(), answer(404, "text/plain", b"no")))
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            await reader.read()
        self.open -= 1
        writer.close()

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Script the name server's answers; the last one is repeated."""
        del port
        found = self.names.get(host)
        if found is None:
            return [host]
        return found.pop(0) if len(found) > 1 else found[0]

    def fetcher(self, **settings: Any) -> PublicFetcher:
        given: dict[str, Any] = {
            "timeout": 5,
            "allowed": lambda address: address == ip_address("127.0.0.1"),
            "resolve": self.resolve,
        }
        return PublicFetcher(**given | settings)

    def url(self, path: str, host: str = "pictures.example") -> str:
        return f"http://{host}:{self.port}{path}"


def answer(status: int, kind: str, body: bytes, *headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site(names={"pictures.example": [["127.0.0.1"]]})
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.go.set()
    site.port = server.sockets[0].getsockname()[1]
    yield site
    site.go.set()
    server.close()
    await server.wait_closed()


async def refused(fetcher: PublicFetcher, url: str) -> str:
    with pytest.raises(InvalidParameter) as caught:
        await fetcher.image(url)
    assert (status_of(caught.value), caught.value.name) == (400, "image_url")
    return text_of(caught.value, "en")


async def test_an_image(site: Site) -> None:
    site.answers["/a.png"] = answer(200, "image/PNG; charset=x", PNG)
    fetcher = site.fetcher()
    assert await fetcher.image(site.url("/a.png")) == ("image/png", PNG)
    (asked,) = site.asked
    assert f"Host: pictures.example:{site.port}" in asked
    assert "cookie" not in asked.lower()


@pytest.mark.parametrize(
    ("declared", "content", "kind"),
    [
        ("image/jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        ("image/jpg", b"unknown", "image/jpeg"),
        ("image/png", b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        ("application/octet-stream", b"GIF89a", "image/gif"),
        ("", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        ("binary/octet-stream", b"unknown", None),
        ("", b"%PDF-1.7", None),
    ],
)
async def test_the_media_type_is_detected_from_the_image(
    site: Site, declared: str, content: bytes, kind: str | None
) -> None:
    site.answers["/a"] = answer(200, declared, content)
    fetcher = site.fetcher()
    if kind is None:
        assert "not an image" in await refused(fetcher, site.url("/a"))
    else:
        assert await fetcher.image(site.url("/a")) == (kind, content)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://pictures.example/a.png",
        "file:///etc/passwd",
        "//pictures.example/a.png",
        "http://",
        "http://user:secret@pictures.example/a.png",
        "http://pictures.example:99999/",
        "http://pictures.example/ü.png",
        "http://pictures.example/a\r\nX: y",
        "gopher://pictures.example:70/_x",
    ],
)
async def test_invalid_urls_are_refused(site: Site, url: str) -> None:
    text = await refused(site.fetcher(), url)
    assert "secret" not in text
    assert site.asked == []


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[::1]", "localhost"])
async def test_a_private_address_is_refused_before_anything_is_sent(site: Site, host: str) -> None:
    site.names["localhost"] = [["::1"]]
    assert "not a public one" in await refused(site.fetcher(), site.url("/a.png", host))
    assert site.asked == []


async def test_a_name_with_one_private_address_is_refused(site: Site) -> None:
    site.names["both.example"] = [["127.0.0.1", "10.0.0.1"]]
    assert "not a public one" in await refused(site.fetcher(), site.url("/a.png", "both.example"))


async def test_the_connection_goes_to_the_address_that_was_checked(site: Site) -> None:
    """This holds whatever the name server answers the next time."""
    site.answers["/a.png"] = answer(200, "image/png", PNG)
    site.names["rebinding.example"] = [["127.0.0.1"], ["10.0.0.1"]]
    assert (await site.fetcher().image(site.url("/a.png", "rebinding.example")))[1] == PNG
    assert site.names["rebinding.example"] == [["10.0.0.1"]]
    assert "not a public one" in await refused(site.fetcher(), site.url("/a.png", "rebinding.example"))
    assert len(site.asked) == 1


async def test_the_next_address_is_tried_if_the_first_does_not_answer(site: Site) -> None:
    site.answers["/a.png"] = answer(200, "image/png", PNG)
    site.names["two.example"] = [["::1", "127.0.0.1"]]
    fetcher = site.fetcher(allowed=lambda address: address.is_loopback)
    assert (await fetcher.image(site.url("/a.png", "two.example")))[1] == PNG


async def test_a_redirect_is_followed_and_checked(site: Site) -> None:
    site.answers["/moved"] = answer(302, "text/plain", b"", "Location: /a.png")
    site.answers["/a.png"] = answer(200, "image/png", PNG)
    fetcher = site.fetcher()
    assert (await fetcher.image(site.url("/moved")))[1] == PNG
    site.answers["/moved"] = answer(302, "text/plain", b"", f"Location: http://10.0.0.1:{site.port}/a.png")
    assert "not a public one" in await refused(site.fetcher(), site.url("/moved"))
    site.answers["/moved"] = answer(302, "text/plain", b"", "Location: file:///etc/passwd")
    assert "http://" in await refused(site.fetcher(), site.url("/moved"))
    site.answers["/loop"] = answer(302, "text/plain", b"", "Location: /loop")
    assert "redirects" in await refused(site.fetcher(), site.url("/loop"))


async def test_other_files_than_images_are_refused(site: Site) -> None:
    site.answers["/page"] = answer(200, "text/html", b"<html>")
    assert "not an image" in await refused(site.fetcher(), site.url("/page"))
    assert "404" in await refused(site.fetcher(), site.url("/absent"))


async def test_a_compressed_image_is_read_and_counts_with_its_decompressed_size(site: Site) -> None:
    site.answers["/packed"] = answer(200, "image/png", gzip.compress(PNG), "Content-Encoding: gzip")
    site.answers["/bomb"] = answer(200, "image/png", gzip.compress(bytes(10**6)), "Content-Encoding: gzip")
    site.answers["/odd"] = answer(200, "image/png", PNG, "Content-Encoding: br")
    assert await site.fetcher().image(site.url("/packed")) == ("image/png", PNG)
    assert "larger" in await refused(site.fetcher(largest=5000), site.url("/bomb"))
    assert "cannot be fetched" in await refused(site.fetcher(), site.url("/odd"))


async def test_the_length_of_a_link_is_limited(site: Site) -> None:
    assert "longer than" in await refused(site.fetcher(), site.url("/" + "a" * 10_000))


async def test_no_connection_is_left_open(site: Site) -> None:
    site.answers["/moved"] = answer(302, "text/plain", b"", "Location: /a.png")
    site.answers["/a.png"] = answer(200, "image/png", PNG)
    await site.fetcher().image(site.url("/moved"))
    await refused(site.fetcher(largest=10), site.url("/a.png"))
    await asyncio.sleep(0.05)
    assert site.open == 0


async def test_limits_of_size_and_time(site: Site) -> None:
    site.answers["/a.png"] = answer(200, "image/png", PNG)
    assert "larger" in await refused(site.fetcher(largest=50), site.url("/a.png"))
    site.go.clear()
    assert "within 0.2 s" in await refused(site.fetcher(timeout=0.2), site.url("/a.png"))


async def test_an_unreachable_server(site: Site) -> None:
    gone = site.url("/a.png").replace(str(site.port), "1")
    assert "cannot be fetched" in await refused(site.fetcher(), gone)


async def test_a_proxy_is_used_and_names_are_still_checked(site: Site) -> None:
    site.answers[site.url("/a.png")] = answer(200, "image/png", PNG)
    fetcher = site.fetcher(proxy=f"http://127.0.0.1:{site.port}")
    assert (await fetcher.image(site.url("/a.png")))[1] == PNG
    with_proxy = site.fetcher(proxy=f"http://127.0.0.1:{site.port}")
    assert "not a public one" in await refused(with_proxy, site.url("/a.png", "10.0.0.1"))
