"""What a request may cost before it is sent, and what it did cost afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from oneapi.domain.counting import estimate_prompt
from oneapi.domain.errors import UnpricedModel
from oneapi.domain.media import read_image, read_speech
from oneapi.domain.records import record
from oneapi.domain.requests import Endpoint
from oneapi.domain.usage import NOTHING, Usage

if TYPE_CHECKING:
    from oneapi.application.catalog import Snapshot
    from oneapi.application.ports import TokenCounter
    from oneapi.domain.channels import Channel
    from oneapi.domain.media import ImageLimits
    from oneapi.domain.pricing import Price
    from oneapi.domain.requests import RelayRequest

REFUSE = "refuse"
TRANSCRIBED = (Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS)
#: Fast speech in the tightest codec takes more bytes for each token of its transcript.
BYTES_PER_HEARD_TOKEN = 100
#: Answers without tokens of their own: the completion is not counted.
INPUT_ONLY = (Endpoint.EMBEDDINGS, Endpoint.MODERATIONS)


@record
class Bill:
    """``amount`` in quota units, and what stands on the log row."""

    amount: int
    prompt_tokens: int
    completion_tokens: int
    content: str


@record
class Tariff:
    """What one request costs on one channel.

    ``least`` must be there for it to be admitted; ``most`` is what it may cost at most, as far as anybody can tell.
    ``fixed`` is its price where that is known beforehand (images, speech).
    """

    price: Price
    endpoint: Endpoint
    least: int
    most: int
    fixed: int | None = None
    #: What stands on the log row as prompt tokens, where the price is fixed.
    units: int = 0

    @property
    def metered(self) -> bool:
        """Whether the bill depends on what was consumed."""
        return self.fixed is None

    def bill(self, usage: Usage | None) -> Bill:
        """``usage`` may be None only where the price is fixed."""
        if self.fixed is not None:
            return Bill(self.fixed, self.units, 0, self.price.short_text)
        used = usage or NOTHING
        if self.endpoint in TRANSCRIBED:
            tokens = used.completion or used.prompt
            return Bill(self.price.per_unit(tokens), tokens, 0, self.price.short_text)
        return Bill(self.price.charge(used), used.prompt, used.completion, self.price.text)


@frozen
class Meter:
    """Prices requests and counts what no upstream counted."""

    counter: TokenCounter
    images: ImageLimits = field(repr=False)

    def tariff(
        self, snapshot: Snapshot, request: RelayRequest, channel: Channel, model: str, group: str
    ) -> Tariff:
        """Raises UnpricedModel under that policy, and InvalidParameter for an image that ``model`` does not make."""
        price = snapshot.prices.price(model, channel.type, group)
        if not price.known and snapshot.options.unpriced_model_policy == REFUSE:
            raise UnpricedModel(model=model)
        endpoint = request.endpoint
        if endpoint is Endpoint.IMAGES:
            order = read_image(request.fields)
            self.images.check(order, model)
            cost = price.per_image(self.images.factor(order, model), order.count)
            return Tariff(price, endpoint, cost, cost, fixed=cost)
        if endpoint is Endpoint.SPEECH:
            characters = read_speech(request.fields)
            cost = price.per_unit(characters)
            return Tariff(price, endpoint, cost, cost, fixed=cost, units=characters)
        spare = snapshot.options.pre_consumed_quota
        if endpoint in TRANSCRIBED:
            heard = len(request.body) // BYTES_PER_HEARD_TOKEN
            return Tariff(price, endpoint, price.hold(spare, 0), price.hold(max(spare, heard), 0))
        prompt = estimate_prompt(request) + spare
        asked = _asked_output(request)
        least = price.hold(prompt, asked)
        if asked or endpoint in INPUT_ONLY:
            return Tariff(price, endpoint, least, least)
        return Tariff(price, endpoint, least, price.hold(prompt, price.largest_output * _choices(request)))

    async def count_text(self, text: str, model: str) -> int:
        return await self.counter.count_text(text, model) if text else 0

    async def count_prompt(self, request: RelayRequest, model: str) -> int:
        return await self.counter.count_prompt(request, model)

    @staticmethod
    def combine(
        endpoint: Endpoint, reported: Usage | None, prompt: int, completion: int, *, complete: bool
    ) -> Usage:
        """The usage to bill where the upstream's report is missing or incomplete.

        ``prompt`` and ``completion`` were counted here. Of an answer that was cut short the upstream may have reported
        less than was delivered.
        """
        if endpoint in INPUT_ONLY:
            completion = 0
        if endpoint in TRANSCRIBED:
            prompt = 0
        if reported is None or not reported.total:
            return Usage(prompt, completion)
        if complete:
            return reported
        return evolve(
            reported, prompt=reported.prompt or prompt, completion=max(reported.completion, completion)
        )


def _asked_output(request: RelayRequest) -> int:
    """The completion tokens that the client allows, over all choices; 0 if it does not say."""
    fields = request.fields
    most = max(_whole(fields.get("max_tokens")), _whole(fields.get("max_completion_tokens")))
    return most * _choices(request) if most else 0


def _choices(request: RelayRequest) -> int:
    fields = request.fields
    return max(1, _whole(fields.get("n")), _whole(fields.get("best_of")))


def _whole(value: object) -> int:
    return value if type(value) is int and value > 0 else 0
