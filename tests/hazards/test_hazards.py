"""Corners of the hazards that fixtures would be long-winded for; fixtures/sleep has the plain cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from codemods.config import Settings
from codemods.hazards import Hazard, worst
from tests.support import findings_of, run, write

if TYPE_CHECKING:
    from pathlib import Path


def test_worst() -> None:
    unsafe, manual = Hazard("unsafe", "a"), Hazard("manual", "b")
    assert worst([]) is None
    assert worst([unsafe]) == unsafe
    assert worst([unsafe, manual]) is manual
    assert worst([unsafe, Hazard("unsafe", "c"), unsafe]) == Hazard("unsafe", "a; and c")


def level(folder: Path, body: str, head: str = "") -> str:
    """The level of the one sleep in an async function with this body."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    settings = Settings(select=frozenset({"sleep"}))
    text = f"import time\n{head}\n\n\nasync def main(self, job, jobs):\n{lines}"
    (finding,) = findings_of(folder, text, settings)
    return finding.level


@pytest.mark.parametrize(
    "body",
    [
        "job.state = 1\ntime.sleep(1)\njob.state = 2",
        "while not self.done:\n    time.sleep(1)",
        "row = Row()\nprint(row.n)\ntime.sleep(1)\nrow.n = 2",
        "rows = [1]\nif rows:\n    time.sleep(1)\n    rows.append(2)",
        "print(jobs)\ntime.sleep(1)\njobs.add(1)",
        "def later():\n    return self.n\ntime.sleep(1)\nself.n = 1",
        "f = lambda: self.n\ntime.sleep(1)\nself.n = 1",
        "for _ in jobs:\n    time.sleep(1)\n    self.n += 1",
        "x: int = 1\ntime.sleep(1)\nx = 2",
        "while True:\n    if self.up:\n        self.up = False\n    time.sleep(1)",
        "while True:\n    time.sleep(1)\n    if self.up:\n        self.up = False",
        "[n := x for x in jobs]\ntime.sleep(1)\nn = 2",
        "class C:\n    self.n\ntime.sleep(1)\nself.n = 1",
        "print(len)\ntime.sleep(1)\nlen = 1".replace("len", "q"),
    ],
)
def test_no_race(tmp_path: Path, body: str) -> None:
    assert level(tmp_path, body) == "safe"


@pytest.mark.parametrize(
    "body",
    [
        "if job.state:\n    time.sleep(1)\n    job.state = 2",
        "n = self.a.n\ntime.sleep(1)\nself.a = n",
        "for _ in jobs:\n    if self.n:\n        time.sleep(1)\n    self.n = 2",
        "for _ in jobs:\n    self.n = 2\n    time.sleep(1)\n    print(self.n)",
        "while True:\n    if (n := self.n):\n        self.n = n\n    time.sleep(1)",
        "while self.n < 3:\n    time.sleep(1)\n    self.n += 1",
        "print(self.items)\ntime.sleep(1)\nself.items.append(1)",
        "print(self.items[0])\ntime.sleep(1)\nself.items[0].pop()",
        "row = jobs[0]\nprint(row.n)\ntime.sleep(1)\nrow.n = 2",
        "for row in jobs:\n    print(row.n)\n    time.sleep(1)\n    row.n = 2",
        "self.n = self.n + (time.sleep(1) or 1)",
        "self.d['n'] += time.sleep(1) or 1",
        "print(TOTAL)\ntime.sleep(1)\nTOTAL['n'] = 1",
        "global TOTAL\nprint(TOTAL)\ntime.sleep(1)\nTOTAL = 1",
        "x = {k: v for k, v in self.d.items()}\ntime.sleep(1)\nself.d.update(x)",
        "x = {self.n for _ in jobs}\ntime.sleep(1)\ndel self.n",
        "print(settings.n)\ntime.sleep(1)\nsettings.n = 1",
        "with jobs as job2:\n    pass\nprint(job2.n)\ntime.sleep(1)\njob2.n = 1",
        "if (n := self.n):\n    time.sleep(1)\n    self.n = n",
        "n: int = self.n\ntime.sleep(1)\nself.n: int = n",
    ],
)
def test_race(tmp_path: Path, body: str) -> None:
    assert level(tmp_path, body, "from app import settings\n\nTOTAL = {}") == "unsafe"


