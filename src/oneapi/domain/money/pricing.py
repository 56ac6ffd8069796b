"""Prices: ratios turned into whole quota units, computed exactly and rounded up.

Ratio 1 is one quota unit per prompt token. A completion token costs the completion ratio times as much; everything is
multiplied by the ratio of the user's group.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from oneapi.domain.models.names import FREE, Spellings, related

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from oneapi.domain.options import Options
    from oneapi.domain.usage import Usage

#: The ratio of a model without a price, under the policy ``default``.
UNPRICED = Decimal(30)
ONE = Decimal(1)
#: The largest hold or charge in quota units; larger numbers are not exact in a double.
LARGEST = 2**53
#: The most tokens of an answer, for models that no table lists: the limit of today's largest models.
LARGEST_OUTPUT = 131_072
#: The values of the option ``UnpricedModelPolicy`` under which list prices count.
BY_LIST = ("listed", "listed_only")
#: Dollars for a million tokens of ratio 1.
DOLLARS_PER_RATIO = Decimal(2)
#: An image of ratio 1 costs as much as this many tokens.
TOKENS_PER_IMAGE = 1000
#: A search likewise: $2 for a thousand of rerank-v3.5 is ratio 1.
TOKENS_PER_SEARCH = 1000
#: The name in a price list that matches every model without an entry of its own.
ANY = "*"
#: A ratio with at least this many digits is taken for a quotient of two prices that a float cut off ...
CUT_OFF = 15
#: ... of two prices in cents, at most.
LARGEST_QUOTIENT = 1000


@frozen
class Case:
    """Conditions on a model's name; all that are set must hold."""

    ratio: Decimal
    exact: str | None = None
    suffix: str | None = None
    prefix: str | None = None

    def matches(self, model: str) -> bool:
        if self.exact is not None:
            return model == self.exact
        if self.suffix is not None:
            return model.endswith(self.suffix)
        return self.prefix is None or model.startswith(self.prefix)


@frozen
class CompletionRule:
    """Cases for names that begin with ``prefix``; the first match counts."""

    prefix: str
    cases: Sequence[Case]


#: Classes of tokens that may have a price of their own, by the names that ``Usage`` gives them, in the order in which
#: they are taken out of all tokens of the prompt, and of the completion.
CLASSES_IN = ("cache_write_1h", "cache_write", "cached", "audio_in", "image_in")
CLASSES_OUT = ("audio_out", "image_out", "reasoning")
#: The price of a one-hour cache write, relative to a five-minute one, if a provider lists only the latter. Anthropic
#: charges 2 and 1.25 times its input price: https://docs.claude.com/en/docs/build-with-claude/prompt-caching#pricing.
HOUR_TO_MINUTES = Decimal("1.6")


@frozen
class Listed:
    """A provider's list price, in dollars per million tokens; None: not listed.

    ``classes`` has the prices of single classes. A class without one costs as much as plain tokens of the same side. If
    a model has a price for only one kind of output, such as images, its text costs the same.
    """

    input: Decimal
    output: Decimal | None = None
    classes: Mapping[str, Decimal] = field(factory=dict)

    @property
    def ratio(self) -> Decimal:
        return self.input / DOLLARS_PER_RATIO

    @property
    def completion_ratio(self) -> Decimal:
        priced = [self.output, *(self.classes.get(name) for name in CLASSES_OUT)]
        return self._times(next((price for price in priced if price is not None), None))

    @property
    def class_ratios(self) -> dict[str, Decimal]:
        """The price of each class as a multiple of the input price."""
        ratios = {name: self._times(price) for name, price in self.classes.items()}
        if "cache_write" in ratios:
            ratios.setdefault("cache_write_1h", ratios["cache_write"] * HOUR_TO_MINUTES)
        return ratios

    def _times(self, price: Decimal | None) -> Decimal:
        return ONE if price is None or not self.input else price / self.input


#: Classes that a log row mentions if an answer used them.
TOLD = ("cache_write", "cache_write_1h", "audio_in", "audio_out", "image_in", "image_out")


