"""The root container, which joins all parts: settings in, use cases out."""

from __future__ import annotations

import random
import time
from itertools import chain
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from oneapi.entrypoints.composition.channels import ChannelsContainer
from oneapi.entrypoints.composition.identity import IdentityContainer
from oneapi.entrypoints.composition.memory import MemoryContainer
from oneapi.entrypoints.composition.messages import MessagesContainer
from oneapi.entrypoints.composition.money import MoneyContainer
from oneapi.entrypoints.composition.operations import OperationsContainer
from oneapi.entrypoints.composition.outside import OutsideContainer
from oneapi.entrypoints.composition.people import PeopleContainer
from oneapi.entrypoints.composition.relay import RelayContainer
from oneapi.entrypoints.composition.services import running
from oneapi.entrypoints.composition.storage import StorageContainer
from oneapi.entrypoints.composition.upstream import UpstreamContainer
from oneapi.entrypoints.http.request import ClientAddress
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager


class Container(containers.DeclarativeContainer):
    """The singletons of one worker process."""

    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Object(time.time)
    #: A monotonic clock, for durations.
    ticks = providers.Object(time.monotonic)
    draw = providers.Object(random.random)
    client_address = providers.Singleton(ClientAddress, settings.provided.trusted_proxies)

    storage = providers.Container(StorageContainer, settings=settings, clock=clock)
    memory = providers.Container(MemoryContainer, settings=settings, clock=clock, storage=storage)
    operations = providers.Container(OperationsContainer, clock=clock, storage=storage, memory=memory)
    outside = providers.Container(OutsideContainer, settings=settings)
    messages = providers.Container(
        MessagesContainer,
        settings=settings,
        clock=clock,
        outside=outside,
        storage=storage,
        memory=memory,
    )
    money = providers.Container(
        MoneyContainer, settings=settings, clock=clock, storage=storage, memory=memory, operations=operations
    )
    upstream = providers.Container(
        UpstreamContainer,
        settings=settings,
        clock=clock,
        outside=outside,
        counter=money.counter,
        redis=storage.redis,
        cipher=storage.cipher,
    )
    identity = providers.Container(
        IdentityContainer,
        settings=settings,
        clock=clock,
        outside=outside,
        storage=storage,
        memory=memory,
    )
    people = providers.Container(
        PeopleContainer,
        settings=settings,
        clock=clock,
        storage=storage,
        memory=memory,
        operations=operations,
        messages=messages,
        identity=identity,
    )
    channels = providers.Container(
        ChannelsContainer,
        settings=settings,
        clock=clock,
        ticks=ticks,
        storage=storage,
        memory=memory,
        operations=operations,
        messages=messages,
        upstream=upstream,
    )
    relay = providers.Container(
        RelayContainer,
        settings=settings,
        clock=clock,
        draw=draw,
        storage=storage,
        memory=memory,
        money=money,
        upstream=upstream,
        channels=channels,
    )

    #: In the order of opening, and closed in reverse: calls to providers end first, then charging and counting, then
    #: the ledger, which sends the last messages, then messages, then other outgoing calls.
    services = providers.List(
        storage.services,
        outside.services,
        messages.services,
        memory.services,
        money.services,
        relay.services,
        upstream.services,
        channels.services,
    )


def opened(container: Container) -> AbstractAsyncContextManager[None]:
    """Open the container's services; on leaving, open charges are settled before anything closes."""
    return running(chain.from_iterable(container.services()))
