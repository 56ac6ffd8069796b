"""One request on its way to a provider and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.upstream.answer_forms.media_tap import is_one_failed
from oneapi.adapters.upstream.answer_forms.shapes import parts_of
from oneapi.domain.errors import UpstreamRefusal
from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.adapters.dialects.interface import Dialect, Tally, UpstreamDialect
    from oneapi.adapters.dialects.thoughts import Turn
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.adapters.providers.offers import Offer
    from oneapi.adapters.providers.quirks import Quirk
    from oneapi.adapters.providers.specs import ProviderSpec
    from oneapi.adapters.upstream.answer_forms.shapes import Fields
    from oneapi.adapters.upstream.failures.errors import Judge
    from oneapi.domain.chat import ChatReply
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel


@record
class UpstreamCall:
    """A request to a channel by the chosen offer of its row; ``model`` is the upstream's name.

    ``quirks`` are those of the offer that change bodies for this model.
    """

    spec: ProviderSpec
    offer: Offer
    quirks: Sequence[Quirk]
    request: RelayRequest
    channel: Channel
    model: str
    judge: Judge


@record
class Exchange:
    """The body sent for a call, and the formats of the client and of the upstream."""

    call: UpstreamCall
    client: Dialect
    upstream: UpstreamDialect
    body: bytes
    #: Collects the answer's thoughts and tool calls, for a client that does not send thoughts back.
    turn: Turn | None = None
    #: What the client asked for that the upstream's format cannot express.
    left_out: tuple[str, ...] = ()

    @property
    def same_format(self) -> bool:
        return self.upstream is self.client

    def read_reply(self, body: bytes) -> ChatReply:
        """The answer in canonical form. Raises UpstreamGarbage, or UpstreamRefusal for an error despite its status."""
        try:
            return self.upstream.read_reply(body)
        except UpstreamRefusal as refusal:
            raise self.call.judge.judged(refusal, body) from None

    def read_tally(self, body: bytes) -> Tally:
        """The tally of an answer that is passed on unchanged. Raises as ``read_reply`` does."""
        try:
            return self.client.read_tally(body)
        except UpstreamRefusal as refusal:
            raise self.call.judge.judged(refusal, body) from None

    def parts(self, events: Sequence[ServerSentEvent]) -> list[Fields]:
        """The JSON objects in the events of a stream, at least one.

        Raises UpstreamRefusal for an error among them, UpstreamBroken if there are none.
        """
        for event in events:
            self.call.judge.check_event(event.data)
            if not is_one_failed(event.data):
                self.call.judge.check_answer(event.data, {})
        return parts_of(event.data for event in events)
