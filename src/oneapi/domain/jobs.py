"""Background work on many channels that one process does for all nodes, and its progress."""

from __future__ import annotations

from attrs import frozen


@frozen
class Lease:
    """The right to run a job: whether a process holds it now, how long ago the job finished, and its last report."""

    held: bool
    #: Seconds.
    idle: int
    report: str


@frozen
class Outcome:
    """A job's result for one channel; ``message`` is the upstream's answer, or the reason why there is none."""

    channel_id: int
    name: str
    success: bool
    message: str
    #: Duration of a test in seconds.
    time: float = 0.0
    #: In the provider's unit.
    balance: float = 0.0


@frozen
class Report:
    """The progress of a run; it ends when no process is ``running`` it, even if channels are left."""

    running: bool = False
    #: Unix seconds; 0: the job has never run.
    started_at: int = 0
    total: int = 0
    results: tuple[Outcome, ...] = ()
