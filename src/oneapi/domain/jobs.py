"""Work on many channels that one process does for all, and how far it is."""

from __future__ import annotations

from attrs import frozen


@frozen
class Lease:
    """The right to do a job: whether somebody has it now, how long ago the job was finished, and its last report."""

    held: bool
    #: Seconds.
    idle: int
    report: str


@frozen
class Outcome:
    """What a job found out about one channel; ``message`` is the upstream's answer, or why there is none."""

    channel_id: int
    name: str
    success: bool
    message: str
    #: Seconds that a test took.
    time: float = 0.0
    #: In the provider's unit.
    balance: float = 0.0


@frozen
class Report:
    """How far a run is; it is over when nobody ``running`` it is left, whether or not all was done."""

    running: bool = False
    #: Unix seconds; 0: there never was a run.
    started_at: int = 0
    total: int = 0
    results: tuple[Outcome, ...] = ()