@frozen
class PriceWords:
    """How the log explains a charge: templates with places for numbers. The defaults are in no language.

    ``short`` takes ``model`` and ``group``; ``cached`` takes the ratio of that name; each of ``classes``, keyed by the
    names in ``TOLD``, takes a ``count`` and a ``ratio``; ``searches`` takes a ``count`` and the ``tokens`` that each
    costs; ``left_out`` takes the ``names`` of parameters that were not sent on.
    """

    short: str = "{model:.2f} × {group:.2f}"
    cached: str = ", cached {cached:.2f}"
    classes: Mapping[str, str] = field(
        factory=lambda: {name: f", {name} {{count}} × {{ratio:.2f}}" for name in TOLD}
    )
    searches: str = ", searches {count} × {tokens}"
    left_out: str = "; {names}"


NO_LANGUAGE = PriceWords()


@frozen
class Tables:
    """The prices that come with the program; the operator's options take precedence.

    ``listed`` (channel type -> model -> list price) applies to models without a ratio, if the operator chose so; models
    that a reseller serves are looked up in the order of its channel types.
    """

    model_ratio: Mapping[str, Decimal]
    completion_ratio: Mapping[str, Decimal]
    completion_rules: Sequence[CompletionRule]
    completion_exact: Mapping[str, Decimal]
    group_ratio: Mapping[str, Decimal]
    listed: Mapping[int, Mapping[str, Listed]] = field(factory=dict)
    #: Prefix of a model's name -> the most tokens of one answer; the longest matching prefix counts.
    largest_output: Mapping[str, int] = field(factory=dict)
    #: Prefixes of models whose prompts or answers cost the same with ``INTERNET`` at the end of the name.
    internet: tuple[str, ...] = ()
    internet_completion: tuple[str, ...] = ()
    words: PriceWords = NO_LANGUAGE

    @cached_property
    def list_spellings(self) -> Mapping[int, Spellings]:
        return {number: Spellings.of(models) for number, models in self.listed.items()}

    def list_price(self, model: str, channel_type: int) -> Listed | None:
        if model == ANY:
            return None
        own = self.listed.get(channel_type, {}).get(model)
        return own or next((models[model] for models in self.listed.values() if model in models), None)

    def most_output(self, model: str) -> int:
        """The most tokens that one answer of ``model`` can have."""
        fitting = [prefix for prefix in self.largest_output if model.startswith(prefix)]
        return self.largest_output[max(fitting, key=len)] if fitting else LARGEST_OUTPUT