def test_free_variables_are_shared(tmp_path: Path) -> None:
    (finding,) = findings_of(
        tmp_path,
        """
        import time
        def outer():
            n = 0
            async def main():
                nonlocal n
                seen = n
                time.sleep(1)
                n = seen + 1
            return main
        """,
    )
    assert (finding.level, finding.function) == ("unsafe", "outer.main")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("with open('x'):\n    time.sleep(1)", "safe"),
        ("with tempfile.TemporaryDirectory():\n    time.sleep(1)", "safe"),
        ("with job.lock:\n    time.sleep(1)", "manual"),
        ("with job.lock_for(1), job.RWLock():\n    time.sleep(1)", "manual"),
        ("with FileLock('x'):\n    time.sleep(1)", "manual"),
        ("with locked(job):\n    time.sleep(1)", "manual"),
        ("with job.clock:\n    time.sleep(1)", "unsafe"),
        ("with job.block():\n    time.sleep(1)", "unsafe"),
        ("with self._mutex:\n    time.sleep(1)", "manual"),
        ("with job.begin():\n    time.sleep(1)", "manual"),
        ("with kept:\n    time.sleep(1)", "manual"),
        ("with opened:\n    time.sleep(1)", "safe"),
        ("with either:\n    time.sleep(1)", "unsafe"),
        ("with jobs[0]:\n    time.sleep(1)", "unsafe"),
        ("with contextlib.redirect_stdout(None):\n    time.sleep(1)", "manual"),
        ("with opened, kept:\n    time.sleep(1)", "manual"),
        ("with kept:\n    pass\ntime.sleep(1)", "safe"),
        ("async with job:\n    time.sleep(1)", "safe"),
        ("kept.acquire()\ntime.sleep(1)\nkept.release()", "manual"),
        ("kept.acquire()\nkept.release()\ntime.sleep(1)", "safe"),
        ("await kept.acquire()\ntime.sleep(1)\nkept.release()", "safe"),
    ],
)
def test_locks(tmp_path: Path, body: str, expected: str) -> None:
    head = "import contextlib, tempfile, threading\nkept = threading.Condition()\nopened = open('x')\neither = 1"
    assert level(tmp_path, body, head) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("try:\n    pass\nexcept:\n    time.sleep(1)", "safe"),
        ("try:\n    time.sleep(1)\nexcept:\n    raise", "safe"),
        ("try:\n    time.sleep(1)\nexcept asyncio.CancelledError:\n    pass", "safe"),
        ("try:\n    pass\nexcept BaseException:\n    pass\nelse:\n    time.sleep(1)", "safe"),
        ("try:\n    try:\n        time.sleep(1)\n    except ValueError:\n        pass\nexcept:\n    pass", "unsafe"),
    ],
)
def test_handlers(tmp_path: Path, body: str, expected: str) -> None:
    assert level(tmp_path, body) == expected


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("max(0, job)", "safe"),
        ("max(job)", "unsafe"),
        ("min(1, 2)", "safe"),
        ("min(1, job)", "unsafe"),
        ("round(1.5, job)", "safe"),
        ("abs(job)", "safe"),
        ("abs(*job)", "unsafe"),
        ("0.1 or 2", "safe"),
        ("job and 2", "unsafe"),
        ("10 ** -2", "safe"),
        ("0 ** job", "unsafe"),
        ("2 - 1", "unsafe"),
        ("(n := 3)", "safe"),
        ("float('inf')", "unsafe"),
        ("float(1)", "safe"),
        ("1e12", "unsafe"),
        ("1 if job else 2", "safe"),
        ("job.seconds", "unsafe"),
        ("unknown", "unsafe"),
        ("MINE", "safe"),
        ("OTHER", "unsafe"),
        ("helper(1)", "unsafe"),
        ("f'1'", "manual"),
        ("[1]", "manual"),
        ("-0", "unsafe"),
        ("1 +" * 1500 + " 1", "unsafe"),
    ],
)
def test_durations(tmp_path: Path, argument: str, expected: str) -> None:
    head = "MINE: float = 3\nfrom other import OTHER\ndef helper(n): ..."
    assert level(tmp_path, f"time.sleep({argument})", head) == expected


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        ("for n in range(3):", "safe"),
        ("for n in range(1, job):", "safe"),
        ("for n in range(job, 3):", "unsafe"),
        ("for n in range(3, 0, -1):", "unsafe"),
        ("for n in jobs:", "unsafe"),
        ("for n in job():", "unsafe"),
        ("for n, _ in range(3):", "unsafe"),
    ],
)
def test_loop_variables(tmp_path: Path, loop: str, expected: str) -> None:
    assert level(tmp_path, f"{loop}\n    time.sleep(n)") == expected


TARGET = "import time\n\n\nasync def main():\n    time.sleep(1)\n"


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("import app.jobs\npatch('time.sleep')", "unsafe"),
        ("patch('time.sleep')", "safe"),
        ("import app.jobs\npatch('time.time')", "safe"),
        ("import app.jobs\npatch('app.jobs.time.sleep')", "unsafe"),
        ("import app.jobs\npatch('app.jobs.other.sleep')", "safe"),
        ("import app.jobs\npatch('app.other.time.sleep')", "safe"),
        ("import app.jobs\npatch.object(app.jobs.time, 'sleep')", "unsafe"),
        ("from app import jobs\npatch.object(jobs.time, 'sleep')", "unsafe"),
        ("from app import other\npatch.object(other.time, 'sleep')", "safe"),
        ("from app import jobs\nmonkeypatch.setattr(jobs, 'time', None)", "unsafe"),
        ("import app.jobs\npatch('app.jobs.time')", "unsafe"),
        ("import app.jobs\npatch('app.other.time')", "safe"),
        ("from app import jobs\nmonkeypatch.setattr(jobs, 'sleep', None)", "safe"),
        ("import app.jobs, time\ntime.sleep = print", "unsafe"),
        ("import app.jobs, time\nsetattr(time, 'sleep', print)", "unsafe"),
        ("import app.jobs, time\nother.sleep = print", "safe"),
        ("from app.through import x\nimport time\ntime.sleep = print", "unsafe"),
    ],
)
def test_patches(tmp_path: Path, test: str, expected: str) -> None:
    files = {
        "app/jobs.py": TARGET,
        "app/other.py": "import time",
        "app/through.py": "import app.jobs",
        "tests/test_a.py": test,
    }
    write(tmp_path, dict(files))
    (finding,) = run(tmp_path).findings
    assert finding.level == expected


def test_code_that_is_no_test_patches_for_everybody(tmp_path: Path) -> None:
    write(tmp_path, {"app/jobs.py": TARGET, "tests/conftest.py": "import time\ntime.sleep = print\n"})
    (finding,) = run(tmp_path).findings
    assert finding.level == "unsafe"
    assert finding.reason.startswith("tests/conftest.py:2 puts something else in place of time.sleep")
