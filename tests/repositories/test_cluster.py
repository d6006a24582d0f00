"""A real Dask cluster on this machine: nothing that dies in it changes what comes out."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from dask import config as dask_config

from codemods import __version__
from codemods.cli import INTERRUPTED, offloop
from codemods.repositories import EngineError, Order, Plan, bulk, cluster, read
from codemods.source import RunFolder
from tests.repositories.support import SLEEPY, SLOW, repository, results
from tests.support import alive, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codemods.model import Outcome

NAMES = ("a", "b", "held")
HOLD = (
    'test -e hold && {{ echo $PPID >> "{folder}/holders"; until test -e "{folder}/gate"; do sleep 0.05; done; }}; true'
)
"""A check that takes until the gate is open, in the repository that holds a file for it."""
ELSEWHERE = {
    "older": "import codemods\ncodemods.__version__ = '0.0.9'\n",
    "none": "import sys\nsys.modules['codemods'] = None\n",
}


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *workers: str, threads: int = 1, **settings: str) -> None:
        """Have a scheduler, if there is none, and some workers."""
        if not self.file.exists():
            # Even if nobody is left to end it, it ends.
            address = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--idle-timeout", "100"]
            self.run("scheduler", "dask_scheduler", *address, "--scheduler-file", str(self.file), **settings)
        for name in workers:
            self.run(
                name,
                "dask_worker",
                *("--scheduler-file", str(self.file), "--name", name, "--nthreads", str(threads), "--no-nanny"),
                *("--no-dashboard", "--death-timeout", "60", "--local-directory", str(self.folder / "scratch")),
                **settings,
            )

    def run(self, name: str, module: str, *arguments: str, **settings: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=os.environ | settings,
            )

    @property
    def address(self) -> str:
        """The scheduler's address."""
        wait_for(self.file.exists)
        return str(json.loads(self.file.read_text())["address"])

    def joined(self, *names: str) -> None:
        """Wait until the scheduler knows some workers."""
        log = self.folder / "scheduler.log"
        wait_for(lambda: all(f"name: {name}\n" in log.read_text() for name in names))

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait()
        if name == "scheduler":
            self.file.unlink()

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()

    def said(self) -> str:
        return "".join(log.read_text() for log in self.folder.glob("*.log"))


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    folder.mkdir()
    made = Cluster(folder)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Cluster]:
    with running(tmp_path / "cluster") as made:
        yield made


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "took too long"
        time.sleep(0.05)


def holders(folder: Path) -> list[int]:
    """The processes that were at the repository that is held."""
    file = folder / "holders"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def order(
    project: Path, out: str, scheduler: str = "", *, names: tuple[str, ...] = NAMES, resume: bool = False
) -> Order:
    """A run over some repositories, of which one is held until the gate is open."""
    for name in names:
        if not (project / name).exists():
            files = {"main.py": SLEEPY, "more.py": SLOW} | ({"hold": ""} if name == "held" else {})
            repository(project / name, dict(files))
    plan = Plan(verify=HOLD.format(folder=project), cache=False, megabytes=None)
    return Order(read(names, ("sleep", "offload", "http")), Path(out), plan, scheduler=scheduler, resume=resume)


@pytest.mark.timeout(300)
def test_a_worker_and_a_scheduler_that_die(project: Path, dask: Cluster) -> None:
    dask.start("one", "two", threads=2)
    (project / "gate").touch()
    bulk(order(project, "local"))
    expected = results(project / "local")
    (project / "gate").unlink()
    (project / "holders").unlink()
    dask.joined("one", "two")

    def with_a_worker_killed(outcome: Outcome) -> None:
        told.append(outcome.name)
        if len(told) == len(NAMES) - 1:
            wait_for(lambda: holders(project))
            holder = holders(project)[0]
            dask.kill(next(name for name, each in dask.processes.items() if each.pid == parent(holder)))
            wait_for(lambda: not alive(holder))
            (project / "gate").touch()

    told: list[str] = []
    bulk(order(project, "survived", dask.address), with_a_worker_killed)
    assert results(project / "survived") == expected
    assert told[-1] == "held"
    assert len(set(holders(project))) == 2
    assert not any((project / "survived").glob("running*"))
    assert not (project / "survived" / "work").exists()

    def with_the_scheduler_killed(_outcome: Outcome) -> None:
        if not lost:
            wait_for(lambda: holders(project))
            lost.append(dask.address)
            dask.kill("scheduler")

    (project / "gate").unlink()
    (project / "holders").unlink()
    lost: list[str] = []
    with pytest.raises(EngineError) as caught:
        bulk(order(project, "resumed", dask.address), with_the_scheduler_killed)
    assert str(caught.value) == f"the Dask scheduler at {lost[0]} is gone, or has dropped the tasks"
    done = (project / "resumed" / "journal.jsonl").read_text().count('"outcome"')
    assert 0 < done < len(NAMES)
    wait_for(lambda: not any(map(alive, holders(project))))
    (project / "gate").touch()
    told.clear()
    dask.start("three")
    bulk(order(project, "resumed", dask.address, resume=True), lambda outcome: told.append(outcome.name))
    assert results(project / "resumed") == expected
    assert len(told) == len(NAMES) - done


