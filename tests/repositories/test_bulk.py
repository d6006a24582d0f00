"""Whole runs: which repositories are dealt with, and what is said of all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from codemods.repositories import Order, Plan, bulk, read
from codemods.repositories import bulk as carried_out
from codemods.source import FolderError
from tests.repositories.support import CLEAN, SLEEPY, repository, run
from tests.support import write

if TYPE_CHECKING:
    from pathlib import Path

    from codemods.model import Outcome


@pytest.fixture
def three(project: Path) -> Path:
    """A clean one, one to fix, and one that fails."""
    repository(project / "clean", {"main.py": CLEAN})
    repository(project / "fix", {"main.py": SLEEPY})
    return project


def dealt_with(out: Path) -> list[str]:
    """The names in the journal, in its order."""
    rows = map(json.loads, filter(None, (out / "journal.jsonl").read_text().splitlines()))
    return [row["name"] for row in rows]


def test_a_run(three: Path) -> None:
    found = run("clean", "fix", "gone")
    assert {name: outcome.status for name, outcome in found.items()} == {
        "clean": "clean",
        "fix": "fixed",
        "gone": "failed",
    }
    summary = json.loads((three / "out" / "summary.json").read_text())
    assert summary["schema"] == 1
    assert summary["summary"] == {
        "repositories": 3,
        "clean": 1,
        "fixed": 1,
        "open": 0,
        "empty": 0,
        "failed": 1,
        "findings": 1,
        "fixes": 1,
        "findings_left": 0,
    }
    assert [row["name"] for row in summary["repositories"]] == ["clean", "fix", "gone"]
    assert (three / "out" / "summary.html").read_text().count("<tr ") == 3
    assert not (three / "out" / "work").exists()


def test_one_that_is_named_twice(three: Path) -> None:
    found = run("fix", "fix", str(three / "fix"))
    assert [outcome.status for outcome in found.values()] == ["fixed", "empty", "empty"]
    assert found["fix-2"].reason == "is the same as fix"
    assert found["fix-2"].notes == ("another repository is called fix, so this one is called fix-2",)


def test_what_is_done_is_not_done_again(three: Path) -> None:
    run("clean")
    found = run("clean", "fix", resume=True)
    assert dealt_with(three / "out") == ["clean", "fix"]
    assert list(found) == ["clean", "fix"]
    run("clean", "fix", resume=True, plan=Plan(verify="true"))
    assert sorted(dealt_with(three / "out")) == ["clean", "clean", "fix", "fix"]
    run("clean", "fix")
    assert sorted(dealt_with(three / "out")) == ["clean", "fix"]


@pytest.mark.parametrize("row", [{"name": "fix"}, {"name": "fix", "key": "", "outcome": {"name": "fix", "new": 1}}])
def test_the_journal_of_another_version(three: Path, row: dict[str, object]) -> None:
    run("clean")
    with (three / "out" / "journal.jsonl").open("a") as journal:
        journal.write(f"{json.dumps(row)}\n")
    assert run("clean", "fix", resume=True)["fix"].status == "fixed"


def test_only_those_in_trouble(three: Path) -> None:
    run("clean", "fix", "gone", plan=Plan(verify="exit 1"))
    repository(three / "gone", {"main.py": CLEAN})
    found = run("clean", "fix", "gone", only="failed", plan=Plan(verify="true"))
    assert {name: outcome.status for name, outcome in found.items()} == {
        "clean": "clean",
        "fix": "fixed",
        "gone": "clean",
    }
    assert sorted(dealt_with(three / "out")[3:]) == ["fix", "gone"]
    run("clean", "fix", "gone", only="failed")
    assert len(dealt_with(three / "out")) == 5


def test_only_those_with_a_patch(three: Path) -> None:
    run("clean", "fix", "gone")
    found = run("clean", "fix", "gone", only="changed", plan=Plan(commit=True))
    assert dealt_with(three / "out")[3:] == ["fix"]
    assert found["fix"].branch == "offloop"
    assert found["gone"].status == "failed"


def test_nothing_to_choose_from(three: Path) -> None:
    with pytest.raises(FolderError, match="holds no earlier run to choose from"):
        run("clean", only="failed")
    assert three.exists()


def test_the_folder_is_closed_after_an_error(three: Path) -> None:
    def fail(_outcome: Outcome) -> None:
        raise KeyboardInterrupt

    order = Order(read(["clean"], ()), three / "out")
    with pytest.raises(KeyboardInterrupt):
        bulk(order, fail)
    assert json.loads((three / "out" / "summary.json").read_text())["summary"]["repositories"] == 1
    assert run("clean", resume=True)["clean"].status == "clean"


def test_a_folder_with_other_things(three: Path) -> None:
    write(three, {"full/x": ""})
    with pytest.raises(FolderError):
        carried_out(Order(read(["clean"], ()), three / "full"))
