"""Every folder of fixtures/<codemod>/ is a case: what stands there before a run, and what must stand there after it.

`before` is a file or a small project; `after` what the safe fixes make of it and `unsafe` what `--unsafe` makes of it,
where that differs; `findings.txt` all that is found, with level and reason. A project's unchanged files are left out.
"""

from __future__ import annotations

import ast
import asyncio
import shutil
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codemods import mods
from codemods.config import Settings
from codemods.facts import opened
from codemods.review.diff import unified_diff
from tests.support import UNSAFE, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.model import Finding, Result


FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted(case for codemod in FIXTURES.iterdir() if codemod.name != "untouched" for case in codemod.iterdir())
UNTOUCHED = sorted((FIXTURES / "untouched").iterdir())
# What a case cannot be run with: a library that need not be installed, a package around it, a call that cannot work.
_NOT_HERE = (b"trio", b"anyio", b"fastapi", b"from . import", b"await time")
SINGLE = [case for case in CASES if (case / "before.py").is_file()]


def named(path: Path) -> str:
    return f"{path.parent.name}-{path.name}"


def place(case: Path, folder: Path) -> None:
    """Lay out a case as a project of its own."""
    if (case / "before").is_dir():
        shutil.copytree(case / "before", folder, dirs_exist_ok=True)
    else:
        shutil.copy(case / "before.py", folder / "main.py")


def expected(case: Path, *names: str) -> dict[str, bytes]:
    """The files that must change, and their new bytes; the first of the names that is there counts."""
    for name in names:
        if (case / name).is_dir():
            root = case / name
            return {
                file.relative_to(root).as_posix(): file.read_bytes()
                for file in sorted(root.rglob("*"))
                if file.is_file()
            }
        if (case / f"{name}.py").is_file():
            return {"main.py": (case / f"{name}.py").read_bytes()}
    return {}


def line_of(finding: Finding) -> str:
    return f"{finding.path}:{finding.span.line}:{finding.span.column} {finding.level}: {finding.reason}"


@pytest.fixture(autouse=True)
def one_tree_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a project with very many files, no tree of those that are only glanced at is there a second time."""
    monkeypatch.setattr(opened, "_PASSING", 1)


@pytest.mark.parametrize("folder", UNTOUCHED, ids=named)
def test_untouched(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    result = run(tmp_path, settings=UNSAFE, changing=True)
    assert result.findings == ()
    assert result.changes == ()
    assert result.files > 0


@pytest.mark.parametrize("case", CASES, ids=named)
def test_findings(case: Path, tmp_path: Path) -> None:
    place(case, tmp_path)
    # A codemod's cases are about its own kinds; what else stands in them only has to be left alone.
    name = case.parent.name
    codemod = mods.load(name)
    # Places that only an opt-in codemod looks for may be of any impact.
    impact = "low" if codemod.opt_in else "medium"
    settings = Settings(select=frozenset(codemod.kinds), codemods=(name,), impact=impact)
    found = [line_of(finding) for finding in run(tmp_path, settings=settings).findings]
    assert found == (case / "findings.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@pytest.mark.parametrize("case", CASES, ids=named)
def test_rewrite(case: Path, tmp_path: Path, *, unsafe: bool) -> None:
    place(case, tmp_path)
    name = case.parent.name
    settings = Settings(codemods=(name,), unsafe=frozenset({name} if unsafe else ()))
    result = run(tmp_path, settings=settings, changing=True)
    assert [fault.path for fault in result.faults if "broken" not in fault.path] == []
    after = {change.path: change.after for change in result.changes}
    assert after == expected(case, *(["unsafe"] if unsafe else []), "after")
    for content in (content for name, content in after.items() if name.endswith(".py")):
        compile(ast.parse(content), "<expected>", "exec")
    check_diff(tmp_path, result)
    again = run(tmp_path, settings=settings, changing=True)
    assert again.changes == ()
    # A test that awaited what is plain now makes the call itself.
    assert sorted(map(key_of, outside_tests(again.findings))) == sorted(map(key_of, outside_tests(result.left)))


def outside_tests(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.path.startswith("tests/")]


def key_of(finding: Finding) -> tuple[str, str, str, str]:
    return finding.path, finding.function, finding.callee, finding.level


def check_diff(folder: Path, result: Result) -> None:
    """Have real git apply the diff, which leaves the changed files in the folder."""
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    diff = b"".join(unified_diff(change, folder) for change in result.changes)
    if diff:
        subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=folder, input=diff, check=True)
    for change in result.changes:
        assert (folder / change.path).read_bytes() == change.after != change.before


class Trace:
    """A run on a clock of its own: every sleep is noted and takes no time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sleeps: list[object] = []
        self._yield = asyncio.sleep
        monkeypatch.setattr(time, "sleep", self.block)
        monkeypatch.setattr(asyncio, "sleep", self.wait)

    def block(self, seconds: float) -> None:
        self.sleeps.append(seconds)

    async def wait(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        await self._yield(0)


def outcome(code: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[object]]:
    """What `main()` of a module returns or raises, and the sleeps on the way."""
    with monkeypatch.context() as patch:
        trace = Trace(patch)
        module: Any = types.ModuleType("main")
        module.__file__ = __file__
        patch.setitem(sys.modules, "main", module)
        exec(compile(code, "main.py", "exec"), module.__dict__)  # noqa: S102 (our own fixtures)
        try:
            result = repr(asyncio.run(module.main()))
        except TypeError as error:
            result = f"{type(error).__name__}: {error}"
    return result, trace.sleeps


def runnable() -> Iterator[Path]:
    """The cases that stand alone: they have a `main` and need nothing that is not installed."""
    for case in SINGLE:
        text = (case / "before.py").read_bytes()
        if b"async def main(" in text and not any(name in text for name in _NOT_HERE):
            yield case


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("case", list(runnable()), ids=named)
def test_behaviour(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = outcome((case / "before.py").read_bytes(), monkeypatch)
    for changed in {**expected(case, "after"), **expected(case, "unsafe")}.values():
        assert outcome(changed, monkeypatch) == before
