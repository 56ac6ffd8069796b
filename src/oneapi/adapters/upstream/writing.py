"""Writing the body of a call to an upstream: the client's own bytes, or a translation."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.adapters.dialects import DIALECTS, HOSTS, SURFACES
from oneapi.adapters.dialects.embeddings import EMBEDDINGS, OPENAI_EMBEDDINGS
from oneapi.adapters.dialects.thoughts import Turn
from oneapi.adapters.dialects.tool_calls import ConversationDialect, takes_names
from oneapi.adapters.providers.choice import not_offered
from oneapi.adapters.upstream.answer_forms.shapes import SHAPES
from oneapi.adapters.upstream.bodies import amended, same_dialect, translated
from oneapi.adapters.upstream.exchange import Exchange
from oneapi.adapters.upstream.inlining import inlined

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.dialects.anthropic.hosted import HostedAnthropic
    from oneapi.adapters.upstream.exchange import UpstreamCall
    from oneapi.adapters.upstream.inlining import ContentFetcher
    from oneapi.adapters.upstream.remembering import Remembering


@frozen
class Writer:
    """Writes the bodies of requests.

    Attributes:
        enforce_usage: Ask for usage on every stream of an upstream that can report it; otherwise only where the body
            must change anyway.
        fetcher: Fetches linked images for providers that accept images only as data.
        remembering: Keeps what models thought before they called tools, for clients that do not send it back.
        new_call_id: Makes ids for tool calls without one.
    """

    enforce_usage: bool = False
    fetcher: ContentFetcher | None = None
    remembering: Remembering | None = None
    new_call_id: Callable[[], str] = lambda: f"call_{uuid.uuid4().hex[:24]}"

    def passed_on(self, call: UpstreamCall, without: frozenset[str]) -> Exchange | None:
        """The client's own bytes ``without`` the fields that the upstream has refused.

        None if the upstream does not speak the client's format, or does not take something in this request.
        """
        request, offer = call.request, call.offer
        client, upstream = SURFACES[request.dialect], DIALECTS[offer.dialect]
        host: HostedAnthropic | None = None
        if upstream is not client:
            host = HOSTS.get(offer.dialect)
            if host is None or not host.carries(client.name, request.fields):
                return None
        if offer.tool_names is not None and not takes_names(offer.tool_names, request.fields):
            return None
        if offer.takes is not None and not offer.takes(request.fields):
            return None
        client = client.for_request(request.fields, call.channel.account_mark)
        body = same_dialect(call, client, enforce_usage=self.enforce_usage, without=without, host=host)
        return Exchange(call, client, client, body, left_out=client.left_out)

    async def translated(self, call: UpstreamCall) -> Exchange:
        """The request in the upstream's format.

        Raises UnsupportedFeature, InvalidParameter, and UnsupportedEndpoint for work that is never translated.
        """
        shape = SHAPES[call.request.work]
        if shape.passes_only:
            raise not_offered(call.request.work)
        if shape.has_vectors:
            return _translated_embedding(call)
        client = SURFACES[call.request.dialect].for_request(call.request.fields)
        chat = client.read_request(call.request.fields)
        user_id = call.request.user_id
        turn: Turn | None = None
        if self.remembering is not None and chat.tools and user_id and not client.returns_thoughts:
            turn = Turn()
            chat = await self.remembering.restored(chat, user_id)
        upstream = ConversationDialect(
            DIALECTS[call.offer.dialect],
            chat,
            self.new_call_id,
            call.offer.tool_names,
            call.spec.id,
            turn,
            call.channel.account_mark,
            caches=call.offer.caches,
        )
        if upstream.inlines_images and self.fetcher is not None:
            chat = await inlined(chat, self.fetcher)
        body = translated(call, chat, upstream)
        return Exchange(call, client, upstream, body, turn, upstream.left_out)


def _translated_embedding(call: UpstreamCall) -> Exchange:
    """A request for embeddings from a client of another format to an upstream of OpenAI's."""
    request = call.request
    asked = EMBEDDINGS[request.dialect].read_request(request.fields)
    body = amended(call, OPENAI_EMBEDDINGS.write_request(asked, call.model))
    return Exchange(
        call, SURFACES[request.dialect], DIALECTS[call.offer.dialect], body, left_out=asked.particulars
    )
