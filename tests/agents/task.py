"""The task of an agent, and the form of an agent's row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from attrs import field, frozen

from tests.support.providers.scripted_model import prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.agents.packages import Npm, PyPI

Commands = tuple[tuple[str, ...], ...]


@frozen
class Task:
    """The surroundings of an agent: an empty home, a working folder, and a token of the gateway at ``url``."""

    home: Path
    folder: Path
    url: str
    key: str
    model: str

    @property
    def prompt(self) -> str:
        return prompt(self.folder)

    def configure(self, path: str, content: object) -> None:
        """Write a file below the home: a text, or anything else as JSON."""
        target = self.home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


@frozen
class Agent:
    """One agent, with one of the APIs that it speaks.

    Attributes:
        name: As the command line of ``make agents`` takes it.
        package: What is installed.
        commands: What to run, one after the other, once its settings are written.
        environment: What it needs, besides a path and a home.
        models: Other models than the usual one, by channel.
        calls: Hosts that it calls whatever its settings say; they are out of its reach.
    """

    name: str
    package: Npm | PyPI
    commands: Callable[[Task], Commands]
    environment: Callable[[Task], Mapping[str, str]] = lambda _task: {}
    models: Mapping[str, str] = field(factory=dict)
    calls: tuple[str, ...] = ()
