"""Prices: from ratios to whole quota units, on exact decimals, rounded up.

Ratio 1 is one quota unit per prompt token. A completion token costs the completion ratio times as much; everything is
multiplied by the ratio of the user's group.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from attrs import define, field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.options import Options
    from oneapi.domain.usage import Usage

#: What a model without a price costs, under the policy ``default``.
UNPRICED = Decimal(30)
ONE = Decimal(1)
#: No hold and no charge exceeds this; beyond it a column would stop being exact.
LARGEST = 2**53
#: Tokens of the largest answer of a model that no table names: what the largest of today write.
LARGEST_OUTPUT = 131_072
#: The value of the option ``UnpricedModelPolicy`` under which list prices count.
BY_LIST = "listed"
#: Dollars for a million tokens of ratio 1.
DOLLARS_PER_RATIO = Decimal(2)
#: The image of ratio 1 costs as much as so many tokens.
TOKENS_PER_IMAGE = 1000
#: A ratio with so many digits is a quotient of two prices that a float cut off ...
CUT_OFF = 15
#: ... of two prices in cents, at most.
LARGEST_QUOTIENT = 1000


@frozen
class Case:
    """One condition on a model's name; all that are given must hold."""

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
class Rule:
    """Cases for the names that begin with ``prefix``; the first that matches counts."""

    prefix: str
    cases: Sequence[Case]


@frozen
class Listed:
    """A provider's list price, in dollars for a million tokens; None: it names none."""

    input: Decimal
    output: Decimal | None = None
    cached: Decimal | None = None

    @property
    def ratio(self) -> Decimal:
        return self.input / DOLLARS_PER_RATIO

    def times(self, price: Decimal | None) -> Decimal:
        """``price`` as a multiple of the input's."""
        return ONE if price is None or not self.input else price / self.input


@frozen
class Tables:
    """The prices that come with the program; the operator's options take precedence.

    ``listed``, channel type -> model -> list price, is for models without a ratio where the operator wants it so; the
    first types are asked for those that a reseller serves.
    """

    model_ratio: Mapping[str, Decimal]
    completion_ratio: Mapping[str, Decimal]
    completion_rules: Sequence[Rule]
    completion_exact: Mapping[str, Decimal]
    group_ratio: Mapping[str, Decimal]
    listed: Mapping[int, Mapping[str, Listed]] = field(factory=dict)
    #: By the beginning of a model's name, the longest that fits: the most tokens of one answer.
    largest_output: Mapping[str, int] = field(factory=dict)

    def list_price(self, model: str, channel_type: int) -> Listed | None:
        own = self.listed.get(channel_type, {}).get(model)
        return own or next((models[model] for models in self.listed.values() if model in models), None)

    def most_output(self, model: str) -> int:
        """Tokens of the largest answer of ``model``."""
        fitting = [prefix for prefix in self.largest_output if model.startswith(prefix)]
        return self.largest_output[max(fitting, key=len)] if fitting else LARGEST_OUTPUT


