"""One repository after the other in processes of this machine, some at a time."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from codemods.repositories.recall import recalled
from codemods.repositories.task import Task, unpacked
from codemods.source import Limits, Repository, Results, StoppedError, guarded

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from codemods.model import Outcome


def outcomes(tasks: Sequence[Task], jobs: int) -> Generator[Outcome]:
    """What became of each, as they come to their end."""
    stop = threading.Event()
    share = fair_share(jobs)
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for future in as_completed([pool.submit(carry_out, task, stop, share) for task in tasks]):
                yield future.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def fair_share(jobs: int) -> int:
    """The megabytes that one of some repositories at a time may take."""
    count = jobs or os.cpu_count() or 1
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0
    return whole // count // 1024 // 1024


def carry_out(task: Task, stop: threading.Event, share: int = 0) -> Outcome:
    """Have a process of its own deal with one repository; whatever happens to it, there is an outcome."""
    earlier = recalled(task)
    if earlier is not None:
        return earlier
    plan, said = task.plan, ""
    megabytes = share if plan.megabytes is None else plan.megabytes
    command = [sys.executable, "-P", "-m", "codemods.repositories.worker"]
    try:
        done = guarded(command, task.pack(), Limits(plan.seconds, megabytes), stop)
    except StoppedError as error:
        reason = f"{error}, and was stopped"
    except OSError as error:
        reason = f"no process can be started for it: {error.strerror or error}"
    else:
        try:
            return unpacked(done.output)
        except ValueError:
            last = next((line.strip() for line in reversed(done.errors.splitlines()) if line.strip()), "")
            said = f"{done.errors}\n"
            how = f"was killed by signal {-done.code}" if done.code < 0 else f"ended with {done.code}"
            reason = f"its process {how}{f': {last}' if last else ''}"
    return given_up(task, reason, said)


def given_up(task: Task, reason: str, said: str = "") -> Outcome:
    """What is said of a task that came to no end of its own; nothing of it is left lying about."""
    results = Results(Path(task.out), task.entry.name, task.attempt)
    Repository(task.entry.where).clear(results.work)
    results.say(f"{said}{reason}")
    return task.failed(reason)
