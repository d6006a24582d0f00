"""Codemods that only `--codemod` switches on, and the places that they look for themselves."""

from __future__ import annotations

import json
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from codemods import mods
from codemods.catalog import Entry
from codemods.cli import offloop
from codemods.config import Settings
from codemods.edits import ToAsync
from codemods.facts import Call
from codemods.loop import Site
from codemods.mods import Found, Project, Retool, Verdict, Work
from tests.support import git, run, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAIN = "\n\ndef quick():\n    return 1\n\n\ndef other():\n    return 2\n"
BEFORE = f"import time\n{PLAIN}\n\nasync def main():\n    time.sleep(1)\n"
AFTER = BEFORE.replace("def quick", "async def quick")
ASKED = Settings(codemods=("to-coroutine",))


def find(project: Project) -> Iterator[Found]:
    """Every plain function named `quick`, and a reason against those named `other`."""
    for module in project.program.modules.values():
        for scope, about in enumerate(module.facts.scopes):
            if about.kind == "def":
                opened = project.open(module.path)
                place = (about.line, 1, about.line, 9)
                call = Call(-1, -1, 0, "", place, about.line, awaited=False, argument_of=-1, contexts=())
                site = Site(module, call, scope, Entry("a.thread", "other", "medium"), "medium", ())
                edit = ToAsync(opened.top(opened.nodes[scope]), 0, about.qualname)
                good = Verdict("safe", "it is quick", Retool(((module.path, (edit,)),)))
                verdict = good if about.qualname == "quick" else Verdict("manual", "it is not quick")
                yield Found(site, f"{about.qualname} runs in a thread", verdict)


@pytest.fixture(autouse=True)
def opt_in(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("codemods.mods.to_coroutine")
    module.__doc__ = "Make it a coroutine function.\n\nOnly with `--codemod to-coroutine`.\n"
    module.OPT_IN, module.KINDS, module.find = True, ("other",), find
    module.decide = _nothing
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = (*mods.names(), "to-coroutine")
    monkeypatch.setattr(mods, "names", lambda: names)


def _nothing(work: Work) -> list[None]:
    return [None] * len(work.situations)


def test_nothing_else_switches_it_on(project: Path) -> None:
    write(project, {"main.py": BEFORE})
    for settings in (Settings(), Settings(prefer="async"), Settings(unsafe=frozenset(mods.names()))):
        result = run(project, settings=settings, changing=True)
        assert [finding.codemod for finding in result.findings] == ["sleep"]
        assert "quick" not in "".join(finding.what for finding in result.findings)
        assert all(b"async def quick" not in change.after for change in result.changes)


def test_its_places_are_findings_where_it_is_named(project: Path) -> None:
    write(project, {"main.py": BEFORE})
    result = run(project, settings=ASKED, changing=True)
    found = [(each.function, each.codemod, each.level, each.reason) for each in result.findings]
    assert found == [
        ("quick", "to-coroutine", "safe", "it is quick"),
        ("other", None, "manual", "it is not quick"),
        ("main", None, "manual", "no codemod of this run takes it off the loop; call it in a thread"),
    ]
    assert [change.after.decode() for change in result.changes] == [AFTER]
    assert len(result.left) == 2
    write(project, {"main.py": AFTER})
    again = run(project, settings=ASKED, changing=True)
    assert again.changes == ()
    assert [each.function for each in again.findings] == ["other", "main"]


def test_it_goes_with_others(project: Path) -> None:
    write(project, {"main.py": BEFORE})
    result = run(project, settings=Settings(codemods=("to-coroutine", "sleep")), changing=True)
    assert [finding.codemod for finding in result.findings] == ["to-coroutine", None, "sleep"]
    (change,) = result.changes
    assert b"async def quick" in change.after
    assert b"await asyncio.sleep(1)" in change.after


def test_settings_and_comments_leave_its_places_out(project: Path) -> None:
    write(project, {"main.py": BEFORE.replace("def quick():", "def quick():  # offloop: ignore[other]")})
    silent = run(project, settings=ASKED, changing=True)
    assert ([each.function for each in silent.findings], silent.changes) == (["other", "main"], ())
    assert silent.unused_ignores == ()
    assert len(run(project, settings=Settings()).unused_ignores) == 1
    for settings in (
        Settings(codemods=ASKED.codemods, select=frozenset({"sleep"})),
        Settings(codemods=ASKED.codemods, impact="high"),
    ):
        assert [each.function for each in run(project, settings=settings).findings] == ["main"]


def test_only_the_files_that_are_named(project: Path) -> None:
    write(project, {"pyproject.toml": "", "a.py": BEFORE, "b.py": BEFORE})
    assert {each.path for each in run(project, "a.py", settings=ASKED).findings} == {"a.py"}


def test_commands(project: Path) -> None:
    write(project, {"main.py": BEFORE})
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "all")
    runner = CliRunner()
    assert "runs in a thread" not in runner.invoke(offloop, ["check"]).stdout
    text = runner.invoke(offloop, ["check", "--codemod", "to-coroutine"]).stdout
    assert "main.py:4:1: quick runs in a thread (other, medium)\n  to-coroutine, safe: it is quick" in text
    # The run before has filled the cache, which knows nothing of it.
    assert "quick" not in runner.invoke(offloop, ["check"]).stdout
    report = json.loads(runner.invoke(offloop, ["check", "--codemod", "to-coroutine", "--format", "json"]).stdout)
    first = report["findings"][0]
    assert (first["callee"], first["codemod"], first["line"], "what" in first) == ("a.thread", "to-coroutine", 4, False)
    hub = runner.invoke(offloop, ["check", "--codemod", "to-coroutine", "--format", "github"]).stdout
    assert "title=offloop::quick runs in a thread. to-coroutine, safe: it is quick" in hub
    explained = runner.invoke(offloop, ["explain", "main.py:4", "--codemod", "to-coroutine"]).stdout
    assert explained.startswith("main.py:4: quick runs in a thread.\nCodemod `to-coroutine`, safe: it is quick.\n")
    assert "nothing here is known to block" in runner.invoke(offloop, ["explain", "main.py:4"]).stdout
    listed = runner.invoke(offloop, ["codemods"]).stdout.splitlines()[-1]
    assert listed.endswith("Make it a coroutine function. Opt-in: `--codemod to-coroutine`.")
    assert runner.invoke(offloop, ["apply", "--codemod", "to-coroutine"]).exit_code == 1
    assert (project / "main.py").read_text("utf-8") == AFTER
