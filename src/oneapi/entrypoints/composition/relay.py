"""The relay: serving requests for models."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from dependency_injector import containers, providers

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.dialects.raw import named_models
from oneapi.adapters.dialects.responses.stored import StoredForm
from oneapi.adapters.providers.rows.openai import PROXY
from oneapi.application.relay.background import Background
from oneapi.application.relay.keeping import Keeping
from oneapi.application.relay.models import ModelLists
from oneapi.application.relay.offered_models import OfferedModels
from oneapi.application.relay.proxying import Proxying
from oneapi.application.relay.serving import Relay as Serving
from oneapi.application.relay.stored_responses import JOB as SWEEP_JOB
from oneapi.application.relay.stored_responses import SWEEP_EVERY, StoredResponses
from oneapi.application.relay.token_counts import TokenCounts
from oneapi.data import built_in_models, channel_models, model_owners, model_profiles
from oneapi.entrypoints.composition.services import Service
from oneapi.entrypoints.errors.answers import text_of
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from oneapi.application.jobs import Jobs
    from oneapi.domain.errors import GatewayError
    from oneapi.entrypoints.composition.services import Loop


def _sweeps(settings: Settings, jobs: Jobs, stored: StoredResponses) -> list[Loop]:
    """What masters do about answers that are kept for their clients; of all their workers one does it."""
    if settings.node_type != "master":
        return []
    return [partial(jobs.repeat, SWEEP_JOB, stored.sweep, every=SWEEP_EVERY)]


def _new_response() -> str:
    return f"resp_{uuid.uuid4().hex}"


def _explained(error: GatewayError) -> str:
    return text_of(error, "en")


class RelayContainer(containers.DeclarativeContainer):
    clock = providers.Dependency[Any]()
    draw = providers.Dependency[Any]()
    settings = providers.Dependency(instance_of=Settings)
    storage = providers.DependenciesContainer()
    memory = providers.DependenciesContainer()
    money = providers.DependenciesContainer()
    upstream = providers.DependenciesContainer()
    channels = providers.DependenciesContainer()

    serving = providers.Singleton(
        Serving,
        memory.catalog,
        memory.ledger,
        upstream.gateway,
        money.meter,
        channels.health,
        clock=clock,
        draw=draw,
    )
    token_counts = providers.Singleton(
        TokenCounts,
        serving,
        upstream.gateway,
        money.counter,
        channels.health,
        providers.Object(SURFACES),
        draw=draw,
    )
    response_form = providers.Factory(StoredForm, providers.Object(_explained))
    stored_responses = providers.Singleton(
        StoredResponses,
        storage.responses,
        response_form,
        memory.options,
        clock=clock,
    )
    proxying = providers.Singleton(
        Proxying,
        memory.catalog,
        memory.ledger,
        upstream.gateway,
        channel_type=PROXY.number,
        named_models=providers.Object(named_models),
        clock=clock,
    )
    background = providers.Singleton(
        Background, serving, stored_responses, response_form, new_id=providers.Object(_new_response)
    )
    keeping = providers.Singleton(Keeping, serving, stored_responses, background)
    compacting = providers.Singleton(Keeping, serving, stored_responses, None)
    keeping_counts = providers.Singleton(Keeping, token_counts, stored_responses, None)

    model_lists = providers.Singleton(
        ModelLists, memory.catalog, providers.Factory(model_owners), providers.Factory(model_profiles)
    )
    offers = providers.Singleton(
        OfferedModels,
        memory.catalog,
        memory.prices,
        types=channels.types,
        by_type=providers.Factory(channel_models),
        built_in=providers.Factory(built_in_models),
    )

    services = providers.List(
        providers.Factory(Service, close=serving.provided.close),
        providers.Factory(Service, close=background.provided.close),
        providers.Factory(
            Service, loops=providers.Factory(_sweeps, settings, channels.jobs, stored_responses)
        ),
    )
