"""Every module of every case is run before and after: functions are called, applications asked, all must be the same.

And whatever BlockBuster sees on the loop, before and after, must stand among the findings. What cannot be run stands in
`kept.toml` with its reason; so do what an unsafe fix is known to change, and what is known not to be reported.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codemods.config import Settings
from tests.behaviour.observing import Seen
from tests.behaviour.processes import observer
from tests.support import run
from tests.test_fixtures import CASES, expected, named, place

if TYPE_CHECKING:
    from tests.behaviour.surroundings import Stall

KEPT: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("kept.toml").read_text("utf-8"))
_NUMBER = re.compile(r"\d+(\.\d+)?")
Observer = Callable[[Path, str], Seen | None]


@pytest.fixture(scope="module")
def observed() -> Iterator[Observer]:
    with observer() as function:
        yield function


def modules(case: Path) -> list[str]:
    """The files of a case that are no tests."""
    if (case / "before.py").is_file():
        return ["main.py"]
    files = sorted((case / "before").rglob("*.py"))
    paths = [file.relative_to(case / "before") for file in files if not file.name.startswith(("test_", "__init__"))]
    return [path.as_posix() for path in paths if "tests" not in path.parts and path.name != "conftest.py"]


def lay_out(case: Path, changed: dict[str, bytes], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    place(case, folder)
    for path, content in changed.items():
        (folder / path).write_bytes(content)


def test_how_much_is_run() -> None:
    """Whatever is added to the list of what is not run shows here."""
    everything = {f"{named(case)}:{path}" for case in CASES for path in modules(case)}
    assert KEPT["not_run"].keys() | KEPT["differs"].keys() <= everything
    assert KEPT["unreported"].keys() <= everything
    run_at_all = everything - KEPT["not_run"].keys()
    assert (len(KEPT["not_run"]), len(run_at_all) >= 289) == (37, True), len(run_at_all)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_behaviour(case: Path, observed: Observer, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    name = named(case)
    versions = {"safe": expected(case, "after"), "unsafe": expected(case, "unsafe", "after")}
    for path in modules(case):
        module = path.removesuffix(".py").replace("/", ".")
        kept = KEPT["not_run"].get(f"{name}:{path}")
        lay_out(case, {}, folder)
        before = observed(folder, module)
        if kept is not None:
            assert before is None or before.refused.startswith(kept), "it runs after all"
            continue
        assert before is not None, "no end"
        assert before.refused == ""
        missed = unreported(folder, before.stalls)
        done: list[dict[str, bytes]] = [{}]
        for level, changed in versions.items():
            own = {file: content for file, content in changed.items() if file in before.loaded}
            if own in done:
                continue
            done.append(own)
            lay_out(case, changed, folder)
            after = observed(folder, module)
            assert after is not None, f"{level}: no end"
            missed += unreported(folder, after.stalls)
            found = differences(before, after)
            if found:
                lay_out(case, {}, folder)
                again = observed(folder, module)
                assert again is not None
                found = {where: pair for where, pair in found.items() if not changing(where, before, again, pair)}
            known = KEPT["differs"].get(f"{name}:{path}", {}).get(level, {})
            assert {where: what for where, what in found.items() if where not in known} == {}, level
            assert known.keys() <= found.keys(), "it is the same after all"
        assert bool(missed) == (f"{name}:{path}" in KEPT["unreported"]), missed


def unreported(folder: Path, stalls: Iterable[Stall]) -> list[Stall]:
    """What BlockBuster saw on the loop, and no finding shows: neither as its site nor as a step on the way."""
    lines = set()
    for finding in run(folder, settings=Settings(impact="low")).findings:
        lines |= {(finding.path, line) for line in range(finding.span.line, finding.span.end_line + 1)}
        lines |= {(step.path, step.line) for step in finding.chain}
    return sorted(stall for stall in stalls if not lines & {*stall[1]})


def differences(before: Seen, after: Seen) -> dict[str, tuple[object, object]]:
    """By what they are about: everything that is not what it was, and complaints that are new."""
    found: dict[str, tuple[object, object]] = {}
    for label, given in before.calls.items():
        if after.calls.get(label) != given:
            found[label] = given, after.calls.get(label)
    for each in ("printed", "sleeps", "upstream", "files", "refused"):
        if getattr(before, each) != getattr(after, each):
            found[each] = getattr(before, each), getattr(after, each)
    new = set(after.complaints) - set(before.complaints)
    if new:
        found["complaints"] = (), sorted(new)
    return found


def changing(where: str, before: Seen, again: Seen, pair: tuple[object, object]) -> bool:
    """Whether something is no different than between two runs of the same: the time, say."""
    first, second = (_NUMBER.sub("1", repr(each)) for each in pair)
    return where in differences(before, again) and first == second
