"""What may go wrong on a machine, row by row of the table in docs/reliability.md: nothing is lost or half written."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from codemods import engine, reading
from codemods.cli import offloop
from codemods.engine import Request, find
from codemods.model import Change
from codemods.source import undo
from codemods.source.cache import own_folder
from codemods.source.journal import Journal
from tests.support import commit, source, write

if TYPE_CHECKING:
    from pathlib import Path

    from codemods.model import Result as Found

SLEEPY = "import time\n\n\nasync def main():\n    time.sleep(1)\n"
AFTER = "import asyncio\n\n\nasync def main():\n    await asyncio.sleep(1)\n"
PROJECT = {
    "app.py": """
        import requests
        from fastapi import FastAPI
        from service import load

        app = FastAPI()

        @app.get("/")
        async def route():
            return await load("http://x")
        """,
    "service.py": """
        import requests

        async def load(url):
            return requests.get(url).text
        """,
}
KILLED = """
import os, signal
from codemods import cli
replace, done = os.replace, []
def killed(old, new):
    if str(new).endswith(".py") and len(done) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    done.extend([new] if str(new).endswith(".py") else [])
    replace(old, new)
os.replace = killed
cli.main()
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, limits and devices are others there")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(offloop, arguments)


def contents(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in sorted(folder.rglob("*.*"))}


