"""Mails and notices, which are sent in the background."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from dependency_injector import containers, providers

from oneapi.adapters.mail import SmtpMailer
from oneapi.adapters.pusher import HttpPusher
from oneapi.adapters.texts.letters import write_letter
from oneapi.application.messages.mails import Mails
from oneapi.application.messages.notices import Notices
from oneapi.application.messages.outbox import Outbox
from oneapi.application.messages.quota_reminders import QuotaReminders
from oneapi.entrypoints.composition.services import Service
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from oneapi.application.money.ledger import Ledger

#: Seconds at shutdown for messages not yet sent.
LAST_MESSAGES = 5


def _outbox(settings: Settings) -> Outbox:
    return Outbox(grace=min(settings.shutdown_grace, LAST_MESSAGES))


def _follow(ledger: Ledger, notices: Notices, reminders: QuotaReminders) -> None:
    """Notify root and users of events in the ledger."""
    ledger.on_set_aside = lambda _: notices.charges_set_aside(ledger.set_aside)
    ledger.on_balances = reminders.watch


class MessagesContainer(containers.DeclarativeContainer):
    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Dependency[Any]()
    outside = providers.DependenciesContainer()
    storage = providers.DependenciesContainer()
    memory = providers.DependenciesContainer()

    mailer = providers.Singleton(SmtpMailer, memory.options, clock=clock)
    mails = providers.Singleton(Mails, mailer, write_letter, memory.options)
    pusher = providers.Singleton(HttpPusher, memory.options, outside.transport)
    outbox = providers.Singleton(_outbox, settings)
    notices = providers.Singleton(
        Notices,
        pusher,
        mailer,
        storage.users,
        outbox,
        write_letter,
        memory.options,
        language=settings.provided.default_language,
        clock=clock,
    )
    quota_reminders = providers.Singleton(
        QuotaReminders,
        memory.options,
        storage.users,
        storage.reminded,
        mails,
        outbox,
        language=settings.provided.default_language,
        clock=clock,
    )

    services = providers.List(
        providers.Factory(
            Service,
            open=providers.Factory(functools.partial, _follow, memory.ledger, notices, quota_reminders),
            close=outbox.provided.close,
        ),
    )
