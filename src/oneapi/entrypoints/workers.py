"""Worker processes that share one port: started, replaced when they die, told to stop, waited for.

Sanic has a manager for this. We do without it, see docs/decisions/0019-workers-of-our-own.md.
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
#: Connections that wait to be taken on; to one too many the system does not answer, and the client tries again a second
#: later.
BACKLOG = 2048
#: Seconds before a dead worker is replaced, and before a worker is told again to stop.
PAUSE = 1.0


def supervise(work: Callable[[socket.socket], None], address: tuple[str, int], workers: int) -> int:
    """Run ``work`` on a socket that listens at ``address`` in each of ``workers`` processes; the exit code.

    SIGTERM and SIGINT tell them to stop. A worker that a signal killed is replaced. One that failed would fail again:
    then all stop, and the code is 1.
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
        # While this process listens too, clients would still connect, and nobody would answer.
        listener.close()
        _stop(running)
    return int(failed)


@contextlib.contextmanager
def _told_to_stop() -> Iterator[socket.socket]:
    """Yield a socket that can be read from the first stop signal on.

    The handlers do nothing: whatever they interrupt, such as the start of a worker, goes on to its end.
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
    """Log how ``worker`` ended; whether by its own error."""
    code = worker.exitcode or 0
    if code > 0:
        logger.error("worker %s failed with exit code %d; the server stops", worker.pid, code)
        return True
    cause = f"was killed by {signal.Signals(-code).name}" if code else "was stopped from outside"
    logger.error("worker %s %s; another takes its place", worker.pid, cause)
    return False


def _stop(running: list[BaseProcess]) -> None:
    """Tell the workers to stop, and wait until they have: how long answers may take is their own affair."""
    while running:
        # More than once: Sanic ignores signals for an instant while it starts.
        for worker in running:
            worker.terminate()
        wait([each.sentinel for each in running], PAUSE)
        running = [each for each in running if each.is_alive()]
