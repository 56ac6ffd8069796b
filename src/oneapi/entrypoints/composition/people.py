"""Users and their tokens."""

from __future__ import annotations

from typing import Any

from dependency_injector import containers, providers

from oneapi.adapters.identity import keys
from oneapi.application.people.accounts import FirstPassword, OwnAccount
from oneapi.application.people.external_sign_in import SignInWith
from oneapi.application.people.mailed_codes import OneTimeCodes, SendCodes, UseCodes
from oneapi.application.people.registration import NewAccounts, Register
from oneapi.application.people.tokens import ManageTokens
from oneapi.application.people.users import ManageUsers, ReadUsers
from oneapi.entrypoints.settings import Settings


class PeopleContainer(containers.DeclarativeContainer):
    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Dependency[Any]()
    storage = providers.DependenciesContainer()
    memory = providers.DependenciesContainer()
    operations = providers.DependenciesContainer()
    messages = providers.DependenciesContainer()
    identity = providers.DependenciesContainer()

    new_accounts = providers.Singleton(
        NewAccounts,
        storage.users,
        memory.catalog,
        new_key=providers.Object(keys.new_key),
        new_access_token=providers.Object(keys.new_access_token),
        new_aff_code=providers.Object(keys.new_aff_code),
        clock=clock,
    )
    one_time_codes = providers.Singleton(OneTimeCodes, storage.codes, clock=clock)
    register = providers.Singleton(
        Register, new_accounts, storage.users, memory.catalog, one_time_codes, identity.passwords
    )
    send_codes = providers.Singleton(
        SendCodes,
        one_time_codes,
        storage.users,
        memory.catalog,
        messages.mails,
        messages.outbox,
        storage.limits,
        new_code=providers.Object(keys.new_code),
        new_reset_token=providers.Object(keys.new_reset_token),
    )
    use_codes = providers.Singleton(
        UseCodes,
        one_time_codes,
        storage.users,
        identity.passwords,
        identity.sessions,
        new_password=providers.Object(keys.new_password),
        new_access_token=providers.Object(keys.new_access_token),
    )
    new_number = providers.Object(keys.new_number)
    sign_in_with = providers.Singleton(
        SignInWith,
        identity.vouching,
        storage.users,
        new_accounts,
        memory.catalog,
        identity.sessions,
        new_number=new_number,
    )
    own_account = providers.Singleton(
        OwnAccount,
        storage.users,
        memory.ledger,
        identity.sign_in,
        identity.passwords,
        new_access_token=providers.Object(keys.new_access_token),
        new_aff_code=providers.Object(keys.new_aff_code),
        new_deleted_name=providers.Object(keys.new_deleted_name),
        forget_accounts=memory.authenticator.provided.forget_all,
    )
    has_first_password = providers.Singleton(
        FirstPassword, storage.users, identity.passwords, settings.provided.initial_root_password
    )
    read_users = providers.Singleton(ReadUsers, storage.users, memory.ledger)
    manage_users = providers.Singleton(
        ManageUsers,
        storage.users,
        new_accounts,
        identity.passwords,
        memory.catalog,
        operations.audit,
        identity.sessions,
        new_access_token=providers.Object(keys.new_access_token),
        new_deleted_name=providers.Object(keys.new_deleted_name),
        forget_accounts=memory.authenticator.provided.forget_all,
        clock=clock,
    )
    manage_tokens = providers.Singleton(
        ManageTokens,
        storage.tokens,
        memory.ledger,
        new_key=providers.Object(keys.new_key),
        forget_accounts=memory.authenticator.provided.forget_all,
        clock=clock,
    )
