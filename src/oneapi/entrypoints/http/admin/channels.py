"""``/api/channel``: upstream accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sanic import Blueprint, HTTPResponse, Request

from oneapi.domain.users import Role
from oneapi.entrypoints.http.admin.bodies import Natural, Whole, path_id, query_page, query_text, read_body
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.objects import show_channel

if TYPE_CHECKING:
    from oneapi.application.channels import ManageChannels
    from oneapi.domain.users import User
    from oneapi.entrypoints.http.admin.envelope import Envelopes
    from oneapi.entrypoints.http.admin.guard import Guard


class ChannelBody(msgspec.Struct, omit_defaults=True):
    """What an administrator decides; balances, times and used quota are the gateway's own."""

    id: Whole = 0
    type: Natural | msgspec.UnsetType = msgspec.UNSET
    key: str | msgspec.UnsetType = msgspec.UNSET
    status: Whole | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET
    weight: Natural | msgspec.UnsetType = msgspec.UNSET
    base_url: str | msgspec.UnsetType = msgspec.UNSET
    other: str | msgspec.UnsetType = msgspec.UNSET
    models: str | msgspec.UnsetType = msgspec.UNSET
    group: str | msgspec.UnsetType = msgspec.UNSET
    model_mapping: str | msgspec.UnsetType = msgspec.UNSET
    priority: Whole | msgspec.UnsetType = msgspec.UNSET
    config: str | msgspec.UnsetType = msgspec.UNSET
    system_prompt: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def given(self) -> dict[str, Any]:
        """What the body named, without the id."""
        values = msgspec.structs.asdict(self)
        return {name: value for name, value in values.items() if value is not msgspec.UNSET and name != "id"}


def channels_blueprint(envelopes: Envelopes, guard: Guard, channels: ManageChannels) -> Blueprint:
    blueprint = Blueprint("channels", url_prefix="/api/channel")
    admin = guard(Role.ADMIN)

    @blueprint.get("/")
    @envelopes
    @admin
    async def list_channels(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        found, total = await channels.page(**query_page(request))
        return done([show_channel(channel) for channel in found], total=total)

    @blueprint.get("/search")
    @envelopes
    @admin
    async def search_channels(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        found = await channels.search(query_text(request, "keyword"))
        return done([show_channel(channel) for channel in found])

    @blueprint.get("/<channel_id>")
    @envelopes
    @admin
    async def show(request: Request, me: User, channel_id: str) -> HTTPResponse:  # noqa: ARG001
        return done(show_channel(await channels.get(path_id(channel_id))))

    @blueprint.post("/")
    @envelopes
    @admin
    async def create(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        await channels.create(read_body(request, ChannelBody).given)
        return done()

    @blueprint.put("/")
    @envelopes
    @admin
    async def update(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        body = read_body(request, ChannelBody)
        return done(show_channel(await channels.update(body.id, body.given)))

    @blueprint.delete("/disabled")
    @envelopes
    @admin
    async def delete_disabled(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        return done(await channels.delete_disabled())

    @blueprint.delete("/<channel_id>")
    @envelopes
    @admin
    async def delete(request: Request, me: User, channel_id: str) -> HTTPResponse:  # noqa: ARG001
        await channels.delete(path_id(channel_id))
        return done()

    return blueprint
