"""Run agents over every channel, and print the results: ``python -m tests.agents [NAME...] [--packages DIR]``."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.agents.outside import outside
from tests.agents.packages import Packages
from tests.agents.rows import AGENTS
from tests.agents.site import CHANNELS, Outcome, Site
from tests.support.gateway.server import Administrator, running
from tests.support.providers.upstream import running_upstream

FORM = "{:<21} {:<10} {:<10} {:>8} {:>8} {:>7} {:>8}"


def main() -> int:
    given = argparse.ArgumentParser(prog="make agents", description=__doc__)
    given.add_argument("names", nargs="*", help="agents whose names begin so; all if none is given")
    given.add_argument("--packages", type=Path, default=Path(".venv/agents"), help="where they are installed")
    given.add_argument("--channel", choices=CHANNELS, help="one channel only")
    options = given.parse_args()
    chosen = [each for each in AGENTS if not options.names or each.name.startswith(tuple(options.names))]
    packages = Packages(options.packages.resolve())
    paths = {agent.name: packages.path_of(agent.package) for agent in chosen}
    outcomes: list[Outcome] = []
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary,
        running_upstream() as upstream,
        outside() as world,
        running(Path(temporary)) as gateway,
    ):
        site = Site(gateway.url, Administrator(gateway.url), upstream, world, Path(temporary) / "agents")
        site.add_channels()
        show("agent", "channel", "completed", "requests", "prompt", "answer", "billed")
        for agent in chosen:
            for channel in CHANNELS if options.channel is None else (options.channel,):
                outcomes.append(site.perform(agent, channel, paths[agent.name]))
                report(outcomes[-1])
    failed = [each for each in outcomes if each.problems]
    print(f"{len(outcomes) - len(failed)} of {len(outcomes)} tasks are done, and billed to the unit")
    return bool(failed)


def show(*cells: object) -> None:
    print(FORM.format(*map(str, cells)), flush=True)


def report(outcome: Outcome) -> None:
    done = "no" if outcome.problems else "yes"
    tokens = (outcome.prompt_tokens, outcome.completion_tokens)
    show(outcome.agent, outcome.channel, done, outcome.requests, *tokens, outcome.billed)
    for problem in outcome.problems:
        print(f"    {problem}")
    if outcome.problems:
        print("    | " + "\n    | ".join(outcome.output[-1500:].splitlines()))


if __name__ == "__main__":
    raise SystemExit(main())
