"""What the client and a worker do when Dask says this or that, without a cluster."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from distributed import Status

from codemods import __version__
from codemods.repositories import EngineError, Plan, cluster, read
from codemods.repositories.task import Task
from codemods.source import RunFolder
from tests.repositories.support import SLEEPY, repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from codemods.model import Outcome

ADDRESS = "tcp://127.0.0.1:1"


@pytest.fixture
def mark(project: Path) -> Iterator[str]:
    folder = RunFolder(project / "out")
    with folder.marked() as made:
        yield made
    folder.close()


@pytest.fixture
def task(project: Path) -> Task:
    repository(project / "a", {"main.py": SLEEPY})
    (entry,) = read(["a"], ())
    return Task(entry, Plan(cache=False, megabytes=None), "", str(project / "out"))


def worker(*, state: str = "executing", status: Status = Status.running) -> Any:  # noqa: ANN401
    return SimpleNamespace(
        get_current_task=lambda: "key",
        memory_manager=SimpleNamespace(memory_limit=4 << 30),
        state=SimpleNamespace(nthreads=2, tasks={"key": SimpleNamespace(state=state)}),
        status=status,
    )


def deal_with(monkeypatch: pytest.MonkeyPatch, on: object, task: Task, mark: str) -> Outcome:
    monkeypatch.setattr(cluster, "get_worker", lambda: on)
    return cluster._deal_with(task, task.out, mark, __version__)  # noqa: SLF001 (what goes to workers)


def test_a_task_on_a_worker(monkeypatch: pytest.MonkeyPatch, task: Task, mark: str) -> None:
    assert deal_with(monkeypatch, worker(), task, mark).status == "fixed"
    with pytest.raises(cluster.UnfitError, match="its worker does not see the folder"):
        deal_with(monkeypatch, worker(), task, "another")


@pytest.mark.parametrize("on", [worker(state="cancelled"), worker(status=Status.closing)])
def test_a_task_that_is_taken_away(monkeypatch: pytest.MonkeyPatch, task: Task, mark: str, on: object) -> None:
    with pytest.raises(cluster.UnfitError, match="its worker was told to stop"):
        deal_with(monkeypatch, on, task, mark)


def test_a_run_that_is_over(monkeypatch: pytest.MonkeyPatch, project: Path, mark: str) -> None:
    made = cluster._Unwanted(worker(), project / "out", mark)  # noqa: SLF001
    monkeypatch.setattr(cluster, "_LOOK", -1)
    assert not made.is_set()
    with monkeypatch.context() as patched:
        patched.setattr(cluster, "is_marked", _raise(PermissionError()))
        assert not made.is_set()
    (project / "out" / f"running-{mark}").unlink()
    assert made.is_set()


def test_a_folder_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "is_marked", _raise(OSError(116, "Stale file handle")))
    assert cluster.unfit("/out", "mark", __version__) == "cannot read the folder /out: Stale file handle"


class Future:
    def __init__(self, *, cancelled: bool = False) -> None:
        self.given: dict[str, Any] = {}
        self._cancelled = cancelled

    def cancelled(self) -> bool:
        return self._cancelled


class Client:
    """One whose workers and answers are made up."""

    loop = None

    def __init__(self, **answers: object) -> None:
        self.status = "running"
        self.workers = {"tcp://one": 1}
        self.answers = {"run": {"tcp://one": ""}, "run_on_scheduler": __version__} | answers
        self.submitted: list[dict[str, Any]] = []
        self.futures: list[Future] = []

    def nthreads(self) -> dict[str, int]:
        return self.workers

    def wait_for_workers(self, *_given: object, **_more: object) -> None:
        pass

    def run(self, *_given: object, **_more: object) -> object:
        return _answer(self.answers["run"])

    def run_on_scheduler(self, _function: object) -> object:
        return _answer(self.answers["run_on_scheduler"])

    def submit(self, *_given: object, **more: object) -> Future:
        self.submitted.append(more)
        return self.futures.pop(0) if self.futures else Future()


def _answer(value: object) -> object:
    if isinstance(value, Exception):
        raise value
    return value


def _raise(error: Exception) -> Callable[..., bool]:
    def raising(*_given: object) -> bool:
        raise error

    return raising


class Arriving:
    """What arrives, one result for each task; an exception stands for a task that failed with it."""

    def __init__(self, results: list[object], futures: list[Future]) -> None:
        self.results = results
        self.futures = list(futures)

    def is_empty(self) -> bool:
        return not self.futures

    def next_batch(self, *, block: bool) -> list[tuple[Future, object]]:
        assert not block
        if not self.results:
            return []
        result = self.results.pop(0)
        return [(self.futures.pop(0), (type(result), result, None) if isinstance(result, Exception) else result)]

    def add(self, future: Future) -> None:
        self.futures.append(future)


def outcomes(
    monkeypatch: pytest.MonkeyPatch, client: Client, task: Task, *results: object, noted: list[str] | None = None
) -> list[Outcome]:
    left = list(results)
    monkeypatch.setattr(cluster, "as_completed", lambda futures, **_more: Arriving(left, futures))
    monkeypatch.setattr(cluster, "_TICK", 0)
    run = cluster._Run(client, ADDRESS, task.out, "mark", ([] if noted is None else noted).append)  # noqa: SLF001
    return list(run.outcomes([task]))


def test_what_fails_in_dask_is_a_failed_repository(monkeypatch: pytest.MonkeyPatch, task: Task) -> None:
    (outcome,) = outcomes(monkeypatch, Client(), task, OSError("no room for https://me:secret@host/x"))
    assert (outcome.status, outcome.reason) == ("failed", "OSError: no room for https://***@host/x")


def test_a_task_goes_on_to_workers_that_are_fit(monkeypatch: pytest.MonkeyPatch, task: Task) -> None:
    client = Client()
    client.workers = {"tcp://one": 1, "tcp://two": 1}
    answers = iter([{"tcp://one": ""}, {"tcp://one": "", "tcp://two": ImportError("no offloop"), "tcp://x": OSError()}])
    monkeypatch.setattr(client, "run", lambda *_given, **_more: next(answers))
    notes: list[str] = []
    done = task.failed("as it came")
    assert outcomes(monkeypatch, client, task, ImportError(), done, noted=notes) == [done]
    (note,) = notes
    assert note.startswith(f"the Dask worker tcp://two has no offloop {__version__} that it could use: no offloop; ")
    first, second = client.submitted
    assert (first["workers"], first["allow_other_workers"]) == (None, False)
    assert (second["workers"], second["allow_other_workers"]) == (["tcp://one"], True)
    assert first["key"] != second["key"]


def test_no_worker_is_left_that_is_fit(monkeypatch: pytest.MonkeyPatch, task: Task) -> None:
    client = Client()
    answers = iter([{"tcp://one": ""}, {"tcp://one": "is another"}])
    monkeypatch.setattr(client, "run", lambda *_given, **_more: next(answers))
    with pytest.raises(EngineError, match="no Dask worker is left that can do it; tcp://one is another"):
        outcomes(monkeypatch, client, task, ImportError())


@pytest.mark.parametrize(
    ("client", "message"),
    [
        (Client(run_on_scheduler="0.0.9"), f"{ADDRESS} needs offloop {__version__}, and has: 0.0.9"),
        (Client(run_on_scheduler=ImportError("none")), f"{ADDRESS} needs offloop {__version__}, and has: none"),
        (Client(run_on_scheduler=OSError("closed")), f"{ADDRESS} is gone, or has dropped the tasks"),
        (Client(run=OSError("closed")), f"{ADDRESS} is gone, or has dropped the tasks"),
    ],
)
def test_a_scheduler_that_is_none(monkeypatch: pytest.MonkeyPatch, task: Task, client: Client, message: str) -> None:
    with pytest.raises(EngineError) as caught:
        outcomes(monkeypatch, client, task)
    assert str(caught.value) == f"the Dask scheduler at {message}"


@pytest.mark.parametrize("results", [[], [None]])
def test_tasks_that_the_scheduler_has_dropped(monkeypatch: pytest.MonkeyPatch, task: Task, results: list[None]) -> None:
    client = Client()
    client.futures = [Future(cancelled=True)]
    monkeypatch.setattr(cluster, "_LOOK", -1)
    with pytest.raises(EngineError, match="is gone, or has dropped the tasks"):
        outcomes(monkeypatch, client, task, *results)


def test_a_scheduler_that_is_lost(monkeypatch: pytest.MonkeyPatch, task: Task) -> None:
    client = Client()
    client.status = "connecting"
    with pytest.raises(EngineError, match="is gone, or has dropped the tasks"):
        outcomes(monkeypatch, client, task)


def test_workers_that_do_not_come_back(monkeypatch: pytest.MonkeyPatch, task: Task) -> None:
    client = Client()
    there = iter([{"tcp://one": 1}])
    monkeypatch.setattr(client, "nthreads", lambda: next(there, {}))
    monkeypatch.setattr(cluster, "_LOOK", 0)
    monkeypatch.setattr(cluster, "_PATIENCE", 0.2)
    with pytest.raises(EngineError, match=r"has had no workers for 0\.2 seconds"):
        outcomes(monkeypatch, client, task)


def test_nothing_to_do_asks_nobody(project: Path) -> None:
    folder = RunFolder(project / "out")
    assert list(cluster.outcomes([], "nowhere", folder, print)) == []
    folder.close()
