"""The repositories of a run on a Dask cluster: its scheduler hands them out, its workers deal with them.

What comes out goes to the folder of the run, which all workers see under the same path; only outcomes go through the
scheduler. What is done stands in the journal, so that a lost scheduler costs nothing but what was being done.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import Client, KilledWorker, Security, Status, as_completed, get_worker

from codemods import __version__
from codemods.model import Outcome
from codemods.repositories.local import carry_out, given_up
from codemods.repositories.task import EngineError, Task
from codemods.source import is_marked, without_passwords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from codemods.source import RunFolder

_ADDRESS = re.compile(r"(?:(tcp|tls)://)?([^/\s]+:\d+)")
_RETRIES = 2
"""For what is not the repository's fault: a folder that cannot be written to for the moment, say."""
_BOUNCES = 20
_ANSWER = 10
"""Seconds for the scheduler to answer, and for the first worker to be there."""
_PATIENCE = 60
"""Seconds without a single worker, such as one that is being started again."""
_GRACE = 5
_LOOK = 2.0
_TICK = 0.05
_MEGABYTE = 1024 * 1024


class UnfitError(Exception):
    """A worker cannot deal with the repositories of this run."""


def outcomes(tasks: Sequence[Task], address: str, folder: RunFolder, noted: Callable[[str], None]) -> Iterator[Outcome]:
    """What became of each, as they come to their end."""
    if tasks:
        address = _whole(without_passwords(address))
        with folder.marked() as mark, _connected(address) as client:
            yield from _Run(client, address, tasks[0].out, mark, noted).outcomes(tasks)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """A scheduler's client; when that goes, the scheduler forgets its tasks."""
    try:
        client = Client(address, timeout=_ANSWER, set_as_default=False)
    except OSError as error:
        raise EngineError(f"no Dask scheduler answers at {address}: {' '.join(str(error).split())}") from None
    try:
        yield client
    finally:
        with suppress(OSError):
            client.close(timeout=_GRACE)


def _whole(address: str) -> str:
    """An address with which a client can be made: one that fails over it does not end well."""
    parts = _ADDRESS.fullmatch(address)
    if parts is None:
        raise EngineError(f"{address!r} is no address of a Dask scheduler, such as tcp://HOST:8786")
    scheme, place = parts[1] or "tcp", parts[2]
    security = Security()
    if scheme == "tls" and security.get_connection_args("client")["ssl_context"] is None:
        raise EngineError(f"no certificates for {address}: Dask's configuration names none (distributed.comm.tls)")
    if scheme == "tcp" and security.require_encryption:
        raise EngineError(f"Dask's configuration requires encryption; the address must be tls://{place}")
    return f"{scheme}://{place}"


