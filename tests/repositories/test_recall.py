"""What an earlier run has found out, and when it no longer holds."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codemods.repositories import local
from codemods.repositories.entries import read
from codemods.repositories.task import Plan, Task, packed
from codemods.repositories.worker import work
from codemods.source import Done, Limits
from tests.repositories.support import CLEAN, SLEEPY, repository
from tests.support import commit, git, write

if TYPE_CHECKING:
    from codemods.model import Outcome

COMMIT = Plan(commit=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The repositories that a process was asked about, which works in this one."""
    names: list[str] = []

    def guarded(_command: list[str], given: bytes, _limits: Limits, _stop: threading.Event) -> Done:
        task = Task.unpack(given)
        names.append(task.entry.name)
        return Done(0, packed(work(task)), "")

    monkeypatch.setattr(local, "guarded", guarded)
    return names


def done(where: str, plan: Plan | None = None, out: str = "out", branch: str = "offloop") -> Outcome:
    (entry,) = read([where], ("sleep", "offload"))
    return replace(
        local.carry_out(Task(entry, plan or Plan(), branch, str(Path(out).absolute())), threading.Event()), seconds=0
    )


def test_the_same_commit(project: Path, asked: list[str]) -> None:
    shop = repository(project / "shop", {"main.py": SLEEPY})
    first = done("shop")
    patch = (project / "out/repos/shop/changes.patch").read_bytes()
    assert done("shop", out="other") == first
    assert (project / "other/repos/shop/changes.patch").read_bytes() == patch
    assert done(shop.as_uri()).fixed == 1
    assert asked == ["shop", "shop"]
    write(shop, {"new.py": ""})
    assert done("shop").notes == ("it has uncommitted changes, which were not looked at",)
    assert asked == ["shop", "shop"]
    write(shop, {"main.py": CLEAN})
    commit(shop)
    assert done("shop").status == "clean"
    assert done("shop", replace(COMMIT, cache=False)).status == "clean"
    assert asked == ["shop"] * 4


def test_a_branch_has_to_be_there(project: Path, asked: list[str]) -> None:
    shop = repository(project / "shop", {"main.py": SLEEPY})
    first = done("shop", COMMIT)
    assert done("shop", COMMIT) == first
    assert asked == ["shop"]
    git(shop, "branch", "-D", "offloop")
    assert done("shop", COMMIT).head == git(shop, "rev-parse", "offloop").strip()
    assert asked == ["shop", "shop"]


def test_the_clone_of_a_url_has_to_be_there(project: Path, asked: list[str]) -> None:
    url = repository(project / "shop", {"main.py": SLEEPY}).as_uri()
    first = done(url, COMMIT)
    assert done(url, COMMIT) == first
    assert asked == ["shop"]
    done(url, COMMIT, out="other")
    assert asked == ["shop", "shop"]


def test_trouble_is_not_kept(project: Path, asked: list[str]) -> None:
    repository(project / "shop", {"main.py": SLEEPY})
    plan = Plan(verify=f"test -e {project}/ready")
    assert done("shop", plan).verified == "failed, as before"
    write(project, {"ready": ""})
    assert done("shop", plan).verified == "passed"
    assert asked == ["shop", "shop"]
