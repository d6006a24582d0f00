"""Programs within limits, and none left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from codemods.source import Limits, StoppedError, guarded, run, without_passwords
from tests.support import alive, write

NO_LIMITS = Limits(0, 0)
SLEEP = "import time; time.sleep(60)"
MUCH = "x = bytearray(200_000_000); x[::4096] = bytes(len(x[::4096]))"
linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="what processes hold is read from /proc")


def gone(process: int) -> bool:
    """Whether a process ends soon."""
    for _ in range(100):
        if not alive(process):
            return True
        time.sleep(0.05)
    return False


def python(script: str, limits: Limits, stop: threading.Event | None = None, given: bytes = b"") -> tuple[int, bytes]:
    done = guarded([sys.executable, "-c", script], given, limits, stop or threading.Event())
    return done.code, done.output


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:secret@host/x.git", "https://***@host/x.git"),
        ("at 'https://token@host/x' and ssh://git@host/y", "at 'https://***@host/x' and ssh://***@host/y"),
        ("git@host:team/x", "git@host:team/x"),
        ("https://host/a@b", "https://host/a@b"),
    ],
)
def test_passwords_are_not_shown(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


def test_a_program_that_ends(project: Path) -> None:
    done = run(["sh", "-c", "pwd; echo oh >&2; exit 3"], project)
    assert (done.code, done.output, done.errors) == (3, f"{project}\n".encode(), "oh\n")


def test_a_program_that_takes_too_long_ends_with_all_that_it_started(project: Path) -> None:
    with pytest.raises(StoppedError, match="took longer than 1 seconds"):
        run(["sh", "-c", "sleep 60 & echo $! > child; wait"], project, seconds=1)
    assert gone(int((project / "child").read_text()))


def test_what_it_is_given_comes_through() -> None:
    script = "from codemods.source import given; import sys; sys.stdout.buffer.write(given()[::-1]); sys.exit(4)"
    assert python(script, NO_LIMITS, given=b"abc" * 100_000) == (4, b"cba" * 100_000)


def test_a_process_that_does_not_listen() -> None:
    assert python("print(1)", NO_LIMITS, given=b"x" * 1_000_000) == (0, b"1\n")


def test_time() -> None:
    with pytest.raises(StoppedError, match="took longer than 1 seconds"):
        python(SLEEP, Limits(1, 0))


def test_stop() -> None:
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    with pytest.raises(StoppedError, match="was stopped"):
        python(SLEEP, NO_LIMITS, stop)


@linux
def test_memory() -> None:
    with pytest.raises(StoppedError, match="needed more than 100 MB of memory"):
        python(f"{MUCH}; {SLEEP}", Limits(60, 100))
    assert python("import time; time.sleep(1.5)", Limits(60, 1000))[0] == 0


@linux
def test_what_it_starts_counts_and_ends_with_it(project: Path) -> None:
    script = f"""
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {f"{MUCH}; {SLEEP}"!r}], process_group=0)
pathlib.Path({str(project / "child")!r}).write_text(str(child.pid))
child.wait()
"""
    with pytest.raises(StoppedError, match="needed more than 100 MB"):
        python(script, Limits(60, 100))
    assert gone(int((project / "child").read_text()))


@linux
def test_nobody_is_left_when_whoever_waits_is_killed(project: Path) -> None:
    write(
        project,
        {
            "inner.py": """
                import os, pathlib, sys
                from codemods.source import given, run
                given()
                pathlib.Path("inner").write_text(str(os.getpid()))
                run(["sh", "-c", "echo $$ > program; exec sleep 60"], pathlib.Path())
            """,
            "outer.py": """
                import sys, threading
                from codemods.source import Limits, guarded
                guarded([sys.executable, "inner.py"], b"", Limits(0, 0), threading.Event())
            """,
        },
    )
    outer = subprocess.Popen([sys.executable, "outer.py"])
    try:
        for _ in range(400):
            with contextlib.suppress(OSError, ValueError):
                inner, program = (int((project / name).read_text()) for name in ("inner", "program"))
                break
            time.sleep(0.05)
        assert alive(inner)
        assert alive(program)
    finally:
        os.kill(outer.pid, signal.SIGKILL)
        outer.wait()
    assert gone(inner)
    assert gone(program)
