"""Channels: their management, health, tests and balances."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from dependency_injector import containers, providers

from oneapi.adapters.dialects.openai_chat.probe import question_for
from oneapi.adapters.providers.registry import CHANNEL_TYPES
from oneapi.application.channels.balances import JOB as BALANCE_JOB
from oneapi.application.channels.balances import ChannelBalances
from oneapi.application.channels.batch import BatchChannels
from oneapi.application.channels.health import ChannelHealth
from oneapi.application.channels.manage_channels import ManageChannels
from oneapi.application.channels.probe import ChannelProbe
from oneapi.application.channels.testing import JOB as TEST_JOB
from oneapi.application.channels.testing import ChannelTests
from oneapi.application.jobs import Jobs, Pace
from oneapi.data import usual_models
from oneapi.domain.routing.health import MetricRule
from oneapi.entrypoints.composition.services import Service
from oneapi.entrypoints.errors.answers import probe_failure, reason_of
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from oneapi.entrypoints.composition.services import Loop


def _metric(settings: Settings) -> MetricRule | None:
    rule = MetricRule(settings.metric_queue_size, settings.metric_success_rate_threshold)
    return rule if settings.enable_metric else None


def _scheduled(settings: Settings, jobs: Jobs, tests: ChannelTests, balances: ChannelBalances) -> list[Loop]:
    """The jobs that master nodes repeat; one of all their workers runs each."""
    if settings.node_type != "master":
        return []
    wanted = [
        (TEST_JOB, tests.run, settings.channel_test_frequency),
        (BALANCE_JOB, balances.run, settings.channel_update_frequency),
    ]
    return [partial(jobs.repeat, name, work, every=every) for name, work, every in wanted if every]


class ChannelsContainer(containers.DeclarativeContainer):
    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Dependency[Any]()
    ticks = providers.Dependency[Any]()
    storage = providers.DependenciesContainer()
    memory = providers.DependenciesContainer()
    operations = providers.DependenciesContainer()
    messages = providers.DependenciesContainer()
    upstream = providers.DependenciesContainer()

    types = providers.Object(CHANNEL_TYPES)
    manage_channels = providers.Singleton(
        ManageChannels,
        storage.channels,
        memory.catalog,
        memory.ledger,
        operations.audit,
        types=types,
        clock=clock,
    )
    batch_channels = providers.Singleton(BatchChannels, manage_channels)
    health = providers.Singleton(
        ChannelHealth,
        storage.channels,
        memory.catalog,
        clock=clock,
        metric=providers.Factory(_metric, settings),
        notices=messages.notices,
    )

    pace = providers.Singleton(Pace)
    jobs = providers.Singleton(
        Jobs,
        storage.leases,
        new_owner=providers.Object(partial(secrets.token_hex, 16)),
        clock=clock,
        pace=pace,
    )
    probe = providers.Singleton(
        ChannelProbe,
        storage.channels,
        memory.catalog,
        upstream.gateway,
        storage.logs,
        health,
        form=providers.Object(question_for),
        usual_model=usual_models()["test"],
        prompt=settings.provided.test_prompt,
        explain=providers.Object(probe_failure),
        clock=clock,
        ticks=ticks,
    )
    tests = providers.Singleton(
        ChannelTests,
        probe,
        storage.channels,
        memory.catalog,
        health,
        jobs,
        apart=settings.provided.polling_interval,
        language=settings.provided.default_language,
        notices=messages.notices,
    )
    balances = providers.Singleton(
        ChannelBalances,
        storage.channels,
        memory.catalog,
        upstream.balances,
        health,
        jobs,
        clock=clock,
        apart=settings.provided.polling_interval,
        explain=providers.Object(reason_of),
        language=settings.provided.default_language,
    )

    services = providers.List(
        providers.Factory(Service, close=health.provided.close),
        providers.Factory(
            Service,
            loops=providers.Factory(_scheduled, settings, jobs, tests, balances),
            close=jobs.provided.close,
        ),
    )
