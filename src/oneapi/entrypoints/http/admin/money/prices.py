"""Prices of models and groups, in the formats that new-api's clients read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from oneapi.data import traits_of
from oneapi.domain.errors.administration import NotSignedIn, WrongAccessToken
from oneapi.domain.models.traits import ModelKind
from oneapi.domain.money.pricing import ONE
from oneapi.domain.people.users import FIRST_GROUP, Role
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate
from oneapi.entrypoints.http.answers import as_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from sanic import HTTPResponse

    from oneapi.application.money.price_lists import PricedModel, PriceLists


class EndpointObject(msgspec.Struct):
    """The path and method for a kind of request."""

    path: str
    method: str = "POST"


#: Keyed by new-api's names.
ENDPOINTS = {
    "openai": EndpointObject("/v1/chat/completions"),
    "anthropic": EndpointObject("/v1/messages"),
    "embeddings": EndpointObject("/v1/embeddings"),
    "jina-rerank": EndpointObject("/v1/rerank"),
    "image-generation": EndpointObject("/v1/images/generations"),
}
CHAT = ("openai", "anthropic")
#: Kinds of models other than chat -> their endpoints; clients have no names for the endpoints of the others.
OF_KINDS: Mapping[ModelKind, Sequence[str]] = {
    ModelKind.EMBEDDING: ("embeddings",),
    ModelKind.RERANK: ("jina-rerank",),
    ModelKind.IMAGE: ("image-generation",),
}


class PriceObject(msgspec.Struct, kw_only=True):
    """A model and its price. Ratio 1 is 2 dollars per million prompt tokens; other ratios are multiples of that price.

    ``quota_type`` 0: priced per token. ``audio_completion_ratio`` is a multiple of the price of audio input.
    """

    model_name: str
    owner_by: str
    vendor_id: int
    enable_groups: list[str]
    supported_endpoint_types: list[str]
    model_ratio: float
    completion_ratio: float
    cache_ratio: float | msgspec.UnsetType = UNSET
    create_cache_ratio: float | msgspec.UnsetType = UNSET
    image_ratio: float | msgspec.UnsetType = UNSET
    audio_ratio: float | msgspec.UnsetType = UNSET
    audio_completion_ratio: float | msgspec.UnsetType = UNSET
    quota_type: int = 0
    model_price: float = 0
    description: str = ""
    icon: str = ""
    tags: str = ""


class VendorObject(msgspec.Struct):
    """A maker of models; 0 stands for unknown makers."""

    id: int
    name: str
    description: str = ""
    icon: str = ""


class PricingAnswer(msgspec.Struct, kw_only=True):
    """A whole answer: the models that the caller's group can use, and their prices.

    ``pricing_version`` changes whenever the prices do.
    """

    success: bool = True
    data: list[PriceObject]
    vendors: list[VendorObject]
    group_ratio: dict[str, float]
    usable_group: dict[str, str]
    supported_endpoint: dict[str, EndpointObject]
    auto_groups: list[str]
    pricing_version: str


class RatioTables(msgspec.Struct):
    """The same ratios, as tables by model."""

    model_ratio: dict[str, float]
    completion_ratio: dict[str, float]
    cache_ratio: dict[str, float]
    create_cache_ratio: dict[str, float]
    model_price: dict[str, float]


class GroupObject(msgspec.Struct):
    """The factor on every price for users of a group."""

    ratio: float
    desc: str


def price_routes(gate: Gate, prices: PriceLists) -> AdminRoutes:
    routes = AdminRoutes("Prices", "/api", gate)

    async def group_of(call: Call) -> str:
        """The caller's group; for guests, that of new users if they may register. Raises Refusal."""
        try:
            return (await gate.guard.user(call.request, Role.COMMON, changes=False)).group
        except (NotSignedIn, WrongAccessToken):
            if not prices.open_to_guests:
                raise
            return FIRST_GROUP

    def groups(group: str) -> HTTPResponse:
        return done({group: GroupObject(float(prices.group_ratio(group)), group)})

    @routes.get("/pricing", "Show prices of models", answer=PricingAnswer)
    async def pricing(call: Call) -> HTTPResponse:
        group = await group_of(call)
        answer = _answer(list(prices.of_group(group)), group, float(prices.group_ratio(group)))
        return as_json(answer)

    @routes.get("/ratio_config", "Show prices of models as tables", data=RatioTables)
    async def ratio_config(call: Call) -> HTTPResponse:
        return done(_tables([_price(each, "", 0) for each in prices.of_group(await group_of(call))]))

    @routes.get("/user/groups", "Show own group, or that of new users", data=dict[str, GroupObject])
    async def list_groups(call: Call) -> HTTPResponse:
        return groups(await group_of(call))

    @routes.get("/user/self/groups", "Show own group", role=Role.COMMON, data=dict[str, GroupObject])
    async def list_own_groups(call: Call) -> HTTPResponse:
        return groups(call.me.group)

    return routes


def _answer(models: Sequence[PricedModel], group: str, ratio: float) -> PricingAnswer:
    owners = sorted({model.owner for model in models if model.owner})
    numbers = {owner: number for number, owner in enumerate(owners, start=1)}
    data = [_price(model, group, numbers.get(model.owner or "", 0)) for model in models]
    return PricingAnswer(
        data=data,
        vendors=[VendorObject(number, owner) for owner, number in numbers.items()],
        group_ratio={group: ratio},
        usable_group={group: group},
        supported_endpoint=ENDPOINTS,
        auto_groups=[],
        pricing_version=hashlib.sha256(msgspec.json.encode(data)).hexdigest(),
    )


def _price(model: PricedModel, group: str, vendor: int) -> PriceObject:
    price, classes = model.price, model.price.class_ratios
    heard = classes.get("audio_in", ONE)
    return PriceObject(
        model_name=model.name,
        owner_by=model.owner or "",
        vendor_id=vendor,
        enable_groups=[group],
        supported_endpoint_types=list(_endpoints(model.name)),
        model_ratio=float(price.model_ratio),
        completion_ratio=float(price.completion_ratio),
        cache_ratio=_ratio(classes.get("cached")),
        create_cache_ratio=_ratio(classes.get("cache_write")),
        image_ratio=_ratio(classes.get("image_in")),
        audio_ratio=_ratio(classes.get("audio_in")),
        audio_completion_ratio=_ratio(classes["audio_out"] / heard)
        if heard and "audio_out" in classes
        else UNSET,
    )


def _ratio(ratio: Decimal | None) -> float | msgspec.UnsetType:
    return UNSET if ratio is None else float(ratio)


def _endpoints(model: str) -> Sequence[str]:
    kind = traits_of(model).kind
    return CHAT if kind is None else OF_KINDS.get(kind, ())


def _tables(prices: Sequence[PriceObject]) -> RatioTables:
    tables = {
        name: {each.model_name: ratio for each in prices if (ratio := getattr(each, name)) is not UNSET}
        for name in ("model_ratio", "completion_ratio", "cache_ratio", "create_cache_ratio")
    }
    return RatioTables(**tables, model_price={})
