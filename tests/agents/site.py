"""A gateway with a channel for each provider's format, and one agent's task through it."""

from __future__ import annotations

import json
import secrets
import subprocess
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from tests.agents.task import Task
from tests.support.providers.scripted_model import ScriptedModel
from tests.support.providers.scripted_model.script import COPY, GIVEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.agents.outside import Outside
    from tests.agents.task import Agent
    from tests.support.gateway.server import Administrator
    from tests.support.providers.upstream import ProgrammableUpstream

#: By the name of a channel: its type, and its models, the usual one first. That named ``responses`` answers clients of
#: Responses in their own format, and others as a chat.
CHANNELS: Mapping[str, tuple[int, Sequence[str]]] = {
    "openai": (1, ("gpt-5.5", "gpt-6.2-sol")),
    "responses": (1, ("gpt-5.4",)),
    "anthropic": (14, ("claude-sonnet-4-5",)),
    "gemini": (24, ("gemini-2.5-pro",)),
}
CREDIT = 50_000_000
SECONDS = 120


@frozen
class Outcome:
    """The result of one task; ``problems`` is empty if it succeeded."""

    agent: str
    channel: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    billed: int
    problems: Sequence[str]
    output: str = ""


@frozen
class Site:
    url: str
    admin: Administrator
    upstream: ProgrammableUpstream
    outside: Outside
    folder: Path
    model: ScriptedModel = field(factory=ScriptedModel)

    def add_channels(self) -> None:
        self.upstream.always(None, self.model)
        for name, (kind, models) in CHANNELS.items():
            config = json.dumps({"responses": "yes"} if name == "responses" else {})
            self.admin.add_channel(self.upstream.url, ",".join(models), type=kind, name=name, config=config)

    def perform(self, agent: Agent, channel: str, path: str) -> Outcome:
        """Let ``agent`` do the task over ``channel``, and compare the usage that model and gateway counted."""
        name = f"{agent.name}-{channel}"
        key = self.admin.add_token(name=name[:30], unlimited_quota=False, remain_quota=CREDIT)
        task = self._task(name, key, agent.models.get(channel, CHANNELS[channel][1][0]))
        word = f"word-{secrets.token_hex(4)}"
        (task.folder / GIVEN).write_text(f"The word is {word}.\n")
        self.upstream.requests.clear()
        self.model.turns.clear()
        self.outside.called.clear()
        user = self.admin.self()
        status, output = self._run(agent, task, path)
        copy = task.folder / COPY
        written = copy.read_text() if copy.exists() else "nothing"
        problems = [f"it ended with {status}"] * (status != 0)
        problems += [f"{COPY} holds {written!r}"] * (written.strip() != word)
        problems += ["the end of the task was not shown"] * (word not in output)
        called = [line for line in self.outside.called if not any(host in line for host in agent.calls)]
        problems += [f"it wanted to call {line}" for line in called]
        return self._outcome(agent, channel, key, user, problems, output)

    def _task(self, name: str, key: str, model: str) -> Task:
        home, folder = self.folder / name / "home", self.folder / name / "work"
        home.mkdir(parents=True)
        folder.mkdir()
        return Task(home, folder, self.url, key, model)

    def _run(self, agent: Agent, task: Task, path: str) -> tuple[int | str, str]:
        usual = {"PATH": path, "HOME": str(task.home), "TERM": "dumb", "LANG": "C.UTF-8", "NO_COLOR": "1"}
        environment = {**usual, "DO_NOT_TRACK": "1", **self.outside.environment, **agent.environment(task)}
        output, status = "", 0
        for command in agent.commands(task):
            try:
                done = subprocess.run(
                    command,
                    cwd=task.folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as late:
                return f"nothing for {SECONDS} s", output + (late.output or b"").decode(errors="replace")
            output += done.stdout.decode(errors="replace")
            status = done.returncode
            if status:
                break
        return status, output

    def _outcome(
        self,
        agent: Agent,
        channel: str,
        key: str,
        before: Mapping[str, Any],
        problems: list[str],
        output: str,
    ) -> Outcome:
        token = next(
            row for row in self.admin.call("GET", "/api/token/?p=0&size=1") if f"sk-{row['key']}" == key
        )
        rows = [row for row in self.admin.consumed() if row["token_name"] == token["name"]]
        after = self.admin.self()
        billed = sum(row["quota"] for row in rows)
        prompt, completion = (
            sum(row[name] for row in rows) for name in ("prompt_tokens", "completion_tokens")
        )
        told = [turn.counts for turn in self.model.turns]
        counted = {
            "the token's use": (token["used_quota"], billed),
            "the token's remainder": (token["remain_quota"], CREDIT - billed),
            "the user's use": (after["used_quota"] - before["used_quota"], billed),
            "the user's quota": (before["quota"] - after["quota"], billed),
            "requests": (len(rows), len(told)),
            "prompt tokens": (prompt, sum(each.prompt for each in told)),
            "completion tokens": (completion, sum(each.completion for each in told)),
        }
        problems += [f"{name}: {found}, not {due}" for name, (found, due) in counted.items() if found != due]
        shown = [request.target for request in self.upstream.requests if key in str(request.headers)]
        problems += [f"the token's key went to {target}" for target in shown]
        return Outcome(agent.name, channel, len(rows), prompt, completion, billed, problems, output)