@posix
def test_killed_in_the_middle_of_apply(project: Path) -> None:
    write(project, PROJECT)
    before = contents(project)
    done = subprocess.run([sys.executable, "-c", KILLED, "apply"], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    half = contents(project)
    assert half["app.py"] != before["app.py"]
    assert half["service.py"] == before["service.py"]
    assert [name for name in half if name.endswith(".offloop")] != []
    again = call("apply")
    assert "an earlier `apply` was killed while it wrote: 1 file put back as before it" in again.stderr
    assert again.exit_code == 0
    after = contents(project)
    assert sorted(after) == sorted(before)
    assert "async def" not in after["app.py"] + after["service.py"]


def killed(*changes: tuple[Path, bytes, bytes]) -> None:
    """What a run leaves that wrote some files and was killed before it had closed its journal."""
    made = [Change(file.name, file, before, after, ()) for file, before, after in changes]
    journal = Journal(made)
    os.close(journal._handle)  # noqa: SLF001 (as the end of a process does)
    for file, _, after in changes:
        file.write_bytes(after)


def test_what_a_killed_run_wrote_is_left_where_it_has_changed_since(project: Path) -> None:
    first, second = project / "a.py", project / "b.py"
    killed((first, b"old a", b"new a"), (second, b"old b", b"new b"))
    second.write_bytes(b"mended by hand")
    assert undo(["elsewhere"]) == (0, [])
    result = call("apply")
    message = "has changed since an earlier `apply` was killed while it wrote; look at it before going on"
    assert f"b.py: error: {message}" in result.stderr
    assert result.exit_code == 2
    assert (first.read_bytes(), second.read_bytes()) == (b"old a", b"mended by hand")
    assert undo(["."]) == (0, [])


def test_a_run_that_is_still_at_work_is_not_undone(project: Path) -> None:
    file = project / "a.py"
    journal = Journal([Change("a.py", file, b"old", b"new", ())])
    file.write_bytes(b"new")
    assert undo(["."]) == (0, [])
    journal.close()
    assert file.read_bytes() == b"new"


def test_a_journal_that_was_not_finished_is_of_no_use(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = project / "a.py"
    killed((file, b"old", b"new"))
    folder = own_folder()
    assert folder is not None
    (left,) = folder.glob("*.unfinished")
    left.write_bytes(left.read_bytes()[:-1])
    assert undo(["."]) == (0, [])
    assert list(folder.glob("*.unfinished")) == []
    assert file.read_bytes() == b"new"
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    Journal([Change("a.py", file, b"old", b"new", ())]).close()
    assert undo(["."]) == (0, [])


@posix
def test_a_full_disk(project: Path) -> None:
    write(project, {"main.py": SLEEPY + f"    return '{'x' * 300_000}'\n", "small.py": SLEEPY})
    before = contents(project)
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); "
    limited += "from codemods.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", limited, "apply"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "main.py: error: could not be written (File too large); no file was changed\n" in done.stderr
    assert "nothing was written" in done.stderr
    assert contents(project) == before


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110
@pytest.mark.parametrize("arguments", [["check"], ["check", "--format", "json"], ["diff"]], ids=" ".join)
def test_no_room_for_the_report(project: Path, arguments: list[str]) -> None:
    write(project, {"main.py": SLEEPY})
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        command = [sys.executable, "-m", "codemods", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "the output cannot be written: No space left on device; make room" in done.stderr
    assert "Traceback" not in done.stderr


@posix
def test_a_report_into_a_device_or_a_pipe(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    os.mkfifo(project / "pipe")
    command = [sys.executable, "-m", "codemods", "check", "--output", "pipe", "--exit-zero"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as writer:
        assert "time.sleep stalls the loop in main" in (project / "pipe").read_text()
    assert writer.returncode == 0
    assert (project / "pipe").is_fifo()


def test_a_read_only_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {"main.py": SLEEPY, "other.py": SLEEPY})
    (project / "main.py").chmod(0o444)
    # Root may write everything: what the system would say to others.
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: access(path, mode) and path.name != "main.py")
    result = call("apply")
    assert result.exit_code == 2
    assert "main.py: error: is read-only; make it writable, or leave it out\n" in result.stderr
    assert set(contents(project).values()) == {SLEEPY}


def test_a_file_that_changes_meanwhile(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {"main.py": SLEEPY, "other.py": SLEEPY})
    rewrite = engine.rewrite

    def slowly(request: Request) -> Found:
        result = rewrite(request)
        (project / "main.py").write_text("mine\n")
        return result

    monkeypatch.setattr(engine, "rewrite", slowly)
    result = call("apply")
    assert result.exit_code == 2
    assert "main.py: error: changed on disk while offloop was at work; run it again\n" in result.stderr
    assert contents(project) == {"main.py": "mine\n", "other.py": SLEEPY}


@posix
def test_symlinks_in_a_circle(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    (project / "one.py").symlink_to("two.py")
    (project / "two.py").symlink_to("one.py")
    (project / "pyproject.toml").symlink_to("pyproject.toml")
    (project / "again").symlink_to(".")
    assert call("apply").exit_code == 0
    assert (project / "main.py").read_text() == AFTER
    named = call("check", "one.py")
    assert named.exit_code == 2
    assert "one.py: error: neither a file nor a folder, so there is nothing to read\n" in named.stderr


def test_a_worker_that_dies(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {f"m{number}.py": source(SLEEPY) for number in range(200)})
    monkeypatch.setattr(reading, "_MUCH", 0)
    seen: list[int] = []

    def kill_one(done: int, _: int) -> None:
        for child in [] if seen else multiprocessing.active_children():
            child.kill()
        seen.append(done)

    result = find(Request(jobs=2, cache=False, progress=kill_one))
    assert (len(result.findings), result.faults) == (200, ())


def test_a_file_of_50_mb(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    with (project / "huge.py").open("wb") as file:
        file.truncate(50_000_000)
    result = call("apply")
    assert result.exit_code == 2
    message = "cannot be read: it has 50 MB, and offloop takes files of up to 10 MB; leave it out with `exclude`"
    assert f"huge.py: error: {message}\n" in result.stderr
    assert (project / "main.py").read_text() == AFTER
    assert call("check", "--exclude", "huge.py").exit_code == 0


def test_a_null_byte(project: Path) -> None:
    write(project, {"main.py": SLEEPY, "null.py": b"x = 1\ny = '\0'\n"})
    result = call("apply")
    assert result.exit_code == 2
    assert "null.py:2: error: it holds a null byte, so it is not Python source\n" in result.stderr
    assert (project / "main.py").read_text() == AFTER
    assert (project / "null.py").read_bytes() == b"x = 1\ny = '\0'\n"


@pytest.mark.parametrize("tracked", [False, True], ids=["no git", "git"])
def test_a_folder_named_like_a_file(project: Path, *, tracked: bool) -> None:
    write(project, {"x.py/main.py": SLEEPY})
    if tracked:
        commit(project)
    assert call("apply").exit_code == 0
    assert (project / "x.py/main.py").read_text() == AFTER
    assert call("check", "x.py").exit_code == 0