@pytest.mark.timeout(300)
def test_workers_that_are_unfit_and_a_run_that_is_interrupted(project: Path, dask: Cluster) -> None:
    dask.start("fit")
    dask.joined("fit")
    names = ("held", "a", "b")
    wanted = order(project, "out", dask.address, names=names)
    wanted = replace(wanted, entries=(*wanted.entries, *read(["foo://me:s3cret@host/x.git"], ())))
    command = [sys.executable, "-m", "codemods", "bulk", *names, "--out", "stopped", "--verify", wanted.plan.verify]
    command += ["--engine", "dask", "--scheduler", dask.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for(lambda: holders(project))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (INTERRUPTED, b"interrupted; `--resume` goes on from here\n")
    wait_for(lambda: not any(map(alive, holders(project))))
    (project / "holders").unlink()

    def another() -> None:
        wait_for(lambda: holders(project))
        dask.start("older", PYTHONPATH=elsewhere(project, "older"))

    def said(words: str) -> None:
        notes.append(words)
        (project / "gate").touch()

    notes: list[str] = []
    thread = threading.Thread(target=another)
    thread.start()
    found = {outcome.name: outcome.status for outcome in bulk(wanted, noted=said)}
    thread.join()
    assert found == {"held": "open", "a": "open", "b": "open", "x": "failed"}
    (note,) = notes
    reason = f"has offloop 0.0.9, and {__version__} is needed"
    assert f"{reason}; what it was given goes to others" in note
    assert "UnfitError" in dask.said()
    assert "s3cret" not in dask.said()
    for file in (project / "out").rglob("*.*"):
        assert "s3cret" not in file.read_text(), file

    with pytest.raises(EngineError, match=reason):
        bulk(wanted)
    dask.kill("older")
    dask.start("none", PYTHONPATH=elsewhere(project, "none"))
    dask.joined("none")
    with pytest.raises(EngineError, match=f"the Dask worker tcp://.* has no offloop {__version__} that it could use: "):
        bulk(wanted)


def test_a_repository_that_no_worker_survives(project: Path, dask: Cluster) -> None:
    dask.start("one", "two", DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    dask.joined("one", "two")

    def told(_outcome: Outcome) -> None:
        wait_for(lambda: holders(project))
        if len(dask.processes) == 3:
            dask.kill(next(name for name, each in dask.processes.items() if each.pid == parent(holders(project)[0])))

    found = {outcome.name: outcome for outcome in bulk(order(project, "out", dask.address, names=("held", "a")), told)}
    assert found["a"].status == "open"
    assert (found["held"].status, found["held"].reason) == ("failed", "each worker that took it on died over it")
    assert "died over it" in (project / "out" / "repos" / "held" / "log.txt").read_text()


def elsewhere(project: Path, what: str) -> str:
    """A folder for PYTHONPATH with which a worker is one of another installation."""
    folder = project / what
    write(folder, {"sitecustomize.py": ELSEWHERE[what]})
    return str(folder)


@pytest.fixture
def _logging() -> Iterator[None]:
    yield
    logging.disable(logging.NOTSET)


def call(*options: str) -> str:
    """What is said of options that cannot be used."""
    result = CliRunner().invoke(offloop, ["bulk", "a", "--out", "out", *options])
    assert result.exit_code == 2
    return result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--engine", "dask"], "--engine dask needs --scheduler"),
        (["--scheduler", "tcp://127.0.0.1:1"], "--scheduler needs --engine dask"),
        (["--engine", "local", "--scheduler", "tcp://127.0.0.1:1"], "--scheduler needs --engine dask"),
        (["--engine", "dusk"], "did you mean 'dask'?"),
        (["--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--jobs", "2"], "--jobs is for this machine"),
    ],
)
def test_options_that_do_not_go_together(options: list[str], message: str) -> None:
    assert message in call(*options)


@pytest.mark.usefixtures("_logging")
@pytest.mark.parametrize(
    ("address", "settings", "message"),
    [
        ("tcp://127.0.0.1:1", {}, "no Dask scheduler answers at tcp://127.0.0.1:1: "),
        ("nowhere", {}, "'nowhere' is no address of a Dask scheduler, such as tcp://HOST:8786"),
        ("http://127.0.0.1:8787", {}, "'http://127.0.0.1:8787' is no address of a Dask scheduler"),
        ("tls://127.0.0.1:1", {}, "Dask's configuration names none"),
        ("127.0.0.1:1", {"distributed.comm.require-encryption": True}, "the address must be tls://127.0.0.1:1"),
    ],
)
def test_no_scheduler(
    project: Path, monkeypatch: pytest.MonkeyPatch, address: str, settings: dict[str, object], message: str
) -> None:
    monkeypatch.setattr(cluster, "_ANSWER", 0.5)
    repository(project / "a", {"main.py": SLEEPY})
    with dask_config.set(settings):
        said = call("--engine", "dask", "--scheduler", address)
    assert message in said
    assert said.endswith("; --resume goes on from what is done\n")


@pytest.mark.usefixtures("_logging")
def test_no_workers(project: Path, dask: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    dask.start()
    repository(project / "a", {"main.py": SLEEPY})
    address = dask.address
    monkeypatch.setattr(cluster, "_ANSWER", 1)
    said = call("--engine", "dask", "--scheduler", address)
    assert said == f"offloop: the Dask scheduler at {address} has no workers; --resume goes on from what is done\n"


@pytest.mark.usefixtures("_logging")
def test_without_dask(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(project / "a", {"main.py": SLEEPY})
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "codemods.repositories.cluster")
    assert "pip install 'offloop[dask]'" in call("--engine", "dask", "--scheduler", "tcp://127.0.0.1:1")


def test_what_makes_a_worker_unfit(project: Path) -> None:
    folder = RunFolder(project)
    with folder.marked() as mark:
        assert cluster.unfit(str(project), mark, __version__) == ""
        assert cluster.unfit(str(project), mark, "0.0.9") == f"has offloop {__version__}, and 0.0.9 is needed"
        assert cluster.unfit(str(project / "x"), mark, __version__).startswith("does not see the folder ")
        assert cluster.unfit(str(project), "another", __version__).startswith("does not see the folder ")
    assert cluster.unfit(str(project), mark, __version__).startswith("does not see the folder ")
    folder.close()