@frozen
class Price:
    """What one model costs one group on one channel type. ``known`` is False where nobody set a price."""

    model_ratio: Decimal
    completion_ratio: Decimal
    group_ratio: Decimal
    known: bool
    #: Of prompt tokens that the provider had in its cache, as a multiple of those that it had not.
    cached_ratio: Decimal = ONE
    #: Tokens of the model's largest answer.
    largest_output: int = LARGEST_OUTPUT
    #: Quota units are (prompt * _prompt + cached * _cached + completion * _completion) / _divisor.
    _prompt: int = field(init=False, repr=False)
    _cached: int = field(init=False, repr=False)
    _completion: int = field(init=False, repr=False)
    _divisor: int = field(init=False, repr=False)
    #: As it stands on the log row of images and audio, and on that of texts.
    short_text: str = field(init=False, repr=False)
    text: str = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        prompt = _exact(self.model_ratio) * _exact(self.group_ratio)
        completion = prompt * _exact(self.completion_ratio)
        cached = prompt * _exact(self.cached_ratio)
        divisor = lcm(prompt.denominator, completion.denominator, cached.denominator)
        object.__setattr__(self, "_prompt", int(prompt * divisor))
        object.__setattr__(self, "_cached", int(cached * divisor))
        object.__setattr__(self, "_completion", int(completion * divisor))
        object.__setattr__(self, "_divisor", divisor)
        short_text = f"倍率：{float(self.model_ratio):.2f} × {float(self.group_ratio):.2f}"
        object.__setattr__(self, "short_text", short_text)
        text = f"{short_text} × {float(self.completion_ratio):.2f}"
        if self.cached_ratio != ONE:
            text += f"，缓存 {float(self.cached_ratio):.2f}"
        object.__setattr__(self, "text", text)

    def charge(self, usage: Usage) -> int:
        """Quota units for ``usage``; at least 1 for anything that has a price. A count below zero counts as none."""
        prompt, completion = max(usage.prompt, 0), max(usage.completion, 0)
        if not prompt + completion or not self._prompt:
            return 0
        cached = min(max(usage.cached, 0), prompt)
        return self._units(prompt - cached, completion, cached)

    def hold(self, prompt: int, completion: int) -> int:
        """The most that so many tokens may cost."""
        return self._units(prompt, completion) if self._prompt else 0

    def per_unit(self, units: int) -> int:
        """Quota units for ``units`` that are priced as prompt tokens: characters of speech, tokens of a transcript."""
        return self._units(units, 0) if units and self._prompt else 0

    def per_image(self, factor: Decimal, count: int) -> int:
        """Quota units for ``count`` images, each whole units: its price times the ``factor`` of size and quality."""
        each = Fraction(self._prompt, self._divisor) * Fraction(factor) * TOKENS_PER_IMAGE
        return min(int(each) * count, LARGEST)

    def _units(self, prompt: int, completion: int, cached: int = 0) -> int:
        weighed = prompt * self._prompt + cached * self._cached + completion * self._completion
        amount = -(-weighed // self._divisor)
        return min(max(amount, 1), LARGEST)


@define
class PriceBook:
    """All prices under one set of options."""

    _model: Mapping[str, Decimal]
    _completion: Mapping[str, Decimal]
    _group: Mapping[str, Decimal]
    _tables: Tables
    #: Whether models without a ratio cost their list price.
    _by_list: bool = False
    _cache: dict[tuple[str, int, str], Price] = field(factory=dict)

    @classmethod
    def from_options(cls, options: Options, tables: Tables) -> PriceBook:
        return cls(
            {} if options.model_ratio is None else options.model_ratio,
            {} if options.completion_ratio is None else options.completion_ratio,
            tables.group_ratio if options.group_ratio is None else options.group_ratio,
            tables,
            options.unpriced_model_policy == BY_LIST,
        )

    def price(self, model: str, channel_type: int, group: str) -> Price:
        """The price of ``model`` as the upstream calls it."""
        key = (model, channel_type, group)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) > MOST_CACHED:
                self._cache.clear()
            found = self._cache[key] = self._price(model, channel_type, group)
        return found

    def _price(self, model: str, channel_type: int, group: str) -> Price:
        name = _without_internet(model, "qwen-", "command-")
        ratio = _look_up(name, channel_type, self._model, self._tables.model_ratio)
        listed = None
        if ratio is None and self._by_list and (listed := self._tables.list_price(name, channel_type)):
            ratio = listed.ratio
        return Price(
            model_ratio=UNPRICED if ratio is None else ratio,
            completion_ratio=self._completion_ratio(_without_internet(model, "qwen-"), channel_type, listed),
            group_ratio=self._group.get(group, ONE),
            known=ratio is not None,
            cached_ratio=ONE if listed is None else listed.times(listed.cached),
            largest_output=self._tables.most_output(model),
        )

    def _completion_ratio(self, model: str, channel_type: int, listed: Listed | None) -> Decimal:
        tables = self._tables
        ratio = _look_up(model, channel_type, self._completion, tables.completion_ratio)
        if ratio is not None:
            return ratio
        if listed is not None:
            return listed.times(listed.output)
        for rule in tables.completion_rules:
            for case in rule.cases:
                if model.startswith(rule.prefix) and case.matches(model):
                    return case.ratio
        return tables.completion_exact.get(model, ONE)


#: Prices remembered; the names come from clients.
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
    """The ratio that was meant: at 3.3333333333333335 three tokens are to cost 10 as at 10/3, not 11."""
    value = Fraction(ratio)
    if len(ratio.as_tuple().digits) < CUT_OFF:
        return value
    quotient = value.limit_denominator(LARGEST_QUOTIENT)
    return quotient if abs(quotient - value) * 10**CUT_OFF <= value else value


def _without_internet(model: str, *prefixes: str) -> str:
    return model.removesuffix("-internet") if model.startswith(prefixes) else model