class _Run:
    """One run's tasks on a cluster."""

    def __init__(self, client: Client, address: str, out: str, mark: str, noted: Callable[[str], None]) -> None:
        self.client = client
        self.address = address
        self.needs = out, mark, __version__
        self.noted = noted
        self.tasks: dict[Any, tuple[Task, int]] = {}
        self.unfit: set[str] = set()
        self.seen = time.monotonic()

    def outcomes(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """What became of each, as they come to their end."""
        self.look_first()
        futures = [self.handed_out(task) for task in tasks]
        arriving = as_completed(futures, loop=self.client.loop, with_results=True, raise_errors=False)
        futures.clear()
        while not arriving.is_empty():
            for future, result in arriving.next_batch(block=False) or self.nothing_new():
                task, bounces = self.tasks.pop(future)
                if isinstance(result, Outcome):
                    yield result
                elif future.cancelled():
                    raise self.lost()
                elif isinstance(result[1], KilledWorker):
                    yield given_up(task, "each worker that took it on died over it")
                elif bounces < _BOUNCES and self.unfit_found():
                    arriving.add(self.handed_out(task, bounces + 1))
                else:
                    yield given_up(task, f"{type(result[1]).__name__}: {without_passwords(str(result[1]))}")

    def handed_out(self, task: Task, bounces: int = 0) -> object:
        """A task for any worker; after an unfit one had it, for those that are fit as long as there are some."""
        fit = [each for each in self.workers() if each not in self.unfit] if bounces else None
        future = self.client.submit(
            _deal_with,
            task,
            *self.needs,
            key=f"offloop-{task.key}-{self.needs[1]}-{bounces}",
            retries=_RETRIES,
            workers=fit,
            allow_other_workers=bool(fit),
            fifo_timeout="0s",  # else those of the same moment go in any order
        )
        self.tasks[future] = task, bounces
        return future

    def look_first(self) -> None:
        """Make sure before the first task that the scheduler and every worker have what this run needs."""
        try:
            self.client.wait_for_workers(1, timeout=_ANSWER)
            there: object = self.client.run_on_scheduler(_version)
        except TimeoutError:
            raise EngineError(f"the Dask scheduler at {self.address} has no workers") from None
        except OSError:
            raise self.lost() from None
        except Exception as error:  # noqa: BLE001 (whatever a function comes to where it cannot be imported)
            there = error
        if there != __version__:
            raise EngineError(f"the Dask scheduler at {self.address} needs offloop {__version__}, and has: {there}")
        for worker, reason in self.checked().items():
            raise EngineError(f"the Dask worker {worker} {reason}")

    def checked(self) -> dict[str, str]:
        """The workers that are unfit, each with the reason."""
        found = {}
        for worker, answer in self.asked(self.client.run, unfit, *self.needs, on_error="return").items():
            if isinstance(answer, str):
                found[worker] = answer
            elif not isinstance(answer, OSError):
                found[worker] = f"has no offloop {__version__} that it could use: {answer}"
        # One that does not answer is about to go; no word is a good one.
        return {worker: reason for worker, reason in found.items() if reason}

    def unfit_found(self) -> bool:
        """Whether some workers are unfit, which came after the first look; it is said of each once."""
        found = self.checked()
        for worker in found.keys() - self.unfit:
            self.noted(f"the Dask worker {worker} {found[worker]}; what it was given goes to others")
        self.unfit |= found.keys()
        if found and not self.workers() - self.unfit:
            worker, reason = min(found.items())
            raise EngineError(f"no Dask worker is left that can do it; {worker} {reason}")
        return bool(found)

    def workers(self) -> set[str]:
        """The addresses of all workers."""
        return set(self.asked(self.client.nthreads))

    def nothing_new(self) -> tuple[()]:
        """Wait a moment, if there is still something to wait for."""
        time.sleep(_TICK)
        now = time.monotonic()
        if self.client.status != "running":
            raise self.lost()
        if now - self.seen < _LOOK:
            return ()
        if any(future.cancelled() for future in self.tasks):
            raise self.lost()
        if self.workers():
            self.seen = now
        elif now - self.seen > _PATIENCE:
            raise EngineError(f"the Dask scheduler at {self.address} has had no workers for {_PATIENCE} seconds")
        return ()

    def asked(self, question: Callable[..., Any], *given: object, **more: object) -> Any:  # noqa: ANN401 (Dask's)
        """What the scheduler answers, which may be gone at any time."""
        try:
            return question(*given, **more)
        except OSError:
            raise self.lost() from None

    def lost(self) -> EngineError:
        """What is said when nobody is at work on the tasks any more."""
        return EngineError(f"the Dask scheduler at {self.address} is gone, or has dropped the tasks")


def unfit(out: str, mark: str, version: str) -> str:
    """Why the process that is asked cannot deal with the repositories of a run; nothing if it can."""
    if __version__ != version:
        return f"has offloop {__version__}, and {version} is needed"
    try:
        return "" if is_marked(Path(out), mark) else f"does not see the folder {out} as it is here"
    except OSError as error:
        return f"cannot read the folder {out}: {error.strerror or error}"


def _version() -> str:
    return __version__


def _deal_with(task: Task, out: str, mark: str, version: str) -> Outcome:
    """What a worker does for one task."""
    reason = unfit(out, mark, version)
    if reason:
        raise UnfitError(f"its worker {reason}")
    worker = get_worker()
    limit = worker.memory_manager.memory_limit or 0
    stop = _Unwanted(worker, Path(out), mark)
    share = limit // worker.state.nthreads // _MEGABYTE
    outcome = carry_out(replace(task, attempt=secrets.token_hex(4)), stop, share)
    if stop.is_set():
        raise UnfitError("its worker was told to stop")
    return outcome


class _Unwanted(threading.Event):
    """Set when nobody waits for the task of this thread any more."""

    def __init__(self, worker: Any, folder: Path, mark: str) -> None:  # noqa: ANN401 (Dask's)
        super().__init__()
        self.worker = worker
        self.key = worker.get_current_task()
        self.folder = folder
        self.mark = mark
        self.seen = time.monotonic()

    def is_set(self) -> bool:
        """Whether the scheduler has taken the task away, the worker is about to end, or the run is over."""
        if not super().is_set() and (self.taken_away() or self.over()):
            self.set()
        return super().is_set()

    def taken_away(self) -> bool:
        task = self.worker.state.tasks.get(self.key)
        ending = self.worker.status in {Status.closing, Status.closed, Status.failed}
        return ending or task is None or task.state not in {"executing", "long-running"}

    def over(self) -> bool:
        if time.monotonic() - self.seen < _LOOK:
            return False
        self.seen = time.monotonic()
        with suppress(OSError):
            return not is_marked(self.folder, self.mark)
        return False
