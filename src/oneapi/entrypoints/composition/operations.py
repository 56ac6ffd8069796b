"""Operations: options, the log, the audit log, readiness."""

from __future__ import annotations

from typing import Any

from dependency_injector import containers, providers

from oneapi.application.audit import AuditTrail
from oneapi.application.operations.logs import ReadLogs
from oneapi.application.operations.options import ManageOptions
from oneapi.application.operations.readiness import Readiness


class OperationsContainer(containers.DeclarativeContainer):
    clock = providers.Dependency[Any]()
    storage = providers.DependenciesContainer()
    memory = providers.DependenciesContainer()

    audit = providers.Singleton(AuditTrail, storage.audit, clock=clock)
    manage_options = providers.Singleton(ManageOptions, storage.options, memory.catalog, memory.prices, audit)
    read_logs = providers.Singleton(ReadLogs, storage.logs, memory.ledger, audit, clock=clock)
    readiness = providers.Singleton(
        Readiness,
        storage.versions,
        memory.catalog,
        storage.spool,
        memory.ledger,
        redis_answers=storage.signals.provided.answers,
        clock=clock,
    )
