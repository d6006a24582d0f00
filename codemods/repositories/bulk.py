"""A bulk run from its entries to its summary; it can be killed at any time, and goes on where it was."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from codemods.repositories.entries import branches
from codemods.repositories.local import outcomes
from codemods.repositories.page import as_html
from codemods.repositories.pull_requests import PullRequests, check_ready
from codemods.repositories.summary import as_json
from codemods.repositories.task import EngineError, Plan, Task, outcome_of
from codemods.source import FolderError, Repository, RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from codemods.model import Outcome
    from codemods.repositories.entries import Entry


@dataclass(frozen=True, slots=True)
class Order:
    """A whole bulk run."""

    entries: tuple[Entry, ...]
    out: Path
    plan: Plan = field(default_factory=Plan)
    branch: str = "offloop"
    jobs: int = 0
    """How many repositories at a time; 0 for as many as there are processors."""
    scheduler: str = ""
    """The address of a Dask cluster's scheduler, whose workers do it in place of this machine."""
    resume: bool = False
    only: str = ""
    """Of those of the last run, the ones that are in trouble (failed), or the ones with a patch (changed)."""

    def lacks_request(self, outcome: Outcome) -> bool:
        """Whether a repository is as far as to have its pull request opened."""
        return self.plan.pull_request and outcome.pushed and not outcome.trouble and not outcome.pull_request


def bulk(
    order: Order, told: Callable[[Outcome], None] = lambda _: None, noted: Callable[[str], None] = lambda _: None
) -> tuple[Outcome, ...]:
    """Deal with all repositories; what became of each, in the order of the entries."""
    order = replace(order, plan=order.plan.complete())
    if order.plan.pull_request:
        check_ready(order.entries)
    folder = RunFolder(order.out.absolute())
    try:
        return _bulk(order, folder, told, noted)
    finally:
        folder.close()


def _bulk(
    order: Order, folder: RunFolder, told: Callable[[Outcome], None], noted: Callable[[str], None]
) -> tuple[Outcome, ...]:
    named = branches(order.entries, order.branch if order.plan.commit else "")
    tasks = {
        entry.name: Task(entry, order.plan, named[entry.name], os.fspath(folder.folder)) for entry in order.entries
    }
    rows = {row["name"]: row for row in folder.rows() if row.get("name") in tasks}
    done = {}
    for name, row in rows.items():
        # What another version wrote may not be what this one knows: then it is done again.
        with contextlib.suppress(KeyError, TypeError):
            done[name] = outcome_of(row["outcome"])
    if order.only:
        if not done:
            raise FolderError("holds no earlier run to choose from")
        todo = [task for name, task in tasks.items() if name in done and _wanted(done[name], order.only)]
    elif order.resume:
        todo = [task for name, task in tasks.items() if name not in done or rows[name]["key"] != task.key]
    else:
        folder.begin()
        done, todo = {}, list(tasks.values())
    folder.tidy()
    requests = PullRequests(folder, order.plan.per_minute)
    # A run that was stopped between a push and its pull request left that to this one.
    again = {task.entry.name for task in todo}
    pushed = [] if order.only else [outcome for name, outcome in done.items() if name not in again]

    def note(outcome: Outcome) -> None:
        done[outcome.name] = outcome
        folder.note({"name": outcome.name, "key": tasks[outcome.name].key, "outcome": asdict(outcome)})

    try:
        for outcome in chain(_outcomes(todo, order, folder, noted), filter(order.lacks_request, pushed)):
            note(outcome)
            if order.lacks_request(outcome):
                note(requests.settle(outcome))
            told(done[outcome.name])
    finally:
        folder.tidy()
        whole = tuple(done[name] for name in tasks if name in done)
        folder.write("summary.json", as_json(whole))
        folder.write("summary.html", as_html(whole))
    return whole


def _wanted(outcome: Outcome, only: str) -> bool:
    return outcome.trouble if only == "failed" else bool(outcome.changed)


def _outcomes(
    tasks: Sequence[Task], order: Order, folder: RunFolder, noted: Callable[[str], None]
) -> Iterator[Outcome]:
    """What becomes of each task; one repository that is named twice is dealt with once."""
    first: dict[tuple[str, str, str], Task] = {}
    for task in tasks:
        earlier = first.setdefault(task.entry.target, task)
        if earlier is not task:
            reason = f"is the same as {earlier.entry.name}"
            yield replace(task.failed(reason, task.entry.notes), status="empty")
    # What takes longest comes first, so that nobody waits for it alone at the end.
    tasks = sorted(first.values(), key=lambda task: -Repository(task.entry.where).size())
    if not order.scheduler:
        yield from outcomes(tasks, order.jobs or os.cpu_count() or 1)
        return
    try:
        from codemods.repositories.cluster import outcomes as from_cluster  # noqa: PLC0415 (its library is an extra)
    except ModuleNotFoundError as error:
        raise EngineError(f"Dask is not installed ({error}); pip install 'offloop[dask]' brings it") from None
    yield from from_cluster(tasks, order.scheduler, folder, noted)
