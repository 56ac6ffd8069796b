"""Which offer serves a request: the client's own format first, then the row's order, and only what is offered."""

from __future__ import annotations

import pytest

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.providers.auth import BEARER, X_API_KEY, Auth, api_key
from oneapi.adapters.providers.choice import choose
from oneapi.adapters.providers.offers import Offer, like
from oneapi.adapters.providers.specs import ProviderSpec
from oneapi.domain.errors import ChannelMisconfigured, UnsupportedEndpoint
from oneapi.domain.routing.channel_types import Words
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work

CHANNEL = Channel(1, 99, "k", 1, "c")
NATIVE = Offer(Work.CONVERSE, "gemini", "/native")
CHAT = Offer(Work.CONVERSE, "openai_chat", "/chat")
MESSAGES = Offer(Work.CONVERSE, "anthropic", "/messages", auth=X_API_KEY)


def row(*offers: Offer, auth: Auth = BEARER) -> ProviderSpec:
    return ProviderSpec(
        number=99,
        id="x",
        label=Words("x", "x"),
        docs="https://x.example",
        offers=offers,
        base_url="https://own.example",
        auth=auth,
    )


def chosen(spec: ProviderSpec, client: str, model: str = "m", channel: Channel = CHANNEL) -> object:
    return choose(spec, channel, model, Work.CONVERSE, client).path


def test_the_clients_own_format_comes_before_the_rows_order() -> None:
    spec = row(NATIVE, CHAT, MESSAGES)
    assert chosen(spec, "openai_chat") == "/chat"
    assert chosen(spec, "anthropic") == "/messages"


@pytest.mark.parametrize("client", sorted(SURFACES))
def test_else_the_rows_first_serves(client: str) -> None:
    assert chosen(row(NATIVE, Offer(Work.CONVERSE, "cohere", "/other")), client) == "/native"


def test_another_cloud_that_serves_the_format_counts_as_speaking_it() -> None:
    spec = row(NATIVE, Offer(Work.CONVERSE, "bedrock_claude", "/invoke"))
    assert chosen(spec, "anthropic") == "/invoke"
    assert chosen(spec, "openai_chat") == "/native"


def test_an_offer_is_for_the_models_that_it_names() -> None:
    spec = row(CHAT, Offer(Work.CONVERSE, "anthropic", "/messages", models=like("big-.*")))
    assert chosen(spec, "anthropic", "Big-1") == "/messages"
    assert chosen(spec, "anthropic", "my-big-1") == "/chat"


def test_an_offer_with_homes_is_for_channels_at_these() -> None:
    homes = {"https://own.example": "https://own.example/second"}
    spec = row(CHAT, Offer(Work.CONVERSE, "anthropic", "/messages", homes=homes))
    assert chosen(spec, "anthropic") == "/messages"
    other = Channel(1, 99, "k", 1, "c", base_url="https://else.example")
    assert chosen(spec, "anthropic", channel=other) == "/chat"
    broken = Channel(1, 99, "k", 1, "c", base_url="ftp://else.example")
    with pytest.raises(ChannelMisconfigured):
        chosen(spec, "anthropic", channel=broken)


@pytest.mark.parametrize("work", list(Work))
def test_nothing_is_offered_that_a_row_does_not_name(work: Work) -> None:
    with pytest.raises(UnsupportedEndpoint):
        choose(row(), CHANNEL, "m", work, "openai_chat")


def test_an_offer_signs_as_the_row_does_unless_it_says_otherwise() -> None:
    spec = row(CHAT, MESSAGES, auth=Auth(api_key))
    assert choose(spec, CHANNEL, "m", Work.CONVERSE, "openai_chat").auth == Auth(api_key)
    assert choose(spec, CHANNEL, "m", Work.CONVERSE, "anthropic").auth == X_API_KEY
    assert choose(row(CHAT), CHANNEL, "m", Work.CONVERSE, "openai_chat").auth == BEARER
