"""``/api/channel/batch``: the same change to several channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from oneapi.domain.people.users import Role
from oneapi.domain.routing.channels import ChannelChanges
from oneapi.entrypoints.errors.answers import text_of
from oneapi.entrypoints.http.admin.bodies import given
from oneapi.entrypoints.http.admin.bounds import Line, Natural, Whole  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.channels.batch import BatchChannels, Done
    from oneapi.application.channels.testing import ChannelTests

LARGEST_BATCH = 1000


class BatchBody(msgspec.Struct):
    """``set`` sets those of priority, weight and group that are given."""

    action: Literal["enable", "disable", "delete", "test", "set"]
    ids: Annotated[list[Whole], msgspec.Meta(min_length=1, max_length=LARGEST_BATCH)]
    priority: Whole | msgspec.UnsetType = msgspec.UNSET
    weight: Natural | msgspec.UnsetType = msgspec.UNSET
    group: Line | msgspec.UnsetType = msgspec.UNSET

    @property
    def changes(self) -> ChannelChanges:
        """The changes in the body."""
        return ChannelChanges(
            priority=given(self.priority), weight=given(self.weight), group=given(self.group)
        )


class BatchResult(msgspec.Struct):
    """The result for one channel."""

    id: int
    success: bool
    message: str


def channel_batch_routes(gate: Gate, batch: BatchChannels, tests: ChannelTests) -> AdminRoutes:
    routes = AdminRoutes("Channel batches", "/api/channel", gate)

    @routes.post(
        "/batch",
        "Change, delete or test several channels; tests run in the background",
        role=Role.ADMIN,
        body=BatchBody,
        data=list[BatchResult],
    )
    async def change_many(call: Call, body: BatchBody) -> HTTPResponse:
        if body.action == "test":
            await tests.start_some(body.ids)
            return done([])
        if body.action == "set":
            results = await batch.set(call.actor, body.ids, body.changes)
        else:
            results = await getattr(batch, body.action)(call.actor, body.ids)
        return done([_result(each, call.language) for each in results])

    return routes


def _result(each: Done, language: str) -> BatchResult:
    message = text_of(each.refusal, language) if each.refusal else ""
    return BatchResult(each.channel_id, each.refusal is None, message)
