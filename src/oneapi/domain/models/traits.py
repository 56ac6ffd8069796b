"""How to call a model, by its name: the parameters that it refuses, how it thinks, how its tokens are counted."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from oneapi.domain.models.names import LONGEST, related

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: The version of a model whose name contains none: newer than any other of its family.
NEWEST = (99, 0)
#: Reasoning efforts in ascending order. A model gets the nearest one that it supports: up to ``high`` the next higher,
#: beyond that the next lower, which costs less than the client asked for.
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
HIGH = EFFORTS.index("high")


class ModelKind(StrEnum):
    """What a model is for, other than chat."""

    COMPLETION = "completion"
    EMBEDDING = "embedding"
    IMAGE = "image"
    MODERATION = "moderation"
    REALTIME = "realtime"
    RERANK = "rerank"
    SPEECH = "speech"
    TRANSCRIPTION = "transcription"
    VIDEO = "video"


class ThinkingForm(StrEnum):
    """The parameter that tells a model how much to think."""

    #: None: the model does not think.
    NONE = "none"
    #: A number of tokens.
    BUDGET = "budget"
    #: The model decides by itself, guided by an effort.
    ADAPTIVE = "adaptive"
    #: A level instead of a budget.
    LEVEL = "level"
    #: An effort.
    EFFORT = "effort"


class Unthinking(StrEnum):
    """The closest way to turn off the thinking of a model that thinks by default."""

    NOTHING = ""
    DISABLED = "disabled"
    BETWEEN_TOOLS = "between_tools"
    LEAST_EFFORT = "least_effort"


@frozen(kw_only=True)
class ModelTraits:
    """What a model supports and refuses; the defaults are for a model about which nothing is known.

    Attributes:
        kind: What it is for other than chat; None: it chats, or its name does not say.
        maker: Who made it, where its requests depend on that.
        refuses: Parameters of OpenAI's, by name, that it answers with an error.
        one_sampler: It refuses ``temperature`` and ``top_p`` in one request.
        thinking: None: not known.
        efforts: Those that it knows; empty: not known.
        least_budget: Tokens that it thinks with at least.
        unthinking: How it is told not to think.
        signs: It refuses its own thoughts, or calls, of earlier turns without the signatures that they came with.
        schemas: It can be bound to a JSON schema.
        forced_tools: It can be made to call a tool.
        prefill: It continues the last words of the assistant; None: not known.
        system: It takes instructions of the system apart from the conversation.
        blank_stops: It takes sequences of blanks to stop at.
        cache_points: Where it takes marks up to which to cache: ``messages``, ``tools``.
        nested_top_k: It takes ``top_k`` among the parameters of inference, and not beside them.
        multimodal: It reads more than text, and is asked at an address for such models where there is one.
        single_texts: It embeds one text a request.
        encoding: The name of its tokens' encoding in tiktoken.
        image_tokens: Tokens of an image, and of each of its tiles of 512 pixels.
        api_version: The version of its maker's API that it needs; empty: any.
        beta: The beta of its maker's API that its longest answers need.
        responses_only: Its maker serves it by the Responses API and by no other.
    """

    kind: ModelKind | None = None
    maker: str = ""
    refuses: frozenset[str] = frozenset()
    one_sampler: bool = False
    thinking: ThinkingForm | None = None
    efforts: tuple[str, ...] = ()
    least_budget: int = 0
    unthinking: Unthinking = Unthinking.NOTHING
    signs: bool = False
    schemas: bool = True
    forced_tools: bool = True
    prefill: bool | None = None
    system: bool = False
    blank_stops: bool = True
    cache_points: frozenset[str] = frozenset()
    nested_top_k: bool = False
    multimodal: bool = False
    single_texts: bool = False
    encoding: str = "cl100k_base"
    image_tokens: tuple[int, int] = (85, 170)
    api_version: str = ""
    beta: str = ""
    responses_only: bool = False

    def effort(self, asked: str) -> str:
        """The nearest effort to ``asked`` that the model knows; ``asked`` itself where none is known."""
        if asked in self.efforts or asked not in EFFORTS or not self.efforts:
            return asked
        place = EFFORTS.index(asked)
        above = [each for each in EFFORTS[place : HIGH + 1] if each in self.efforts]
        below = [each for each in EFFORTS[:place] if each in self.efforts]
        return above[0] if above else below[-1] if below else asked


UNKNOWN = ModelTraits()


@frozen
class Family:
    """Models of one name and many versions.

    Attributes:
        mark: Stands in the name of each.
        version: Finds the two numbers of a version, the second of which may be missing.
        versions: Those of names that hold no number.
    """

    mark: str
    version: re.Pattern[str]
    versions: Mapping[str, Sequence[int]] = field(factory=dict)

    def version_of(self, name: str) -> tuple[int, int] | None:
        """None: not one of them."""
        if self.mark not in name:
            return None
        if found := self.version.search(name):
            return int(found[1]), int(found[2] or 0)
        major, minor = self.versions.get(name, NEWEST)
        return major, minor


@frozen
class TraitRule:
    """Facts about all models of a pattern, or of a family from one version up to another.

    ``names`` is searched for in names in lower case with ``-`` for ``_``, also beside a family.
    """

    facts: Mapping[str, Any]
    names: re.Pattern[str] = re.compile("")
    family: Family | None = None
    since: tuple[int, int] = (0, 0)
    before: tuple[int, int] = (100, 0)

    def fits(self, name: str) -> bool:
        if self.family is not None:
            version = self.family.version_of(name)
            if version is None or not self.since <= version < self.before:
                return False
        return self.names.search(name) is not None


def traits_of(model: str, rules: Sequence[TraitRule]) -> ModelTraits:
    """What ``rules`` say of ``model`` and of the names that its name leads to.

    The first rule that states a fact decides it; what a model refuses adds up.
    """
    if len(model) > LONGEST:
        return UNKNOWN
    facts: dict[str, Any] = {}
    refused: set[str] = set()
    for name, rule in _pairs((model, *related(model)), rules):
        if rule.fits(name):
            refused.update(rule.facts.get("refuses", ()))
            facts = {**rule.facts, **facts}
    return ModelTraits(**{**facts, "refuses": frozenset(refused)})


def _pairs(names: Iterable[str], rules: Sequence[TraitRule]) -> Iterator[tuple[str, TraitRule]]:
    return ((name.lower().replace("_", "-"), rule) for name in names for rule in rules)
