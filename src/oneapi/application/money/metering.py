"""The cost of a request: an estimate before it is sent, and the charge afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from oneapi.domain.counting import estimate_prompt
from oneapi.domain.errors import UnpricedModel
from oneapi.domain.media import image_tokens, picture_tokens, read_image, read_speech
from oneapi.domain.money.pricing import TOKENS_PER_SEARCH
from oneapi.domain.records import record
from oneapi.domain.rerank import searches
from oneapi.domain.usage import NOTHING, Usage, settled
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.application.catalog import Snapshot
    from oneapi.application.ports.relay import TokenCounter
    from oneapi.domain.counting import RequestFormat
    from oneapi.domain.media import ImageLimits, ImageRequest
    from oneapi.domain.models.traits import ModelTraits
    from oneapi.domain.money.pricing import Price
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

#: Values of ``UnpricedModelPolicy`` under which models without a price are not served.
REFUSING = ("refuse", "listed_only")
#: The basis of ratios of models sold by the minute: $0.006 per minute of whisper-1 is ratio 15.
TOKENS_PER_MINUTE = 200
#: What a minute of sound is in tokens, for models that are sold by them: one for a tenth of a second.
#: https://developers.openai.com/api/docs/guides/realtime-costs
TOKENS_OF_A_MINUTE = 600
#: Audio tokens for each spoken character: a minute, about 900 characters, costs about $0.015, a million tokens $12:
#: https://developers.openai.com/api/docs/models/gpt-4o-mini-tts.
TOKENS_PER_CHARACTER = 2
#: A model may make up to so many times the tokens that are documented for the first of its kind: gpt-image-2 7024 where
#: gpt-image-1 made 4160, https://community.openai.com/t/1379464.
MOST_TIMES = 2
#: Bytes of audio per token of its transcript, at least: fast speech in the tightest codec takes more.
BYTES_PER_HEARD_TOKEN = 100


@record
class Bill:
    """A charge of ``amount`` quota units, and its figures for the log row."""

    amount: int
    prompt_tokens: int
    completion_tokens: int
    content: str


@record
class Tariff:
    """The price of one request on one channel, in quota units.

    ``least`` is required for admission; ``most`` is the highest likely cost. ``fixed`` is the price if it is known
    beforehand (images, speech); for models priced by the token, the usage that an answer reports takes precedence.
    """

    price: Price
    work: Work
    least: int
    most: int
    fixed: int | None = None
    #: The number shown on the log row as prompt tokens if the price is fixed.
    units: int = 0

    @property
    def metered(self) -> bool:
        """Whether the charge depends on the usage."""
        return self.fixed is None

    @property
    def _is_by_sound(self) -> bool:
        """Whether sound is sold by its tokens; other list prices are by the minute, as ratios are."""
        return self.price.listed and self.price.completion_ratio != 1

    def bill(self, usage: Usage | None) -> Bill:
        """The charge for ``usage``, which may be None only if the price is fixed."""
        if self.fixed is not None and not (self.price.by_token and usage is not None and usage.total):
            return Bill(self.fixed, self.units, 0, self.price.short_text)
        rule = METERING_RULES[self.work]
        used = usage or NOTHING
        if rule.classed is not None:
            used = rule.classed(used)
        if rule.is_heard and not used.prompt:
            tokens = _tokens_heard(used, TOKENS_OF_A_MINUTE if self._is_by_sound else TOKENS_PER_MINUTE)
            return Bill(self.price.per_unit(tokens), tokens, 0, self.price.short_text)
        return Bill(self.price.charge(used), used.prompt, used.completion, self.price.explained(used))


@frozen
class Meter:
    """Prices requests, and counts tokens that the upstream did not report."""

    counter: TokenCounter
    images: ImageLimits = field(repr=False)
    #: Keyed by the name of the client's dialect.
    formats: Mapping[str, RequestFormat] = field(repr=False)
    traits_of: Callable[[str], ModelTraits] = field(repr=False)

    def tariff(
        self, snapshot: Snapshot, request: RelayRequest, channel: Channel, model: str, group: str
    ) -> Tariff:
        """The tariff of a request. Raises UnpricedModel, InvalidParameter for an image that ``model`` cannot make."""
        price = snapshot.prices.price(
            model, channel.type, group, "" if model == request.model else request.model
        )
        if not price.known and snapshot.options.unpriced_model_policy in REFUSING:
            raise UnpricedModel(model=model)
        work, spare = request.work, snapshot.options.pre_consumed_quota
        rule = METERING_RULES[work]
        if rule.tariff is not None:
            return rule.tariff(self, price, request, model, spare)
        wire = self.formats[request.dialect]
        prompt = estimate_prompt(request, wire, self.traits_of) + spare
        limit, choices = wire.read_limits(request.fields)
        asked = limit * choices
        least = price.hold(prompt, asked)
        if asked or not rule.answers:
            return Tariff(price, work, least, least)
        return Tariff(price, work, least, price.hold(prompt, price.largest_output * choices))

    def of_pictures(self, price: Price, request: RelayRequest, model: str, _spare: int) -> Tariff:
        return self._of_image(price, request.work, read_image(request.fields, request.files), model)

    def of_variations(self, price: Price, request: RelayRequest, model: str, _spare: int) -> Tariff:
        image = read_image(request.fields, request.files, prompted=False)
        return self._of_image(price, request.work, image, model)

    def _of_image(self, price: Price, work: Work, image: ImageRequest, model: str) -> Tariff:
        self.images.check(image, model)
        if not price.listed:
            cost = price.per_image(self.images.factor(image, model), image.count)
            return Tariff(price, work, cost, cost, fixed=cost)
        made, seen = image_tokens(image), picture_tokens(image)
        usage = Usage(image.prompt_length + seen, made, image_in=seen, image_out=made)
        cost = price.charge(usage)
        made *= MOST_TIMES
        most = price.charge(evolve(usage, completion=made, image_out=made))
        return Tariff(price, work, cost, most, fixed=cost)

    def of_speech(self, price: Price, request: RelayRequest, _model: str, _spare: int) -> Tariff:
        characters = read_speech(request.fields)
        cost = price.per_unit(characters)
        if price.listed and price.completion_ratio != 1:  # other models are sold by the character
            spoken = characters * TOKENS_PER_CHARACTER
            cost = price.charge(Usage(characters, spoken, audio_out=spoken))
        return Tariff(price, request.work, cost, cost, fixed=cost, units=characters)

    def of_recordings(self, price: Price, request: RelayRequest, _model: str, spare: int) -> Tariff:
        heard = len(request.body) // BYTES_PER_HEARD_TOKEN
        return Tariff(price, request.work, price.hold(spare, 0), price.hold(max(spare, heard), 0))

    def of_rankings(self, price: Price, request: RelayRequest, _model: str, spare: int) -> Tariff:
        """Whether the provider bills tokens or searches, its answer says."""
        wire = self.formats[request.dialect]
        tokens = estimate_prompt(request, wire, self.traits_of) + spare
        documents = sum(times for _, times in wire.read_prompt(request.work, request.fields).repeated)
        searched = searches(documents) * TOKENS_PER_SEARCH
        least, most = sorted((price.hold(tokens, 0), price.hold(searched, 0)))
        return Tariff(price, request.work, least, most)

    async def count_text(self, text: str, model: str) -> int:
        return await self.counter.count_text(text, model) if text else 0

    async def count_prompt(self, request: RelayRequest, model: str) -> int:
        return await self.counter.count_prompt(request, model)

    @staticmethod
    def combine(work: Work, reported: Usage | None, prompt: int, completion: int, *, complete: bool) -> Usage:
        """The usage to charge for, with a missing or incomplete report of the upstream filled in.

        ``prompt`` and ``completion`` were counted here. If an answer was cut short (not ``complete``), the upstream may
        have reported less than was delivered.
        """
        rule = METERING_RULES[work]
        if rule.is_heard:
            prompt = 0
        if not rule.answers:
            completion = 0
            if reported is None or not reported.total:  # there are no empty answers
                return Usage(prompt)
            prompt = reported.total
        if complete:
            return settled(reported, prompt, completion)
        if reported is None or not reported.total:
            return Usage(prompt, completion)
        usage = reported.split(prompt)
        return evolve(usage, prompt=usage.prompt or prompt, completion=max(usage.completion, completion))


@frozen
class MeteringRule:
    """How one kind of work is metered, where this differs from text.

    Attributes:
        tariff: Makes the tariff of a request.
        classed: Assigns tokens to the class that follows from the kind of work, if the provider does not report one.
        answers: Whether answers have tokens of their own; if not, the completion is not counted.
        is_heard: Whether the prompt is a recording, whose tokens cannot be counted here.
    """

    tariff: Callable[[Meter, Price, RelayRequest, str, int], Tariff] | None = None
    classed: Callable[[Usage], Usage] | None = None
    answers: bool = True
    is_heard: bool = False


def _searched(usage: Usage) -> Usage:
    return evolve(usage, prompt=usage.searches * TOKENS_PER_SEARCH) if usage.searches else usage


def _as_pictures(usage: Usage) -> Usage:
    return evolve(usage, image_out=usage.image_out or usage.completion)


_TEXT = MeteringRule()
_INPUT = MeteringRule(answers=False)
_RECORDINGS = MeteringRule(
    Meter.of_recordings,
    lambda usage: evolve(usage, audio_in=usage.audio_in or usage.prompt),
    is_heard=True,
)
METERING_RULES: Mapping[Work, MeteringRule] = {
    **dict.fromkeys(Work, _TEXT),
    Work.EMBED: _INPUT,
    Work.MODERATE: _INPUT,
    Work.RERANK: MeteringRule(Meter.of_rankings, _searched, answers=False),
    Work.DRAW: MeteringRule(Meter.of_pictures, _as_pictures),
    Work.RETOUCH: MeteringRule(Meter.of_pictures, _as_pictures),
    Work.VARY: MeteringRule(Meter.of_variations, _as_pictures),
    Work.SPEAK: MeteringRule(
        Meter.of_speech, lambda usage: evolve(usage, audio_out=usage.audio_out or usage.completion)
    ),
    Work.TRANSCRIBE: _RECORDINGS,
    Work.TRANSLATE: _RECORDINGS,
}


def _tokens_heard(usage: Usage, per_minute: int) -> int:
    """Tokens to charge for a transcript that reports none: from its seconds, or else from its text."""
    return -(-usage.seconds * per_minute // 60) or usage.completion
