"""Processes of this machine, and what is said of a repository that one of them could not deal with."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from codemods.repositories import local
from codemods.repositories.entries import read
from codemods.repositories.task import Plan, Task
from codemods.source import guarded
from tests.repositories.support import SLEEPY, repository
from tests.support import git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from codemods.source import Done, Limits

CHILD = """
import sys
from codemods.repositories import worker
worker.work = {work}
worker.main()
"""


def tasks(project: Path, *names: str, plan: Plan | None = None) -> list[Task]:
    for name in names:
        repository(project / name, {"main.py": SLEEPY})
    return [Task(entry, plan or Plan(), "offloop", str(project / "out")) for entry in read(names, ())]


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the process do something else than its work."""

    def other(work: str) -> None:
        def run(_command: list[str], given: bytes, limits: Limits, stop: threading.Event) -> Done:
            return guarded([sys.executable, "-c", CHILD.format(work=work)], given, limits, stop)

        monkeypatch.setattr(local, "guarded", run)

    return other


def test_all_come_to_their_end(project: Path) -> None:
    found = {outcome.name: outcome.status for outcome in local.outcomes(tasks(project, "a", "b", "c"), 2)}
    assert found == {"a": "fixed", "b": "fixed", "c": "fixed"}


@pytest.mark.parametrize(
    ("work", "plan", "reason"),
    [
        ("lambda task: __import__('time').sleep(60)", Plan(seconds=1), "took longer than 1 seconds, and was stopped"),
        ("lambda task: 1 / 0", Plan(), "its process ended with 1: ZeroDivisionError: division by zero"),
        ("lambda task: __import__('os').abort()", Plan(), "its process was killed by signal 6"),
        (
            "lambda task: [bytearray(b'1' * 300_000_000), __import__('time').sleep(60)]",
            Plan(megabytes=200),
            "needed more than 200 MB of memory, and was stopped",
        ),
    ],
)
def test_a_process_that_fails(project: Path, doing: Callable[[str], None], work: str, plan: Plan, reason: str) -> None:
    doing(work)
    (task,) = tasks(project, "a", plan=plan)
    outcome = local.carry_out(task, threading.Event())
    assert (outcome.name, outcome.status, outcome.trouble) == ("a", "failed", True)
    assert outcome.reason.startswith(reason)
    assert outcome.reason in (project / "out" / "repos" / "a" / "log.txt").read_text()


def test_nothing_is_left_of_a_checkout(project: Path) -> None:
    (task,) = tasks(project, "a", plan=Plan(verify="sleep 60", seconds=6))
    assert local.carry_out(task, threading.Event()).reason == "took longer than 6 seconds, and was stopped"
    assert " at " in (project / "out" / "repos" / "a" / "log.txt").read_text()
    assert not (project / "out" / "work" / "a").exists()
    assert git(project / "a", "worktree", "list").count("\n") == 1


def test_no_process_can_be_started(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (task,) = tasks(project, "a")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    outcome = local.carry_out(task, threading.Event())
    assert outcome.reason == "no process can be started for it: No such file or directory"


def test_whoever_stops_listening_stops_all(project: Path) -> None:
    slow = tasks(project, "a", "b", plan=Plan(verify="sleep 60"))
    running = local.outcomes([*slow, *tasks(project, "c")], 3)
    started = time.monotonic()
    assert next(running).name == "c"
    running.close()
    assert time.monotonic() - started < 50
    assert not any((project / "out" / "work").iterdir())


def test_fair_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local.fair_share(1) == pytest.approx(2 * local.fair_share(2), abs=2)

    def unknown(_name: str) -> int:
        raise ValueError

    monkeypatch.setattr(os, "sysconf", unknown)
    assert local.fair_share(1) == 0
