"""Anthropic's Messages API served by another cloud: the model is in the URL, the version in the body."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.anthropic.encoding import write_request
from oneapi.adapters.dialects.anthropic.reply import read_reply
from oneapi.adapters.dialects.anthropic.stream import Reader, rendered
from oneapi.adapters.dialects.anthropic.wire import NAME
from oneapi.adapters.dialects.narrow import fields_of, items_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.domain.chat import ChatRequest


class HostedAnthropic:
    """Implements ``UpstreamDialect``; ``tells_stream``: whether the body must also request a stream."""

    end_marker = rendered("message_stop")
    inlines_images = True
    #: The format whose bytes can pass through.
    carried = NAME
    read_reply = staticmethod(read_reply)

    def __init__(self, name: str, version: str, *, tells_stream: bool) -> None:
        self.name = name
        self._version = version
        self._tells_stream = tells_stream

    def carries(self, client: str, fields: Mapping[str, Any]) -> bool:
        """Whether a request in the format ``client`` passes with ``changes`` alone; links must be fetched first."""
        return client == self.carried and not any(
            fields_of(block.get("source")).get("type") == "url" for block in _blocks(fields)
        )

    def changes(self, fields: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        """The members that differ from a request to Anthropic itself, including those that it expects in headers."""
        changes: dict[str, Any] = {"anthropic_version": self._version, "model": msgspec.UNSET}
        if not self._tells_stream and "stream" in fields:
            changes["stream"] = msgspec.UNSET
        betas = [name for beta in headers.get("anthropic-beta", "").split(",") if (name := beta.strip())]
        if betas:
            changes["anthropic_beta"] = betas
        return changes

    def write_request(
        self,
        request: ChatRequest,
        model: str,
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        body = {"anthropic_version": self._version, **write_request(request, model)}
        del body["model"]
        if not self._tells_stream:
            body.pop("stream", None)
        return body

    def event_reader(self) -> EventReader:
        return Reader()


def _blocks(fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every block of the conversation, including those within tool results."""
    for message in items_of(fields.get("messages")):
        for block in items_of(message.get("content")):
            yield block
            yield from items_of(block.get("content"))
