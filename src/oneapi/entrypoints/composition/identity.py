"""Authentication of people: passwords, sessions, identity providers, and the check for humans."""

from __future__ import annotations

from typing import Any

from dependency_injector import containers, providers

from oneapi.adapters.identity import keys
from oneapi.adapters.identity.calls import Calls
from oneapi.adapters.identity.oauth.github import GitHub
from oneapi.adapters.identity.oauth.lark import Lark
from oneapi.adapters.identity.oauth.oidc import OidcProvider
from oneapi.adapters.identity.oauth.wechat import WeChat
from oneapi.adapters.identity.passwords import Passwords
from oneapi.adapters.identity.sessions import SignedPendingSignIns, SignedSessions
from oneapi.adapters.identity.turnstile import CloudflareTurnstile
from oneapi.application.people.external_sign_in import Vouching
from oneapi.application.people.human_check import HumanCheck
from oneapi.application.people.pending_sign_ins import PendingSignIns
from oneapi.application.people.sessions import UserSessions
from oneapi.application.people.sign_in import PasswordCheck, SignIn, WhoIsThere
from oneapi.entrypoints.settings import Settings


class IdentityContainer(containers.DeclarativeContainer):
    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Dependency[Any]()
    outside = providers.DependenciesContainer()
    storage = providers.DependenciesContainer()
    memory = providers.DependenciesContainer()

    session_cookies = providers.Singleton(SignedSessions, settings.provided.session_secret)
    sessions = providers.Singleton(
        UserSessions,
        storage.sessions,
        session_cookies,
        new_id=providers.Object(keys.new_secret),
        clock=clock,
    )
    passwords = providers.Singleton(Passwords, settings.provided.password_hash_upgrade)
    password_check = providers.Singleton(PasswordCheck, passwords, storage.limits)
    sign_in = providers.Singleton(
        SignIn, storage.users, memory.catalog, sessions, session_cookies, passwords, password_check, clock
    )
    who_is_there = providers.Singleton(WhoIsThere, storage.users, sessions)
    calls = providers.Singleton(Calls, outside.transport)
    turnstile = providers.Singleton(CloudflareTurnstile, calls)
    human_check = providers.Singleton(HumanCheck, memory.catalog, turnstile)
    github = providers.Singleton(GitHub, calls)
    oidc = providers.Singleton(OidcProvider, calls, clock=clock)
    lark = providers.Singleton(Lark, calls)
    wechat = providers.Singleton(WeChat, calls)
    vouching = providers.Singleton(
        Vouching,
        providers.Dict(github=github, oidc=oidc, lark=lark),
        providers.Dict(wechat=wechat),
        memory.catalog,
    )
    pending_sign_ins = providers.Singleton(
        PendingSignIns,
        providers.Singleton(SignedPendingSignIns, settings.provided.session_secret),
        new_secret=providers.Object(keys.new_secret),
        clock=clock,
    )