@frozen
class Price:
    """The price of one model for one group on one channel type.

    Attributes:
        known: Whether a price was set at all.
        class_ratios: Prices of single classes of tokens, as multiples of the price of a plain prompt token.
        listed: Whether this is the provider's list price, which is per token for images and speech too.
        by_token: Whether images and speech are billed by the tokens that an answer reports: under a list price, and
            where the operator set a completion ratio, which has no other meaning there.
        largest_output: The most tokens of one answer.
    """

    model_ratio: Decimal
    completion_ratio: Decimal
    group_ratio: Decimal
    known: bool
    class_ratios: Mapping[str, Decimal] = field(factory=dict)
    listed: bool = False
    by_token: bool = False
    largest_output: int = LARGEST_OUTPUT
    words: PriceWords = field(default=NO_LANGUAGE, eq=False, repr=False)
    #: Quota units are (prompt * _prompt + completion * _completion) / _divisor; classes have their own factors.
    _prompt: int = field(init=False, repr=False)
    _completion: int = field(init=False, repr=False)
    _in: Sequence[tuple[str, int]] = field(init=False, repr=False)
    _out: Sequence[tuple[str, int]] = field(init=False, repr=False)
    _divisor: int = field(init=False, repr=False)
    #: The classes that a log row mentions.
    _told: Sequence[str] = field(init=False, repr=False)
    #: The explanation on the log row of images and audio, and on that of texts.
    short_text: str = field(init=False, repr=False)
    text: str = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        prompt = _exact(self.model_ratio) * _exact(self.group_ratio)
        completion = prompt * _exact(self.completion_ratio)
        classes = {name: prompt * _exact(ratio) for name, ratio in self.class_ratios.items()}
        divisor = lcm(*(price.denominator for price in (prompt, completion, *classes.values())))
        weights = {name: int(price * divisor) for name, price in classes.items()}
        object.__setattr__(self, "_prompt", int(prompt * divisor))
        object.__setattr__(self, "_completion", int(completion * divisor))
        for side, names in (("_in", CLASSES_IN), ("_out", CLASSES_OUT)):
            object.__setattr__(self, side, tuple((name, weights[name]) for name in names if name in weights))
        object.__setattr__(self, "_divisor", divisor)
        told = tuple(name for name in (*CLASSES_IN, *CLASSES_OUT) if name in weights and name in TOLD)
        object.__setattr__(self, "_told", told)
        words = self.words
        short_text = words.short.format(model=float(self.model_ratio), group=float(self.group_ratio))
        object.__setattr__(self, "short_text", short_text)
        text = f"{short_text} × {float(self.completion_ratio):.2f}"
        if self.class_ratios.get("cached", ONE) != ONE:
            text += words.cached.format(cached=float(self.class_ratios["cached"]))
        object.__setattr__(self, "text", text)

    def charge(self, usage: Usage) -> int:
        """The charge for ``usage`` in quota units; at least 1 if the model has a price."""
        prompt, completion = usage.prompt, usage.completion
        if not prompt + completion or not self._prompt:
            return 0
        weighed = 0
        for name, weight in self._in:
            count = min(getattr(usage, name), prompt)
            prompt -= count
            weighed += count * weight
        for name, weight in self._out:
            count = min(getattr(usage, name), completion)
            completion -= count
            weighed += count * weight
        return self._units(prompt, completion, weighed)

    def hold(self, prompt: int, completion: int) -> int:
        """The most quota units that this many tokens can cost, leaving out cache writes and tokens of other media."""
        return self._units(prompt, completion) if self._prompt else 0

    def per_unit(self, units: int) -> int:
        """Quota units for ``units`` priced as prompt tokens: characters of speech, tokens of a transcript."""
        return self._units(units, 0) if units and self._prompt else 0

    def per_image(self, factor: Decimal, count: int) -> int:
        """Quota units for ``count`` images: each costs its price times ``factor`` (size, quality), rounded down."""
        each = Fraction(self._prompt, self._divisor) * Fraction(factor) * TOKENS_PER_IMAGE
        return min(int(each) * count, LARGEST)

    def explained(self, usage: Usage) -> str:
        """``text`` with the tokens of ``usage`` that have their own price, so that the charge can be recomputed."""
        text = self.text
        for name in self._told:
            if count := getattr(usage, name):
                text += self.words.classes[name].format(count=count, ratio=float(self.class_ratios[name]))
        if usage.searches:
            text += self.words.searches.format(count=usage.searches, tokens=TOKENS_PER_SEARCH)
        return text

    def _units(self, prompt: int, completion: int, weighed: int = 0) -> int:
        amount = -(-(weighed + prompt * self._prompt + completion * self._completion) // self._divisor)
        return amount if 0 < amount <= LARGEST else min(max(amount, 1), LARGEST)


def shown_ratios(options: Options, tables: Tables) -> dict[str, Mapping[str, Decimal]]:
    """Option -> ratios as the operator sees them: the built-in ratios, for models merged with the operator's own."""
    return {
        "ModelRatio": {**tables.model_ratio, **(options.model_ratio or {})},
        "CompletionRatio": tables.completion_ratio,
        "GroupRatio": tables.group_ratio,
    }


@define
class PriceBook:
    """All prices under one set of options."""

    _model: Mapping[str, Decimal]
    _completion: Mapping[str, Decimal]
    _group: Mapping[str, Decimal]
    _tables: Tables
    #: Whether models without a ratio cost their list price.
    _by_list: bool = False
    _cache: dict[tuple[str, int, str, str], Price] = field(factory=dict)
    #: Spellings of the names that have ratios; built when a name is first not found.
    _spellings: Spellings | None = None

    @classmethod
    def from_options(cls, options: Options, tables: Tables) -> PriceBook:
        return cls(
            {} if options.model_ratio is None else options.model_ratio,
            {} if options.completion_ratio is None else options.completion_ratio,
            tables.group_ratio if options.group_ratio is None else options.group_ratio,
            tables,
            options.unpriced_model_policy in BY_LIST,
        )

    def price(self, model: str, channel_type: int, group: str, asked: str = "") -> Price:
        """The price of ``model`` (the upstream's name); ``asked`` is the client's name for it.

        ``asked`` counts if ``model`` has no price: operators choose their own names for deployments.
        """
        key = (model, channel_type, group, asked)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) > MOST_CACHED:
                self._cache.clear()
            found = self._cache[key] = self._price(model, channel_type, group, asked)
        return found

    def group_ratio(self, group: str) -> Decimal:
        """The factor on every price for users of ``group``."""
        return self._group.get(group, ONE)

    def _price(self, model: str, channel_type: int, group: str, asked: str) -> Price:
        name = _without_internet(model, self._tables.internet)
        ratio, listed = self._named(name, channel_type)
        completion_name = _without_internet(model, self._tables.internet_completion)
        if ratio is None and self._by_list:
            for other in (name, *related(name), asked, *related(asked)):
                ratio, listed, spelling = self._spelt(other, channel_type)
                if ratio is not None:
                    name = completion_name = spelling
                    break
        if ratio is None and self._by_list and (listed := self._tables.listed.get(channel_type, {}).get(ANY)):
            ratio = listed.ratio
        if ratio is None and (model.endswith(FREE) or asked.endswith(FREE)):
            ratio = Decimal(0)
        classes: Mapping[str, Decimal] = {}
        if self._by_list and _look_up(name, channel_type, self._model, {}) is None:
            source = listed or self._list_price(name, channel_type)
            classes = source.class_ratios if source else {}
        return Price(
            model_ratio=UNPRICED if ratio is None else ratio,
            completion_ratio=self._completion_ratio(completion_name, channel_type, listed),
            group_ratio=self.group_ratio(group),
            known=ratio is not None,
            class_ratios=classes,
            listed=listed is not None,
            by_token=listed is not None or _look_up(name, channel_type, self._completion, {}) is not None,
            largest_output=self._tables.most_output(name),
            words=self._tables.words,
        )

    def _named(self, name: str, channel_type: int) -> tuple[Decimal | None, Listed | None]:
        """The ratio of exactly this name, and the list price that it comes from, if any."""
        ratio = _look_up(name, channel_type, self._model, self._tables.model_ratio)
        if ratio is None and self._by_list and (listed := self._tables.list_price(name, channel_type)):
            return listed.ratio, listed
        return ratio, None

    def _spelt(self, name: str, channel_type: int) -> tuple[Decimal | None, Listed | None, str]:
        """The same for ``name`` in the spelling of any table, and that spelling."""
        ratio, listed = self._named(name, channel_type)
        for spellings in () if ratio is not None or not name else self._all_spellings(channel_type):
            spelling = spellings.find(name)
            if spelling and (found := self._named(spelling, channel_type))[0] is not None:
                return *found, spelling
        return ratio, listed, name

    def _all_spellings(self, channel_type: int) -> Iterator[Spellings]:
        """Spellings of the ratios, of the channel's own list, and of all other lists."""
        if self._spellings is None:
            self._spellings = Spellings.of({**self._tables.model_ratio, **self._model})
        yield self._spellings
        lists = self._tables.list_spellings
        if channel_type in lists:
            yield lists[channel_type]
        yield from lists.values()

    def _list_price(self, name: str, channel_type: int) -> Listed | None:
        for other in (name, *related(name)):
            if listed := self._tables.list_price(other, channel_type):
                return listed
        return None

    def _completion_ratio(self, model: str, channel_type: int, listed: Listed | None) -> Decimal:
        tables = self._tables
        ratio = _look_up(model, channel_type, self._completion, tables.completion_ratio)
        if ratio is not None:
            return ratio
        if listed is not None:
            return listed.completion_ratio
        for rule in tables.completion_rules:
            for case in rule.cases:
                if model.startswith(rule.prefix) and case.matches(model):
                    return case.ratio
        return tables.completion_exact.get(model, ONE)


#: The suffix of models that search the web before they answer.
INTERNET = "-internet"
#: The most prices kept in memory: clients choose the names.
MOST_CACHED = 10_000


def _look_up(
    model: str, channel_type: int, stored: Mapping[str, Decimal], defaults: Mapping[str, Decimal]
) -> Decimal | None:
    of_type = f"{model}({channel_type})"
    for table, name in ((stored, of_type), (defaults, of_type), (stored, model), (defaults, model)):
        if name in table:
            return table[name]
    return None


def _exact(ratio: Decimal) -> Fraction:
    """The exact ratio that was meant: three tokens at 3.3333333333333335 cost 10, as at 10/3, and not 11."""
    value = Fraction(ratio)
    if len(ratio.as_tuple().digits) < CUT_OFF:
        return value
    quotient = value.limit_denominator(LARGEST_QUOTIENT)
    return quotient if abs(quotient - value) * 10**CUT_OFF <= value else value


def _without_internet(model: str, prefixes: tuple[str, ...]) -> str:
    return model.removesuffix(INTERNET) if model.startswith(prefixes) else model
