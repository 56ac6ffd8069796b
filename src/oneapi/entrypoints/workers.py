"""Supervising worker processes that share one port: starting, replacing and stopping them.

Why this does not use Sanic's manager: docs/decisions/0019-workers-of-our-own.md.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import signal
import socket
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.process import BaseProcess

logger = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
#: The most connections waiting to be accepted; beyond that the system does not answer, and clients retry after a
#: second.
BACKLOG = 2048
#: Seconds before a dead worker is replaced, and before the signal to stop is repeated.
PAUSE = 1.0


def supervise(work: Callable[[socket.socket], None], address: tuple[str, int], workers: int) -> int:
    """Run ``work`` in each of ``workers`` processes on a socket that listens at ``address``; returns the exit code.

    SIGTERM and SIGINT stop the workers. A worker killed by a signal is replaced. A worker that failed would fail again,
    so all stop, and the exit code is 1.
    """
    with _told_to_stop() as told, socket.create_server(address, backlog=BACKLOG) as listener:
        running = [_start(work, listener) for _ in range(workers)]
        failed = False
        while not failed and told not in (ready := wait([told, *(each.sentinel for each in running)])):
            for worker in [each for each in running if each.sentinel in ready]:
                worker.join()
                running.remove(worker)
                failed = failed or _failed(worker)
                if not failed and not wait([told], PAUSE):
                    running.append(_start(work, listener))
        # As long as this process listens too, clients would connect without getting an answer.
        listener.close()
        _stop(running)
    return int(failed)


@contextlib.contextmanager
def _told_to_stop() -> Iterator[socket.socket]:
    """Yield a socket that becomes readable at the first stop signal.

    The handlers do nothing else, so that whatever they interrupt, such as the start of a worker, is completed.
    """
    told, teller = socket.socketpair()
    teller.setblocking(False)
    with told, teller:
        descriptor = signal.set_wakeup_fd(teller.fileno(), warn_on_full_buffer=False)
        handlers = {number: signal.signal(number, lambda *_: None) for number in STOP_SIGNALS}
        try:
            yield told
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(descriptor)


def _start(work: Callable[[socket.socket], None], listener: socket.socket) -> BaseProcess:
    # A fork would share the parent's threads, locks and connections.
    worker = multiprocessing.get_context("spawn").Process(target=work, args=(listener,), daemon=True)
    worker.start()
    return worker


def _failed(worker: BaseProcess) -> bool:
    """Log how ``worker`` ended; whether it was by its own error."""
    code = worker.exitcode or 0
    if code > 0:
        logger.error("worker %s failed with exit code %d; the server stops", worker.pid, code)
        return True
    cause = f"was killed by {signal.Signals(-code).name}" if code else "was stopped from outside"
    logger.error("worker %s %s; it is replaced", worker.pid, cause)
    return False


def _stop(running: list[BaseProcess]) -> None:
    """Tell the workers to stop, and wait for them; each limits the time for its own answers."""
    while running:
        # Repeatedly, because Sanic ignores signals for a moment while it starts.
        for worker in running:
            worker.terminate()
        wait([each.sentinel for each in running], PAUSE)
        running = [each for each in running if each.is_alive()]
