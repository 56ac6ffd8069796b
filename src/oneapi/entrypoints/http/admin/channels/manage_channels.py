"""``/api/channel``: channels. Tests, balances and batches are in the modules beside this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from oneapi.domain.people.users import Role
from oneapi.domain.routing.channels import ChannelFilter
from oneapi.entrypoints.http.admin.bodies import KeywordQuery, OrderedQuery, path_id
from oneapi.entrypoints.http.admin.bounds import Line, Whole  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.channels.fields import ChannelBody, ChannelObject, show_channel
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate
from oneapi.entrypoints.http.bodies import MEGABYTE

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.channels.manage_channels import ManageChannels

#: Bytes: one key per line, each of up to a few kilobytes.
LARGEST_CHANNEL = 2 * MEGABYTE
#: The suffix of a copy's name.
COPY_OF = {"zh": " 副本", "en": " copy"}


class ChannelQuery(OrderedQuery):
    """Conditions on channels; empty or 0: any."""

    type: Whole = 0
    status: Whole = 0
    group: Annotated[Line, msgspec.Meta(description="contained in the channel's list")] = ""
    model: Annotated[Line, msgspec.Meta(description="contained in the channel's list")] = ""
    test_outcome: Annotated[
        Line, msgspec.Meta(description="result of the last test: passed, failed or skipped")
    ] = ""
    keyword: Annotated[Line, msgspec.Meta(description="id, or start of the name")] = ""

    @property
    def where(self) -> ChannelFilter:
        return ChannelFilter(
            type=self.type or None,
            status=self.status or None,
            group=self.group,
            model=self.model,
            test_outcome=self.test_outcome,
            keyword=self.keyword,
        )


def channel_routes(gate: Gate, channels: ManageChannels) -> AdminRoutes:
    routes = AdminRoutes("Channels", "/api/channel", gate)

    @routes.get("/", "List channels", role=Role.ADMIN, query=ChannelQuery, data=list[ChannelObject])
    async def list_channels(_: Call, query: ChannelQuery) -> HTTPResponse:
        found, total = await channels.page(query.where, order=query.order, **query.window)
        return done([show_channel(channel) for channel in found], total=total)

    @routes.get("/search", "Search channels", role=Role.ADMIN, query=KeywordQuery, data=list[ChannelObject])
    async def search_channels(_: Call, query: KeywordQuery) -> HTTPResponse:
        return done([show_channel(channel) for channel in await channels.search(query.keyword)])

    @routes.get("/<channel_id>", "Show a channel", role=Role.ADMIN, data=ChannelObject)
    async def show(_: Call, channel_id: str) -> HTTPResponse:
        return done(show_channel(await channels.get(path_id(channel_id))))

    @routes.post(
        "/",
        "Create a channel per line of the key",
        role=Role.ADMIN,
        body=ChannelBody,
        largest=LARGEST_CHANNEL,
    )
    async def create(call: Call, body: ChannelBody) -> HTTPResponse:
        await channels.create(call.actor, body.changes)
        return done()

    @routes.post("/copy/<channel_id>", "Copy a channel, disabled", role=Role.ADMIN, data=ChannelObject)
    async def copy(call: Call, channel_id: str) -> HTTPResponse:
        suffix = COPY_OF[call.language]
        return done(show_channel(await channels.copy(call.actor, path_id(channel_id), suffix=suffix)))

    @routes.put(
        "/",
        "Change a channel",
        role=Role.ADMIN,
        body=ChannelBody,
        largest=LARGEST_CHANNEL,
        data=ChannelObject,
    )
    async def update(call: Call, body: ChannelBody) -> HTTPResponse:
        return done(show_channel(await channels.update(call.actor, body.id, body.changes)))

    @routes.delete("/disabled", "Delete all disabled channels", role=Role.ADMIN, data=int)
    async def delete_disabled(call: Call) -> HTTPResponse:
        return done(await channels.delete_disabled(call.actor))

    @routes.delete("/<channel_id>", "Delete a channel", role=Role.ADMIN)
    async def delete(call: Call, channel_id: str) -> HTTPResponse:
        await channels.delete(call.actor, path_id(channel_id))
        return done()

    return routes
