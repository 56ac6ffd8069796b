"""One running gateway and one programmable upstream for all tests of this folder for which SQLite is enough."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import openai
import pytest
from attrs import define

from tests.support.gateway.server import Administrator, Gateway, running
from tests.support.providers.upstream import ProgrammableUpstream, ReceivedRequest, running_upstream
from tests.support.stores.databases import fresh_database, new_database, product

__all__ = ["fresh_database", "new_database", "product"]  # fixtures, by being imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODELS = (
    "gpt-4o,gpt-3.5-turbo-instruct,text-embedding-3-small,text-moderation-stable,dall-e-2,dall-e-3,"
    "tts-1,whisper-1,text-davinci-edit-001"
)
#: A model of Anthropic's, and the channel type.
CLAUDE, ANTHROPIC = "claude-opus-5-5", 14
#: A model whose channel passes the Responses API on.
OF_RESPONSES = "gpt-5-of-responses"


@define
class Site:
    """A gateway with one channel to ``upstream``, an administrator, and a client with an unlimited token."""

    gateway: Gateway
    upstream: ProgrammableUpstream
    admin: Administrator
    key: str
    client: openai.OpenAI

    @property
    def last(self) -> ReceivedRequest:
        """The last request that reached the upstream."""
        return self.upstream.requests[-1]

    def async_client(self) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(
            base_url=self.gateway.url + "/v1", api_key=self.key, max_retries=0, timeout=20
        )

    def newest_charge(self) -> dict[str, Any]:
        """The consume row of the last request; reading the log shows everything that this process has settled."""
        rows: list[dict[str, Any]] = self.admin.call("GET", "/api/log/?type=2&p=0")
        return rows[0]

    def charges(self) -> int:
        return len(self.admin.consumed())

    def quota(self) -> int:
        found: int = self.admin.self()["quota"]
        return found


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_upstream() as upstream, running(tmp_path_factory.mktemp("gateway")) as gateway:
        admin = Administrator(gateway.url, shared=True)
        admin.add_channel(upstream.url, MODELS)
        key = admin.add_token()
        with openai.OpenAI(base_url=gateway.url + "/v1", api_key=key, max_retries=0, timeout=20) as client:
            yield Site(gateway, upstream, admin, key, client)


@pytest.fixture
def site(shared_site: Site) -> Site:
    shared_site.upstream.forget()
    return shared_site


@pytest.fixture(scope="session")
def shared_claude(shared_site: Site) -> Site:
    """The site with a channel of Anthropic's type in addition to the one of OpenAI's."""
    shared_site.admin.add_channel(
        shared_site.upstream.url, CLAUDE, type=ANTHROPIC, key="sk-ant-operator", name="claude"
    )
    return shared_site


@pytest.fixture
def claude(shared_claude: Site) -> Site:
    shared_claude.upstream.forget()
    return shared_claude


@pytest.fixture(scope="session")
def shared_provider(shared_site: Site) -> Site:
    """The site with a channel whose ``responses`` setting is on."""
    shared_site.admin.add_channel(
        shared_site.upstream.url, OF_RESPONSES, name="responses", config=json.dumps({"responses": "yes"})
    )
    return shared_site


@pytest.fixture
def upstream() -> Iterator[ProgrammableUpstream]:
    with running_upstream() as upstream:
        yield upstream


def eventually(condition: Any, seconds: float = 20) -> None:
    """Wait until ``condition()`` is true; only a failing test waits ``seconds``, and a busy machine needs them."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.02)


def steadily(holds: Callable[[], bool], *, lasting: float, within: float) -> None:
    """Wait until ``holds`` has been true for ``lasting`` seconds: longer than workers may differ.

    Many answers in a row prove nothing, because the kernel may keep choosing one worker. Fails if ``holds`` is still
    false after ``within`` seconds.
    """
    deadline, since = time.monotonic() + within, None
    while since is None or time.monotonic() < since + lasting:
        if not holds():
            assert time.monotonic() < deadline, "it did not become true in time"
            since = None
        elif since is None:
            since = time.monotonic()
