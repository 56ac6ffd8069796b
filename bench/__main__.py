"""``python -m bench``: start everything, measure, print the table. Exit code 1 when a goal is missed."""

from __future__ import annotations

import argparse
import functools
import sys
import tempfile
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import TYPE_CHECKING

from bench import goals, report, rounds
from bench.peers import bare, litellm, nginx, ours
from bench.profiling import profile

if TYPE_CHECKING:
    from collections.abc import Iterator

WORK = Path(__file__).parent / ".work"


def main(arguments: list[str] | None = None) -> int:
    """Run with the options of the command line. The exit code."""
    options = _parser().parse_args(arguments)
    starts = {
        "direct": bare.direct,
        "ours": ours.starting(options.server_command),
        "nginx": nginx.start,
        "sanic": bare.sanic,
        "relay": bare.relay,
        "litellm": litellm.start,
    }
    chosen = options.only.split(",") if options.only else list(starts)
    if unknown := set(chosen) - set(starts):
        _parser().error(f"--only knows {', '.join(starts)}; not {', '.join(sorted(unknown))}")
    if options.quick and not options.only:
        chosen.remove("litellm")
    if "direct" not in chosen:
        chosen.insert(0, "direct")
    WORK.mkdir(exist_ok=True)
    afterwards = functools.partial(profile, directory=WORK) if options.profile else None
    with _alone(), tempfile.TemporaryDirectory(prefix="oneapi-bench-") as directory:
        run = rounds.run(
            {name: start for name, start in starts.items() if name in chosen},
            Path(directory),
            rounds=options.rounds or (1 if options.quick else 3),
            haste=2 if options.quick else 1,
            afterwards=afterwards,
        )
    verdicts = goals.judge(run)
    report.write(run, verdicts, WORK)
    faults = sum(found.faults.total() for found in run.found.values())
    return 1 if faults or "ours" in run.missing or any(one.reached is False for one in verdicts) else 0


@contextmanager
def _alone() -> Iterator[None]:
    """Hold a lock, so that a second run waits: two at once would measure each other."""
    with (WORK / "lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            rounds.say("another run is under way; waiting for its end")
            flock(lock, LOCK_EX)
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m bench", description="Measure this server beside its peers.")
    parser.add_argument(
        "--quick", action="store_true", help="one short round, without LiteLLM: a minute or two"
    )
    parser.add_argument(
        "--only", metavar="NAMES", help="of direct,ours,nginx,sanic,relay,litellm; direct is always in"
    )
    parser.add_argument("--rounds", type=int, help="instead of 3")
    parser.add_argument(
        "--profile", action="store_true", help="record this server with py-spy when all is measured"
    )
    parser.add_argument(
        "--server-command",
        default=ours.COMMAND,
        help="start another One API than this; {port} stands for its port",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
