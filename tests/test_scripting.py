"""offloop for scripts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import codemods
from codemods.repositories import Plan
from codemods.source import RefusedError
from tests.repositories.support import FIXED, SLEEPY, SLOW, repository
from tests.support import source, write

if TYPE_CHECKING:
    from codemods.model import Outcome

ROOT = Path(__file__).parent.parent


def test_check(project: Path) -> None:
    write(project, {"main.py": SLOW})
    result = codemods.check()
    assert [finding.kind for finding in result.findings] == ["sleep", "sleep", "http"]
    assert result.changes == ()
    assert len(codemods.check("main.py", ignore=["http"]).findings) == 2
    assert codemods.check(project / "main.py", exclude=["*"]).findings


def test_rewrite_and_write(project: Path) -> None:
    shop = repository(project / "shop", {"main.py": SLEEPY})
    result = codemods.rewrite(shop)
    assert [change.after.decode() for change in result.changes] == [FIXED]
    assert (shop / "main.py").read_text() == source(SLEEPY)
    codemods.write(result)
    assert (shop / "main.py").read_text() == FIXED
    write(shop, {"main.py": SLEEPY + "\n"})
    with pytest.raises(RefusedError):
        codemods.write(codemods.rewrite(shop))
    codemods.write(codemods.rewrite(shop), allow_dirty=True)


def test_bulk(project: Path) -> None:
    repository(project / "shop", {"main.py": SLOW})
    heard: list[Outcome] = []
    outcomes = codemods.bulk(
        [project / "shop"], project / "out", plan=Plan(commit=True), told=heard.append, unsafe=True
    )
    assert [(outcome.name, outcome.status, outcome.branch) for outcome in outcomes] == [("shop", "fixed", "offloop")]
    assert tuple(heard) == outcomes
    assert codemods.bulk(["shop"], "out", branch="x", only="failed", jobs=1) == outcomes


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"select": ["htp"]}, "unknown kind 'htp'; did you mean 'http'?"),
        ({"codemods": ["slep"]}, "unknown codemod 'slep'; did you mean 'sleep'?"),
        ({"prefer": "x"}, "unknown preference 'x'; known are threads, async"),
        ({"impact": "hihg"}, "unknown impact 'hihg'; did you mean 'high'?"),
    ],
)
def test_words_that_nobody_knows(asked: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=r"^unknown") as error:
        codemods.check(**asked)  # type: ignore[arg-type]
    assert str(error.value) == message


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        codemods.nothing  # noqa: B018


def test_importing_it_loads_nothing() -> None:
    script = "import sys, codemods; print(sorted(name for name in sys.modules if name.startswith('codemods')))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "['codemods']\n"


def test_the_script_of_the_documentation(project: Path) -> None:
    text = (ROOT / "docs" / "bulk.md").read_text("utf-8")
    script = text.partition("```python\n")[2].partition("```")[0]
    assert len(script.splitlines()) <= 22
    (project / "migrate.py").write_text(script, "utf-8")
    repository(project / "shop", {"main.py": SLOW})
    repository(project / "calm", {"main.py": SLEEPY})
    command = [sys.executable, "migrate.py", "shop", "calm", "gone"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "shop: 1 of 3 left\ngone: no such folder\n"
    assert done.stderr == ""
    assert (project / "night" / "summary.html").exists()
