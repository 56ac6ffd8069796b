"""Builds and closes everything that the root can build."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest
from dependency_injector import providers

from oneapi.adapters.database.schema.migrate import migrate
from oneapi.entrypoints.composition.root import Container, opened
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: Nothing listens there: everything that uses Redis also works without it.
NO_REDIS = "redis://127.0.0.1:1/0"
CLOSE = ("close", "aclose")


@pytest.fixture
def container(tmp_path: Path) -> Container:
    settings = Settings.from_environment(
        {
            "SQLITE_PATH": str(tmp_path / "main.db"),
            "SPOOL_DIR": str(tmp_path / "spool"),
            "REDIS_CONN_STRING": NO_REDIS,
            "SYNC_FREQUENCY": "60",
            "CHANNEL_TEST_FREQUENCY": "60",
            "CHANNEL_UPDATE_FREQUENCY": "60",
            "ENABLE_METRIC": "true",
        }
    )
    return Container(settings=settings)


def singletons(container: Container) -> Iterator[Any]:
    """Every object that lives as long as the process."""
    provider: Any
    for provider in container.traverse([providers.Singleton]):
        yield provider()


def test_nothing_is_missing(container: Container) -> None:
    container.check_dependencies()


def test_every_provider_builds(container: Container) -> None:
    every: list[Any] = list(container.traverse())
    assert len(every) > 200
    for provider in every:
        provider()


def test_a_singleton_is_one(container: Container) -> None:
    assert container.people().manage_users() is container.people.manage_users()
    assert container.memory().catalog() is container.memory().catalog()


async def test_what_can_be_closed_is_closed(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    await migrate(container.storage().database())
    open_ = {id(each): each for each in singletons(container) if closes(each)}
    assert len(open_) > 10
    for kind in {type(each) for each in open_.values()}:
        for name in CLOSE:
            if hasattr(kind, name):
                monkeypatch.setattr(kind, name, recording(getattr(kind, name), open_))

    async with opened(container):
        assert len(open_) > 10

    assert open_ == {}


def closes(thing: Any) -> bool:
    """Whether it has a ``close`` for itself, not for something that the caller names."""
    return any(
        not [each for each in signature(close).parameters.values() if each.default is each.empty]
        for close in (getattr(thing, name, None) for name in CLOSE)
        if close is not None
    )


def recording(close: Callable[..., Any], still_open: dict[int, Any]) -> Callable[..., Any]:
    def recorded(self: Any, *args: Any, **named: Any) -> Any:
        still_open.pop(id(self), None)
        return close(self, *args, **named)

    return recorded


@pytest.mark.parametrize(
    "part", ["memory", "operations", "messages", "money", "identity", "people", "channels"]
)
def test_an_override_reaches_every_part(container: Container, part: str) -> None:
    users = object()
    container.storage().users.override(users)
    container.clock.override(lambda: 7.0)

    assert container.providers[part]().storage.users() is users
    assert container.providers[part]().clock()() == 7.0
